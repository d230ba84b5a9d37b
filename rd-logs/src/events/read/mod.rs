//! Reads events from FilterLogEvents: a page at a time, within AWS's rate, or a long range in parallel.

pub mod answer;
pub mod clock_skew;
pub mod parallel;
pub mod rate_limit;
pub mod raw_body;
pub mod seen;
pub mod source;
