//! The AWS clients, and the reads that kinds and commands share.

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

/// The clients. Those that end in `_once` are for creates, which the engine repeats only after a look.
pub struct Clients {
    /// ECS.
    pub ecs: ecs::Client,
    /// ECS, one attempt.
    pub ecs_once: ecs::Client,
    /// ECR.
    pub ecr: ecr::Client,
    /// ECR, one attempt.
    pub ecr_once: ecr::Client,
    /// IAM.
    pub iam: iam::Client,
    /// IAM, one attempt.
    pub iam_once: iam::Client,
    /// Systems Manager, for parameters.
    pub ssm: ssm::Client,
    /// Systems Manager, one attempt.
    pub ssm_once: ssm::Client,
    /// CloudWatch Logs.
    pub logs: logs::Client,
    /// CloudWatch Logs, one attempt.
    pub logs_once: logs::Client,
    /// Application Auto Scaling.
    pub autoscaling: autoscaling::Client,
    /// Application Auto Scaling, one attempt.
    pub autoscaling_once: autoscaling::Client,
    /// Secrets Manager: that secrets have what tasks ask for.
    pub secrets: secretsmanager::Client,
    /// Elastic Load Balancing: how the targets are.
    pub elb: elb::Client,
    /// Reads of ECS, shared by whoever reads the same at the same time.
    pub reads: Reads,
    /// The revision that this run asked the service to deploy, and when.
    pub asked: RefCell<Option<(String, Timestamp)>>,
}

impl Clients {
    /// The clients for these credentials.
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
            asked: RefCell::default(),
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
