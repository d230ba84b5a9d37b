//! The AWS clients, and the reads that kinds share.

use crate::ec2::read::Reads;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_ec2 as ec2;
use aws_sdk_iam as iam;
use rd_common::aws::Aws;
use rd_common::client;

/// Every client twice: for calls that may be repeated, and for creates, which the engine repeats only after a look.
pub struct Clients {
    /// EC2.
    pub ec2: ec2::Client,
    /// EC2, one attempt.
    pub ec2_once: ec2::Client,
    /// IAM, for the role of the flow logs.
    pub iam: iam::Client,
    /// IAM, one attempt.
    pub iam_once: iam::Client,
    /// CloudWatch Logs, for the flow logs' group.
    pub logs: logs::Client,
    /// CloudWatch Logs, one attempt.
    pub logs_once: logs::Client,
    /// Reads of EC2, shared by whoever reads the same at the same time.
    pub reads: Reads,
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
    /// The clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        let ec2 = client!(ec2, aws.config);
        Self {
            reads: Reads::new(&ec2),
            ec2,
            ec2_once: client!(ec2, aws.once),
            iam: client!(iam, aws.config),
            iam_once: client!(iam, aws.once),
            logs: client!(logs, aws.config),
            logs_once: client!(logs, aws.once),
        }
    }
}
