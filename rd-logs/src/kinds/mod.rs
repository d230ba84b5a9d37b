//! The kinds of the slice: SNS subscription, events of RDS, channels of Slack and Teams, CloudWatch alarm and dashboard.

pub mod alarm;
pub mod chat_channel;
pub mod dashboard;
pub mod event_subscription;
mod least_samples;
pub mod subscription;
