//! JSON strings as AWS sends them: where one ends, and its text without escapes.

pub mod escape;
pub mod scan;
