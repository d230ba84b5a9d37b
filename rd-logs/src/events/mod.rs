//! Log events: read from CloudWatch Logs completely, printed once and in order.
//!
//! [`args`] has the flags that select events. [`read`] calls AWS: page by page, or for a long range in parallel.
//! [`follow`] polls for new events, [`live_tail`] gets them from CloudWatch's Live Tail. [`output`] applies [`filter`]
//! and [`format`], and writes to stdout, where [`continued`] finds what a killed run wrote.

pub mod args;
pub mod body;
pub mod continued;
pub mod event;
pub mod filter;
pub mod follow;
pub mod format;
pub mod json_text;
pub mod live_queue;
pub mod live_tail;
pub mod log_groups;
pub mod output;
pub mod read;
