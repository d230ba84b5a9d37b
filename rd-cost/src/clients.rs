//! The AWS clients of the commands that look at what exists. They only read.

use aws_sdk_cloudwatch as cloudwatch;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_ec2 as ec2;
use aws_sdk_ecr as ecr;
use aws_sdk_elasticache as elasticache;
use aws_sdk_elasticloadbalancingv2 as elb;
use aws_sdk_rds as rds;
use aws_sdk_s3 as s3;
use rd_common::aws::Aws;
use rd_common::client;
use std::rc::Rc;

/// The clients of the AWS services that rd-cost asks.
pub struct Clients {
    aws: Rc<Aws>,
    /// The client of CloudWatch.
    pub cloudwatch: cloudwatch::Client,
    /// The client of EC2.
    pub ec2: ec2::Client,
    /// The client of ECR.
    pub ecr: ecr::Client,
    /// The client of ElastiCache.
    pub elasticache: elasticache::Client,
    /// The client of Elastic Load Balancing.
    pub elb: elb::Client,
    /// The client of CloudWatch Logs.
    pub logs: logs::Client,
    /// The client of RDS.
    pub rds: rds::Client,
    /// The client of S3.
    pub s3: s3::Client,
}

impl Clients {
    /// The clients for these credentials.
    pub fn new(aws: Rc<Aws>) -> Self {
        // With a custom endpoint, bucket names may not resolve as host names.
        let s3 = s3::config::Builder::from(&aws.config)
            .force_path_style(aws.config.endpoint_url().is_some())
            .interceptor(aws.interceptor());
        Self {
            cloudwatch: client!(cloudwatch, aws.config),
            ec2: client!(ec2, aws.config),
            ecr: client!(ecr, aws.config),
            elasticache: client!(elasticache, aws.config),
            elb: client!(elb, aws.config),
            logs: client!(logs, aws.config),
            rds: client!(rds, aws.config),
            s3: s3::Client::from_conf(s3.build()),
            aws,
        }
    }

    /// The connection that they share.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }
}
