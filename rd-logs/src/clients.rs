//! The clients of CloudWatch, CloudWatch Logs and SNS, and what their responses had that no state keeps.

use crate::alarm_state::AlarmState;
use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_sns as sns;
use rd_common::aws::Aws;
use rd_common::client;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The clients. Those that end in `_once` make a single attempt, for creates: the engine retries a create only after it
/// has read whether it succeeded.
pub struct Clients {
    /// The client of CloudWatch, with retries.
    pub cloudwatch: cloudwatch::Client,
    /// The client of CloudWatch, with a single attempt.
    pub cloudwatch_once: cloudwatch::Client,
    /// The client of CloudWatch Logs, with retries.
    pub logs: logs::Client,
    /// The client of SNS, with retries.
    pub sns: sns::Client,
    /// The client of SNS, with a single attempt.
    pub sns_once: sns::Client,
    /// The state of each alarm when it was read, by name. `status` shows it.
    pub alarm_states: RefCell<BTreeMap<String, AlarmState>>,
    /// The ARNs of unconfirmed subscriptions that were deleted from the state. Only AWS can delete them, and will.
    pub expiring_subscriptions: RefCell<BTreeSet<String>>,
}

impl Clients {
    /// The clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        Self {
            cloudwatch: client!(cloudwatch, aws.config),
            cloudwatch_once: client!(cloudwatch, aws.once),
            logs: client!(logs, aws.config),
            sns: client!(sns, aws.config),
            sns_once: client!(sns, aws.once),
            alarm_states: RefCell::default(),
            expiring_subscriptions: RefCell::default(),
        }
    }
}
