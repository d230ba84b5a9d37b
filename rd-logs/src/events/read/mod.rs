//! Reads events with FilterLogEvents: page by page within AWS's rate limit, or a long range in parallel.

pub mod newest;
pub mod parallel;
pub mod rate_limit;
pub mod raw_body;
#[cfg(test)]
mod recorded;
pub mod response;
pub mod seen_ids;
pub mod source;
pub mod task_streams;
