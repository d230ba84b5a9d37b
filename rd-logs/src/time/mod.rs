//! Times and time zones: how people write them in flags, and how they are printed.

pub mod clock_text;
pub mod parse;
pub mod zone;
