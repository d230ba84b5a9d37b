//! Log events: read from CloudWatch Logs completely and once, put in order, and written.
//!
//! [`args`] has the flags. [`read`] asks AWS, a page at a time, and reads a range that is past in parts at once;
//! [`follow`] reads on as events arrive, and remembers how far it came; [`live_tail`] does so with CloudWatch's Live Tail.
//! [`output`] writes what is left after [`filter`], as [`format`] says.

pub mod args;
pub mod body;
pub mod event;
pub mod filter;
pub mod follow;
pub mod format;
pub mod json_text;
pub mod live_tail;
pub mod log_groups;
pub mod output;
pub mod read;
