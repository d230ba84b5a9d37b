//! JSON as AWS and programs write it: where a string ends, its text without escapes, and what every reader can read.

pub mod escape;
pub mod numbers;
pub mod parser;
pub mod portable;
pub mod scan;
