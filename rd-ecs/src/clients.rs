//! The AWS clients of rd-ecs, and the reads that kinds and commands share.

use crate::names::Names;
use crate::read::Reads;
use aws_sdk_applicationautoscaling as autoscaling;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_ecr as ecr;
use aws_sdk_ecs as ecs;
use aws_sdk_elasticloadbalancingv2 as elb;
use aws_sdk_iam as iam;
use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_ssm as ssm;
use jiff::Timestamp;
use rd_common::aws::Aws;
use rd_common::aws::clock::AwsClock;
use rd_common::client;
use std::cell::RefCell;

/// The AWS clients of this slice.
pub struct Clients {
    /// ECS, for cluster, service and tasks.
    pub ecs: ecs::Client,
    /// ECR, for the repository and its images.
    pub ecr: ecr::Client,
    /// IAM, for the roles of the tasks.
    pub iam: iam::Client,
    /// Systems Manager, for parameters.
    pub ssm: ssm::Client,
    /// CloudWatch Logs, for the output of containers.
    pub logs: logs::Client,
    /// Application Auto Scaling, for the number of tasks.
    pub autoscaling: autoscaling::Client,
    /// Secrets Manager, to check the secrets of the containers.
    pub secrets: secretsmanager::Client,
    /// Elastic Load Balancing, to check target groups and the health of targets.
    pub elb: elb::Client,
    /// The names of the stack's resources at AWS.
    pub names: Names,
    /// The clock by which AWS's times are judged.
    pub aws_clock: AwsClock,
    /// Shared reads of services and task definitions.
    pub reads: Reads,
    /// The revision whose deployment this run has requested, and when.
    pub requested: RefCell<Option<(String, Timestamp)>>,
}

impl Clients {
    /// Creates the clients for these credentials and a stack whose resources have these names.
    pub fn new(aws: &Aws, names: Names) -> Self {
        let ecs = client!(ecs, aws.config);
        Self {
            reads: Reads::new(&ecs),
            ecs,
            names,
            aws_clock: aws.clock(),
            ecr: client!(ecr, aws.config),
            iam: client!(iam, aws.config),
            ssm: client!(ssm, aws.config),
            logs: client!(logs, aws.config),
            autoscaling: client!(autoscaling, aws.config),
            secrets: client!(secretsmanager, aws.config),
            elb: client!(elb, aws.config),
            requested: RefCell::default(),
        }
    }
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
