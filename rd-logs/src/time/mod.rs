//! Times and time zones: how people write them in flags, and how they are printed.

pub mod args;
pub mod parse;
pub mod timestamp_writer;
pub mod zone;
