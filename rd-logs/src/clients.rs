//! The clients of CloudWatch, CloudWatch Logs, RDS and SNS, and what their responses had that no state keeps.

use crate::alarm_state::AlarmState;
use crate::names::TOPIC_NAME;
use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_rds as rds;
use aws_sdk_sns as sns;
use rd_common::aws::Aws;
use rd_common::client;
use rd_topic::Topics;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The AWS clients of this slice.
pub struct Clients {
    /// The client of CloudWatch.
    pub cloudwatch: cloudwatch::Client,
    /// The client of CloudWatch Logs.
    pub logs: logs::Client,
    /// The client of RDS, for its event subscriptions.
    pub rds: rds::Client,
    /// The client of SNS.
    pub sns: sns::Client,
    /// The state of each alarm when it was read, by name. `status` shows it.
    pub alarm_states: RefCell<BTreeMap<String, AlarmState>>,
    /// The ARNs of unconfirmed subscriptions that were deleted from the state. Only AWS can delete them, and will.
    pub expiring_subscriptions: RefCell<BTreeSet<String>>,
}

impl Topics for Clients {
    const TOPIC_NAME: &'static str = TOPIC_NAME;

    fn sns(&self) -> &sns::Client {
        &self.sns
    }
}

impl Clients {
    /// The clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        Self {
            cloudwatch: client!(cloudwatch, aws.config),
            logs: client!(logs, aws.config),
            rds: client!(rds, aws.config),
            sns: rd_topic::client(aws),
            alarm_states: RefCell::default(),
            expiring_subscriptions: RefCell::default(),
        }
    }
}
