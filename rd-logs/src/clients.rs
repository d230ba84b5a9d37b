//! The clients of CloudWatch, CloudWatch Logs, RDS, SNS, IAM and AWS Chatbot, and what their responses had that no state keeps.

use crate::alarm_state::AlarmState;
use crate::names::TOPIC_NAME;
use aws_sdk_chatbot as chatbot;
use aws_sdk_chatbot::config::Region;
use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_rds as rds;
use aws_sdk_sns as sns;
use rd_common::aws::{Aws, QuotasAreFinal};
use rd_common::client;
use rd_topic::Topics;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::OnceCell;

/// The AWS clients of this slice.
pub struct Clients {
    /// The client of CloudWatch.
    pub cloudwatch: cloudwatch::Client,
    /// The client of CloudWatch Logs.
    pub logs: logs::Client,
    /// The client of RDS, for its event subscriptions.
    pub rds: rds::Client,
    /// The client of AWS Chatbot, in a region that has it.
    pub chatbot: chatbot::Client,
    /// The client of IAM, for the role of AWS Chatbot.
    pub iam: rd_iam::Client,
    /// Whether this run has made sure that the service-linked role of AWS Chatbot exists. Both kinds of channels need it, at
    /// the same time.
    pub chatbot_role: OnceCell<()>,
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

impl rd_iam::Iam for Clients {
    fn iam(&self) -> &rd_iam::Client {
        &self.iam
    }
}

/// The client of AWS Chatbot. Its API is in four regions, each with all configurations of the account.
/// <https://docs.aws.amazon.com/general/latest/gr/chatbot.html>
fn in_a_region_of_chatbot(aws: &Aws) -> chatbot::Client {
    let own = aws.config.region().map_or("", |region| region.as_ref());
    let config = chatbot::config::Builder::from(&aws.config)
        .region(Region::new(chatbot_region(own)))
        .interceptor(aws.interceptor())
        .retry_classifier(QuotasAreFinal);
    chatbot::Client::from_conf(config.build())
}

/// The region of AWS Chatbot's API that is next to a region: an organization may allow only those of one continent.
fn chatbot_region(own: &str) -> &'static str {
    match own.split('-').next().unwrap_or_default() {
        "eu" | "af" | "me" | "il" => "eu-west-1",
        "ap" => "ap-southeast-1",
        _ if own.starts_with("us-west") => "us-west-2",
        _ => "us-east-2",
    }
}

impl Clients {
    /// The clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        Self {
            cloudwatch: client!(cloudwatch, aws.config),
            logs: client!(logs, aws.config),
            rds: client!(rds, aws.config),
            chatbot: in_a_region_of_chatbot(aws),
            iam: rd_iam::client(aws),
            chatbot_role: OnceCell::new(),
            sns: rd_topic::client(aws),
            alarm_states: RefCell::default(),
            expiring_subscriptions: RefCell::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::chatbot_region;

    #[test]
    fn the_api_of_chatbot_is_asked_on_the_same_continent() {
        for (own, asked) in [
            ("eu-central-1", "eu-west-1"),
            ("us-west-1", "us-west-2"),
            ("us-east-1", "us-east-2"),
            ("ap-northeast-1", "ap-southeast-1"),
            ("sa-east-1", "us-east-2"),
        ] {
            assert_eq!(chatbot_region(own), asked, "{own}");
        }
    }
}
