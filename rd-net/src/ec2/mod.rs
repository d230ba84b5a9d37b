//! What the EC2 kinds have in common: reading many at once, tags, and what EC2's errors mean.

pub mod errors;
pub mod find;
pub mod in_use_by;
pub mod read;
pub mod rules;
pub mod tags;
