//! The clients of CloudWatch, CloudWatch Logs and SNS.

use crate::alarm_state::State;
use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_sns as sns;
use rd_common::aws::Aws;
use rd_common::client;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Each client; `_once` for creates, which the engine repeats only after a look.
pub struct Clients {
    /// CloudWatch.
    pub cloudwatch: cloudwatch::Client,
    /// CloudWatch, one attempt.
    pub cloudwatch_once: cloudwatch::Client,
    /// CloudWatch Logs.
    pub logs: logs::Client,
    /// SNS.
    pub sns: sns::Client,
    /// SNS, one attempt.
    pub sns_once: sns::Client,
    /// How each alarm was when it was read, by name: not of the settings, so of no state.
    pub states: RefCell<BTreeMap<String, State>>,
    /// The ARNs of subscriptions that were to be ended and that AWS ends by itself: as good as gone.
    pub left: RefCell<BTreeSet<String>>,
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
            states: RefCell::default(),
            left: RefCell::default(),
        }
    }
}
