//! `[ecs]` in `rd.toml`.

use crate::kinds::task_definition::model::HealthCheck;
use crate::sizes;
use rd_common::{Problem, Stack};
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

/// The days that CloudWatch Logs can keep events for.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
const RETENTION_DAYS: [i32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// The longest name of a role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const LONGEST_ROLE: usize = 64;

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

    /// What is wrong with it.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        if let Err(allowed) = sizes::check(self.cpu, self.memory) {
            wrong(
                "memory",
                format!(
                    "Fargate has no tasks of {} CPU and {} MiB",
                    self.cpu, self.memory
                ),
                &allowed,
            );
        }
        if !["ARM64", "X86_64"].contains(&self.architecture.as_str()) {
            wrong(
                "architecture",
                format!("`{}` is no architecture of Fargate", self.architecture),
                "ARM64 or X86_64",
            );
        }
        if !["FARGATE", "FARGATE_SPOT"].contains(&self.capacity(stack)) {
            wrong(
                "capacity",
                format!("`{}` is no capacity of Fargate", self.capacity(stack)),
                "FARGATE or FARGATE_SPOT",
            );
        }
        let desired = self.desired(stack);
        if desired < 0 {
            wrong("desired", format!("{desired} tasks cannot be"), "0 or more");
        }
        if self.autoscaling && !(0..=self.max_tasks).contains(&self.min_tasks) {
            wrong(
                "min_tasks",
                format!("{} to {} is no range", self.min_tasks, self.max_tasks),
                "0 <= min_tasks <= max_tasks",
            );
        } else if self.autoscaling
            && desired != 0
            && !(self.min_tasks..=self.max_tasks).contains(&desired)
        {
            wrong(
                "desired",
                format!(
                    "{desired} tasks are outside of what autoscaling keeps, {} to {}",
                    self.min_tasks, self.max_tasks
                ),
                "min_tasks to max_tasks, or autoscaling = false",
            );
        }
        for (key, target) in [
            ("cpu_target", self.cpu_target),
            ("memory_target", self.memory_target),
        ] {
            if !(10.0..=100.0).contains(&target) {
                wrong(
                    key,
                    format!("{target} % is no target"),
                    "10 to 100 per cent",
                );
            }
        }
        for (name, schedule) in &self.schedules {
            self.check_schedule(name, schedule, &mut wrong);
        }
        self.check_variables(&mut wrong);
        for (key, value, allowed) in [
            (
                "minimum_healthy_percent",
                self.minimum_healthy_percent,
                0..=100,
            ),
            ("maximum_percent", self.maximum_percent, 100..=200),
            ("stop_timeout_seconds", self.stop_timeout_seconds, 1..=120),
            ("grace_seconds", self.grace_seconds, 0..=i32::MAX),
            (
                "scale_in_cooldown_seconds",
                self.scale_in_cooldown_seconds,
                0..=3600,
            ),
            (
                "scale_out_cooldown_seconds",
                self.scale_out_cooldown_seconds,
                0..=3600,
            ),
            (
                "health_interval_seconds",
                self.health_interval_seconds,
                5..=300,
            ),
            (
                "health_timeout_seconds",
                self.health_timeout_seconds,
                2..=60,
            ),
            ("health_retries", self.health_retries, 1..=10),
            ("health_start_seconds", self.health_start_seconds, 0..=300),
            ("untagged_days", self.untagged_days, 1..=3650),
            ("keep_images", self.keep_images, 1..=10_000),
        ] {
            if !allowed.contains(&value) {
                let (least, most) = (allowed.start(), allowed.end());
                wrong(
                    key,
                    format!("{value} is out of range"),
                    &format!("{least} to {most}"),
                );
            }
        }
        if self.minimum_healthy_percent == 100 && self.maximum_percent == 100 {
            wrong(
                "maximum_percent",
                "with 100 % at least and 100 % at most no task can be replaced".to_owned(),
                "more than 100, or minimum_healthy_percent under 100",
            );
        }
        if !RETENTION_DAYS.contains(&self.retention_days) {
            wrong(
                "retention_days",
                format!("logs cannot be kept for {} days", self.retention_days),
                "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653",
            );
        }
        if self.keep_revisions == 0 {
            wrong(
                "keep_revisions",
                "the revision that runs cannot go".to_owned(),
                "1 or more",
            );
        }
        if !self.health_command.is_empty()
            && !["CMD", "CMD-SHELL"].contains(&self.health_command[0].as_str())
        {
            wrong(
                "health_command",
                format!("it begins with `{}`", self.health_command[0]),
                "CMD and arguments, or CMD-SHELL and one line",
            );
        }
        let role = stack.name_of(&format!("execution-{}", stack.region));
        if role.len() > LONGEST_ROLE {
            wrong(
                "",
                format!("`{role}` is too long for a role's name"),
                "at most 64 characters: a shorter `project` or `environment`",
            );
        }
        problems
    }

    fn check_schedule(
        &self,
        name: &str,
        schedule: &Schedule,
        wrong: &mut impl FnMut(&str, String, &str),
    ) {
        let key = format!("schedules.{name}");
        let form = ["cron(", "rate(", "at("]
            .iter()
            .any(|head| schedule.at.starts_with(head))
            && schedule.at.ends_with(')');
        if !form {
            wrong(
                &key,
                format!("`{}` is no time", schedule.at),
                "cron(…) with six fields, rate(…) or at(yyyy-mm-ddThh:mm:ss)",
            );
        }
        if jiff::tz::TimeZone::get(&schedule.timezone).is_err() {
            wrong(
                &key,
                format!("`{}` is no time zone", schedule.timezone),
                "a name of the IANA database, such as Europe/Berlin",
            );
        }
        if !(0..=schedule.max).contains(&schedule.min) {
            wrong(
                &key,
                format!("{} to {} is no range", schedule.min, schedule.max),
                "0 <= min <= max",
            );
        }
        if !self.autoscaling {
            wrong(
                &key,
                "a schedule is carried out by autoscaling, which is off".to_owned(),
                "autoscaling = true",
            );
        }
    }

    /// Every variable once, and under a name that shells take.
    fn check_variables(&self, wrong: &mut impl FnMut(&str, String, &str)) {
        let own = [
            ("port_variable", &self.port_variable),
            ("database_variable", &self.database_variable),
            ("cache_variable", &self.cache_variable),
            ("bucket_variable", &self.bucket_variable),
        ];
        let own = own.into_iter().filter(|(_, name)| !name.is_empty());
        let tables = [
            ("environment", self.environment.keys()),
            ("parameters", self.parameters.keys()),
            ("secrets", self.secrets.keys()),
        ];
        let tables = tables
            .into_iter()
            .flat_map(|(table, names)| names.map(move |name| (table, name)));
        let mut seen: BTreeMap<&String, &str> = BTreeMap::new();
        for (key, name) in own.chain(tables) {
            let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && !name.is_empty();
            if !plain {
                wrong(
                    key,
                    format!("`{name}` is no name of a variable"),
                    "letters, digits and `_`, not beginning with a digit",
                );
            }
            if let Some(other) = seen.insert(name, key) {
                wrong(
                    key,
                    format!("`{name}` is set by `{other}` already"),
                    "every variable once",
                );
            }
        }
        for (name, secret) in &self.secrets {
            if !secret.starts_with("arn:") {
                wrong(
                    "secrets",
                    format!("`{name}` is given `{secret}`"),
                    "the ARN of a secret or parameter, with `:<member>` for one member of a secret; a value stands in no file",
                );
            }
        }
        for (name, value) in &self.parameters {
            if value.is_empty() || value.len() > 4096 {
                wrong(
                    "parameters",
                    format!("`{name}` has {} bytes", value.len()),
                    "1 to 4096 bytes",
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> Stack {
        Stack {
            project: "shop".to_owned(),
            environment: "test".to_owned(),
            region: "us-east-1".to_owned(),
            ..Stack::default()
        }
    }

    #[test]
    fn the_defaults_are_right() {
        assert_eq!(Config::default().problems(&stack()).len(), 0);
    }

    #[test]
    fn a_variable_is_set_once() {
        let mut config = Config::default();
        config
            .environment
            .insert("DATABASE_URL".to_owned(), "x".to_owned());
        let problems = config.problems(&stack());
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
}
