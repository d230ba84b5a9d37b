//! The AWS clients, and the Describe calls that the kinds share.

use crate::describe::DescribeCalls;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_ec2 as ec2;
use aws_sdk_iam as iam;
use rd_common::aws::Aws;
use rd_common::client;

/// The clients, and the shared Describe calls.
pub struct Clients {
    /// The EC2 client, for everything but flow logs.
    pub ec2: ec2::Client,
    /// The IAM client, for the role of the flow logs.
    pub iam: iam::Client,
    /// The CloudWatch Logs client, for the log group of the flow logs.
    pub logs: logs::Client,
    /// EC2's Describe calls, batched for all kinds.
    pub describe: DescribeCalls,
}

impl rd_iam::Iam for Clients {
    fn iam(&self) -> &iam::Client {
        &self.iam
    }
}

impl rd_log_group::Logs for Clients {
    fn logs(&self) -> &logs::Client {
        &self.logs
    }
}

impl Clients {
    /// Creates the clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        let ec2 = client!(ec2, aws.config);
        Self {
            describe: DescribeCalls::new(&ec2),
            ec2,
            iam: client!(iam, aws.config),
            logs: client!(logs, aws.config),
        }
    }
}
