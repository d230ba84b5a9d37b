//! `[ecs]` in `rd.toml`.

mod check;
pub mod fargate_sizes;

use crate::kinds::task_definition::model::HealthCheck;
use rd_common::Stack;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What runs until an image was deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bootstrap {
    /// A public image that answers health checks.
    Placeholder,
    /// Nothing: the service has no tasks.
    None,
}

/// What autoscaling does at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// When: `cron(0 20 ? * MON-FRI *)`, `rate(…)` or `at(…)`.
    pub at: String,
    /// The time zone of `at`, such as `Europe/Berlin`.
    #[serde(default = "utc")]
    pub timezone: String,
    /// The fewest tasks from then on.
    pub min: i32,
    /// The most tasks from then on.
    pub max: i32,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// The section, with a default for every key. Where a default depends on the stack, the key is optional here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// CPU units of a task; 1024 are one.
    pub cpu: u32,
    /// Memory of a task, in MiB.
    pub memory: u32,
    /// `ARM64` or `X86_64`.
    pub architecture: String,
    /// How many tasks the service begins with; else 2 in production, 1 elsewhere.
    pub desired: Option<i32>,
    /// What tasks run on: `FARGATE` or `FARGATE_SPOT`; else Spot outside of production.
    pub capacity: Option<String>,
    /// Whether autoscaling changes the number of tasks.
    pub autoscaling: bool,
    /// The fewest tasks that autoscaling leaves.
    pub min_tasks: i32,
    /// The most tasks that it makes.
    pub max_tasks: i32,
    /// The CPU use that it keeps, in per cent.
    pub cpu_target: f64,
    /// The memory use that it keeps, in per cent.
    pub memory_target: f64,
    /// How long after taking tasks away it takes more away.
    pub scale_in_cooldown_seconds: i32,
    /// How long after adding tasks it adds more.
    pub scale_out_cooldown_seconds: i32,
    /// What it does at times, by name.
    pub schedules: BTreeMap<String, Schedule>,
    /// What runs until an image was deployed.
    pub bootstrap: Bootstrap,
    /// What the container runs instead of its image's command.
    pub command: Vec<String>,
    /// What the container runs instead of its image's entry point.
    pub entry_point: Vec<String>,
    /// Variables that are no secret and may be read by all who may read the task definition.
    pub environment: BTreeMap<String, String>,
    /// Variables kept as parameters of Systems Manager.
    pub parameters: BTreeMap<String, String>,
    /// Variables from secrets that are there already: the secret's ARN, and `:<member>` for one of its members.
    pub secrets: BTreeMap<String, String>,
    /// The variable with the port to listen on; empty for none.
    pub port_variable: String,
    /// The variable with the database's URL; empty where tasks need no database.
    pub database_variable: String,
    /// The variable with the cache's URL; empty where tasks need no cache.
    pub cache_variable: String,
    /// The variable with the bucket's name; empty where tasks need no bucket.
    pub bucket_variable: String,
    /// KMS keys, by their ARNs, with which those secrets are encrypted.
    pub decrypt_keys: Vec<String>,
    /// Managed policies that tasks have beside their own.
    pub task_policies: Vec<String>,
    /// How the container says that it is well, as in `["CMD-SHELL", "wget -qO- localhost:3001/health"]`.
    pub health_command: Vec<String>,
    /// How often it is asked, in seconds.
    pub health_interval_seconds: i32,
    /// How long the answer may take, in seconds.
    pub health_timeout_seconds: i32,
    /// How often in a row it may fail.
    pub health_retries: i32,
    /// For how long after its start a failure does not count, in seconds.
    pub health_start_seconds: i32,
    /// How long a container may take to end after SIGTERM, in seconds.
    pub stop_timeout_seconds: i32,
    /// Whether the container's file system can only be read. `rd-ecs exec` then does not work.
    pub read_only: bool,
    /// The least that runs during a deployment, in per cent of the wanted tasks.
    pub minimum_healthy_percent: i32,
    /// The most that runs during a deployment.
    pub maximum_percent: i32,
    /// Whether a deployment whose tasks do not start is rolled back.
    pub circuit_breaker: bool,
    /// For how long after its start a task's health checks do not count, in seconds.
    pub grace_seconds: i32,
    /// Whether a shell can be had in a task.
    pub exec: bool,
    /// Whether the cluster gives detailed metrics, which cost; else in production.
    pub container_insights: Option<bool>,
    /// For how many days logs are kept.
    pub retention_days: i32,
    /// The ARN of the KMS key for the logs; else a key of AWS's.
    pub log_kms_key: Option<String>,
    /// How many revisions of the task definition stay, to roll back to.
    pub keep_revisions: usize,
    /// Whether a tag of the repository, once pushed, stays with its image.
    pub immutable_tags: bool,
    /// Whether images are scanned when they are pushed.
    pub scan_on_push: bool,
    /// After how many days images without a tag go.
    pub untagged_days: i32,
    /// How many images with a tag stay.
    pub keep_images: i32,
    /// The KMS key for images; else AES-256 with a key of AWS's.
    pub kms_key: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
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
            grace_seconds: 60,
            exec: true,
            container_insights: None,
            retention_days: 30,
            log_kms_key: None,
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
    /// How many tasks the service begins with.
    pub fn desired(&self, stack: &Stack) -> i32 {
        self.desired
            .unwrap_or(if stack.is_production() { 2 } else { 1 })
    }

    /// What tasks run on.
    pub fn capacity(&self, stack: &Stack) -> &str {
        match &self.capacity {
            Some(capacity) => capacity,
            None if stack.is_production() => "FARGATE",
            None => "FARGATE_SPOT",
        }
    }

    /// Whether the cluster gives detailed metrics.
    pub fn container_insights(&self, stack: &Stack) -> bool {
        self.container_insights.unwrap_or(stack.is_production())
    }

    /// How the container says that it is well; none where nothing is set.
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
