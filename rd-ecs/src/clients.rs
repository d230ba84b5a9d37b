//! The AWS clients of rd-ecs, and the reads that kinds and commands share.

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
use rd_common::client;
use std::cell::RefCell;

/// The clients. Those that end in `_once` make a single attempt, for creates: the engine retries only after it has checked
/// whether the first attempt succeeded.
pub struct Clients {
    /// Amazon ECS, with retries.
    pub ecs: ecs::Client,
    /// Amazon ECS, a single attempt.
    pub ecs_once: ecs::Client,
    /// Amazon ECR, with retries.
    pub ecr: ecr::Client,
    /// Amazon ECR, a single attempt.
    pub ecr_once: ecr::Client,
    /// AWS IAM, with retries.
    pub iam: iam::Client,
    /// IAM, a single attempt.
    pub iam_once: iam::Client,
    /// Systems Manager, for parameters.
    pub ssm: ssm::Client,
    /// Systems Manager, a single attempt.
    pub ssm_once: ssm::Client,
    /// CloudWatch Logs, with retries.
    pub logs: logs::Client,
    /// CloudWatch Logs, a single attempt.
    pub logs_once: logs::Client,
    /// Application Auto Scaling, with retries.
    pub autoscaling: autoscaling::Client,
    /// Application Auto Scaling, a single attempt.
    pub autoscaling_once: autoscaling::Client,
    /// Secrets Manager, to check the secrets of the containers.
    pub secrets: secretsmanager::Client,
    /// Elastic Load Balancing, to check target groups and the health of targets.
    pub elb: elb::Client,
    /// Shared reads of services and task definitions.
    pub reads: Reads,
    /// The revision whose deployment this run has requested, and when.
    pub requested: RefCell<Option<(String, Timestamp)>>,
}

impl Clients {
    /// Creates the clients for these credentials.
    pub fn new(aws: &Aws) -> Self {
        let ecs = client!(ecs, aws.config);
        Self {
            reads: Reads::new(&ecs),
            ecs,
            ecs_once: client!(ecs, aws.once),
            ecr: client!(ecr, aws.config),
            ecr_once: client!(ecr, aws.once),
            iam: client!(iam, aws.config),
            iam_once: client!(iam, aws.once),
            ssm: client!(ssm, aws.config),
            ssm_once: client!(ssm, aws.once),
            logs: client!(logs, aws.config),
            logs_once: client!(logs, aws.once),
            autoscaling: client!(autoscaling, aws.config),
            autoscaling_once: client!(autoscaling, aws.once),
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
