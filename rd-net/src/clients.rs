//! The AWS clients, and the Describe calls that the kinds share.

use crate::describe::DescribeCalls;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_ec2 as ec2;
use aws_sdk_iam as iam;
use rd_common::aws::Aws;
use rd_common::client;

/// Two clients for each service: the SDK retries the calls of one; creates use the other (`…_once`), because the engine
/// reads before it retries a create.
pub struct Clients {
    /// The EC2 client with retries.
    pub ec2: ec2::Client,
    /// The EC2 client that sends each call once.
    pub ec2_once: ec2::Client,
    /// The IAM client, for the role of the flow logs.
    pub iam: iam::Client,
    /// The IAM client that sends each call once.
    pub iam_once: iam::Client,
    /// The CloudWatch Logs client, for the log group of the flow logs.
    pub logs: logs::Client,
    /// The CloudWatch Logs client that sends each call once.
    pub logs_once: logs::Client,
    /// EC2's Describe calls, batched for all kinds.
    pub describe: DescribeCalls,
}

impl rd_iam::Iam for Clients {
    fn iam(&self) -> &iam::Client {
        &self.iam
    }

    fn iam_once(&self) -> &iam::Client {
        &self.iam_once
    }
}

impl rd_log_group::Logs for Clients {
    fn logs(&self) -> &logs::Client {
        &self.logs
    }

    fn logs_once(&self) -> &logs::Client {
        &self.logs_once
    }
}

impl Clients {
    /// Creates the clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        let ec2 = client!(ec2, aws.config);
        Self {
            describe: DescribeCalls::new(&ec2),
            ec2,
            ec2_once: client!(ec2, aws.once),
            iam: client!(iam, aws.config),
            iam_once: client!(iam, aws.once),
            logs: client!(logs, aws.config),
            logs_once: client!(logs, aws.once),
        }
    }
}
