//! The section `[ecs]` of `rd.toml`: its keys and their defaults.

mod check;
pub mod fargate_sizes;
mod schedule_expression;

use crate::kinds::task_definition::model::HealthCheck;
use crate::names::Names;
use rd_common::Stack;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the service runs before the first image is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bootstrap {
    /// A public image that answers the health checks.
    Placeholder,
    /// Nothing: the service has no tasks.
    None,
}

/// What happens to a container's output while it cannot be sent to CloudWatch Logs.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogMode {
    /// The application waits until it can be sent: nothing is lost.
    Blocking,
    /// It is kept in memory, and dropped when that is full: the application does not wait.
    NonBlocking,
}

impl LogMode {
    /// The value in a task definition.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocking => "blocking",
            Self::NonBlocking => "non-blocking",
        }
    }
}

/// A scheduled change of autoscaling's range of tasks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// When: `cron(0 20 ? * MON-FRI *)`, `rate(…)` or `at(…)`.
    pub at: String,
    /// The time zone of `at`, such as `Europe/Berlin`.
    #[serde(default = "utc")]
    pub timezone: String,
    /// The lower limit of tasks from then on.
    pub min: i32,
    /// The upper limit of tasks from then on.
    pub max: i32,
    /// The name of the action; `<project>-<environment>-api-<schedule>` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The section `[ecs]`, with a default for every key. A key whose default depends on the stack is optional here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The name of the cluster; `<project>-<environment>-cluster` by default.
    pub cluster_name: Option<String>,
    /// The name of the service; `<project>-<environment>-api` by default.
    pub service_name: Option<String>,
    /// The name of the repository; `<project>-<environment>-api` by default.
    pub repository_name: Option<String>,
    /// The family of the task definition; `<project>-<environment>-api` by default.
    pub task_family: Option<String>,
    /// The name of the application's container; `api` by default.
    pub container_name: Option<String>,
    /// The name of the container's log group; `/ecs/<project>-<environment>-api` by default.
    pub log_group_name: Option<String>,
    /// The name of the execution role, without its path; `<project>-<environment>-execution-<region>` by default.
    pub execution_role_name: Option<String>,
    /// The name of the task role, without its path; `<project>-<environment>-task-<region>` by default.
    pub task_role_name: Option<String>,
    /// CPU units of a task; 1024 are one vCPU.
    pub cpu: u32,
    /// Memory of a task, in MiB.
    pub memory: u32,
    /// The architecture of the tasks: `ARM64` or `X86_64`.
    pub architecture: String,
    /// The desired number of tasks of a new service; by default 2 in production, 1 elsewhere.
    pub desired: Option<i32>,
    /// The capacity provider: `FARGATE` or `FARGATE_SPOT`; by default Spot outside of production.
    pub capacity: Option<String>,
    /// Whether autoscaling changes the desired number of tasks.
    pub autoscaling: bool,
    /// The lower limit of autoscaling.
    pub min_tasks: i32,
    /// The upper limit of autoscaling.
    pub max_tasks: i32,
    /// The CPU use that autoscaling aims for, in percent.
    pub cpu_target: f64,
    /// The memory use that autoscaling aims for, in percent.
    pub memory_target: f64,
    /// The name of the scaling policy for CPU; `<project>-<environment>-api-cpu` by default.
    pub cpu_policy_name: Option<String>,
    /// The name of the scaling policy for memory; `<project>-<environment>-api-memory` by default.
    pub memory_policy_name: Option<String>,
    /// The time between two scale-ins, in seconds.
    pub scale_in_cooldown_seconds: i32,
    /// The time between two scale-outs, in seconds.
    pub scale_out_cooldown_seconds: i32,
    /// Scheduled changes of autoscaling's limits, by name.
    pub schedules: BTreeMap<String, Schedule>,
    /// What the service runs before the first image is deployed.
    pub bootstrap: Bootstrap,
    /// The container's command, instead of the image's.
    pub command: Vec<String>,
    /// The container's entry point, instead of the image's.
    pub entry_point: Vec<String>,
    /// Variables that are not secret: everyone who may read the task definition can read them.
    pub environment: BTreeMap<String, String>,
    /// Variables that are kept in Parameter Store.
    pub parameters: BTreeMap<String, String>,
    /// Variables from existing secrets and parameters: the ARN, with `:<member>` for one member of a secret.
    pub secrets: BTreeMap<String, String>,
    /// The variable with the port to listen on; empty for none.
    pub port_variable: String,
    /// The variable with the database's URL; empty where tasks need no database.
    pub database_variable: String,
    /// The variable with the cache's URL; empty where tasks need no cache.
    pub cache_variable: String,
    /// The variable with the bucket's name; empty where tasks need no bucket.
    pub bucket_variable: String,
    /// The ARNs of the KMS keys that encrypt those secrets.
    pub decrypt_keys: Vec<String>,
    /// The ARNs of managed policies that the task role has in addition to its own policy.
    pub task_policies: Vec<String>,
    /// The command of the container's health check, such as `["CMD-SHELL", "wget -qO- localhost:3001/health"]`.
    pub health_command: Vec<String>,
    /// The time between two health checks, in seconds.
    pub health_interval_seconds: i32,
    /// The time limit of a health check, in seconds.
    pub health_timeout_seconds: i32,
    /// How many health checks in a row may fail.
    pub health_retries: i32,
    /// The time after the start during which failed health checks do not count, in seconds.
    pub health_start_seconds: i32,
    /// The time for a container to exit after SIGTERM, in seconds.
    pub stop_timeout_seconds: i32,
    /// Whether the container's file system is read-only. `rd-ecs exec` then does not work.
    pub read_only: bool,
    /// The lower limit of running tasks during a deployment, in percent of the desired number.
    pub minimum_healthy_percent: i32,
    /// The upper limit of running tasks during a deployment, in percent of the desired number.
    pub maximum_percent: i32,
    /// Whether AWS rolls back a deployment whose tasks do not start.
    pub circuit_breaker: bool,
    /// Whether ECS moves tasks from a zone with more of them to one with fewer, for which `maximum_percent` must be above
    /// 100. By default it stays as it is, which is enabled for services since September 2025.
    pub zone_rebalancing: Option<bool>,
    /// The time after a task's start during which failed checks of the load balancer do not count, in seconds.
    pub grace_seconds: i32,
    /// Whether `rd-ecs exec` can open a session in a task.
    pub exec: bool,
    /// Whether Container Insights collects detailed metrics, which cost; by default only in production.
    pub container_insights: Option<bool>,
    /// How many days logs are kept.
    pub retention_days: i32,
    /// The ARN of the KMS key for the logs; by default a key of AWS's.
    pub log_kms_key: Option<String>,
    /// What happens while output cannot be sent: `blocking` waits, `non-blocking` keeps it in `log_buffer` and then drops
    /// it. By default as the account says.
    pub log_mode: Option<LogMode>,
    /// How much output is kept in memory with `non-blocking`, such as `25m`; by default AWS's 10 MiB.
    pub log_buffer: Option<String>,
    /// How many revisions of the task definition are kept for a rollback.
    pub keep_revisions: usize,
    /// Whether tags are immutable: a pushed tag cannot move to another image.
    pub immutable_tags: bool,
    /// Whether ECR scans an image for vulnerabilities when it is pushed.
    pub scan_on_push: bool,
    /// After how many days ECR deletes images without a tag.
    pub untagged_days: i32,
    /// How many images with a tag are kept.
    pub keep_images: i32,
    /// The KMS key for images; by default AES-256 with a key of AWS's.
    pub kms_key: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cluster_name: None,
            service_name: None,
            repository_name: None,
            task_family: None,
            container_name: None,
            log_group_name: None,
            execution_role_name: None,
            task_role_name: None,
            cpu: 256,
            memory: 512,
            architecture: "ARM64".to_owned(),
            desired: None,
            capacity: None,
            autoscaling: true,
            min_tasks: 1,
            max_tasks: 4,
            cpu_target: 70.0,
            memory_target: 80.0,
            cpu_policy_name: None,
            memory_policy_name: None,
            scale_in_cooldown_seconds: 300,
            scale_out_cooldown_seconds: 60,
            schedules: BTreeMap::new(),
            bootstrap: Bootstrap::Placeholder,
            command: Vec::new(),
            entry_point: Vec::new(),
            environment: BTreeMap::new(),
            parameters: BTreeMap::new(),
            secrets: BTreeMap::new(),
            port_variable: "PORT".to_owned(),
            database_variable: "DATABASE_URL".to_owned(),
            cache_variable: "REDIS_URL".to_owned(),
            bucket_variable: "S3_BUCKET".to_owned(),
            decrypt_keys: Vec::new(),
            task_policies: Vec::new(),
            health_command: Vec::new(),
            health_interval_seconds: 30,
            health_timeout_seconds: 5,
            health_retries: 3,
            health_start_seconds: 0,
            stop_timeout_seconds: 30,
            read_only: false,
            minimum_healthy_percent: 100,
            maximum_percent: 200,
            circuit_breaker: true,
            zone_rebalancing: None,
            grace_seconds: 60,
            exec: true,
            container_insights: None,
            retention_days: 30,
            log_kms_key: None,
            log_mode: None,
            log_buffer: None,
            keep_revisions: 10,
            immutable_tags: false,
            scan_on_push: true,
            untagged_days: 7,
            keep_images: 20,
            kms_key: None,
        }
    }
}

