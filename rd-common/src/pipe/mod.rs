//! A program in a pipe: it writes `begin`, reads the records of the programs before it, passes them on, and writes
//! `end`.

pub mod filter;
pub mod output_resolver;
mod pass_through;
pub mod reader;
mod seen;
pub mod session;
pub mod slice_session;
pub mod upstream;
