//! A program in a pipe: how it reads the records of the programs before it, passes them on, and begins and ends.

pub mod filter;
pub mod output_resolver;
mod pass_through;
pub mod reader;
mod seen;
pub mod session;
pub mod slice_session;
pub mod upstream;