impl Config {
    /// The names at AWS: those of the settings, otherwise those that follow from the stack.
    pub fn names(&self, stack: &Stack) -> Names {
        let default = Names::new(stack);
        let or = |setting: &Option<String>, default| setting.clone().unwrap_or(default);
        Names {
            cluster: or(&self.cluster_name, default.cluster),
            service: or(&self.service_name, default.service),
            repository: or(&self.repository_name, default.repository),
            family: or(&self.task_family, default.family),
            container: or(&self.container_name, default.container),
            log_group: or(&self.log_group_name, default.log_group),
            execution_role: or(&self.execution_role_name, default.execution_role),
            task_role: or(&self.task_role_name, default.task_role),
        }
    }

    /// The desired number of tasks of a new service.
    pub fn desired(&self, stack: &Stack) -> i32 {
        self.desired
            .unwrap_or(if stack.is_production() { 2 } else { 1 })
    }

    /// The capacity provider of the tasks.
    pub fn capacity(&self, stack: &Stack) -> &str {
        match &self.capacity {
            Some(capacity) => capacity,
            None if stack.is_production() => "FARGATE",
            None => "FARGATE_SPOT",
        }
    }

    /// Whether Container Insights collects detailed metrics.
    pub fn container_insights(&self, stack: &Stack) -> bool {
        self.container_insights.unwrap_or(stack.is_production())
    }

    /// The container's health check; none where `health_command` is empty.
    pub fn health_check(&self) -> Option<HealthCheck> {
        (!self.health_command.is_empty()).then(|| HealthCheck {
            command: self.health_command.clone(),
            interval: self.health_interval_seconds,
            timeout: self.health_timeout_seconds,
            retries: self.health_retries,
            start_period: self.health_start_seconds,
        })
    }
}
