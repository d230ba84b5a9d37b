//! Log events: read from CloudWatch Logs completely and once, put in order, and written.
//!
//! [`source`] asks AWS, a page at a time. [`ranges`] reads a range that is past, in splits at once; [`follow`] reads on as
//! events come, with [`seen`] to know them again and [`hold`] to put them in order; [`checkpoint`] remembers how far it
//! came. [`sink`] writes what is left after `--grep` and `--task`, as [`format`] says.

pub mod body;
pub mod checkpoint;
pub mod escape;
pub mod event;
pub mod follow;
pub mod format;
pub mod hold;
pub mod kept_body;
pub mod limiter;
pub mod live;
pub mod message;
pub mod pattern;
pub mod poll;
pub mod ranges;
pub mod scan;
pub mod seen;
pub mod select;
pub mod sink;
pub mod skew;
pub mod source;
pub mod stack_groups;
pub mod stopped;
pub mod times;
