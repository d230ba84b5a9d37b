//! The kinds of the slice: SNS subscription, CloudWatch alarm and dashboard.

pub mod alarm;
pub mod dashboard;
pub mod event_subscription;
mod least_samples;
pub mod subscription;
