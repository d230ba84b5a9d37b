//! JSON lines between the programs: the records, how they are read, and what came from upstream.

pub mod lines;
pub mod record;
pub mod schema;
mod seen;
pub mod upstream;
