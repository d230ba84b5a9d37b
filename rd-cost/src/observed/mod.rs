//! What CloudWatch has observed of the stack: how much of what is paid by usage was used.

mod metrics;
mod usage;

pub use metrics::{Metric, Numbers, Window, gigabytes, print_cost, read};
pub use usage::{Sources, arn_suffix, endpoint_bytes, measure, metrics};
