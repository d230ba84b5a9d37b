//! A program in a pipe: it writes `begin`, reads the records of the programs before it, passes them on, and writes
//! `end`.

mod arrival;
pub mod filter;
pub mod intake;
mod line_feed;
mod named_plan;
pub mod output_resolver;
mod pass_through;
pub mod reader;
mod seen;
pub mod session;
pub mod slice_session;
pub mod startup_failure;
pub mod stdin;
pub mod step_records;
mod told;
pub mod upstream;
