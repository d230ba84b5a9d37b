//! What the EC2 kinds have in common: reading many at once, tags, and what EC2's errors mean.

pub mod errors;
pub mod find;
pub mod holders;
pub mod read;
pub mod rules;
pub mod tags;
