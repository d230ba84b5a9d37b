//! Whether the credentials may make the calls of an apply, asked of IAM before the first one. Read-only.

pub mod principal;
pub mod questions;
pub mod report;
