//! Checks the values of `[ecs]`: ranges, names, and settings that contradict each other.

use super::{Config, LogMode, Schedule};
use crate::config::{fargate_sizes, schedule_expression};
use rd_common::arn::Arn;
use rd_common::{Problem, Stack};
use rd_log_group::{kms_key_problem, retention_problem};
use std::collections::BTreeMap;

impl Config {
    /// Every problem of the section: the key, what is wrong, and what is allowed.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        if let Err(allowed) = fargate_sizes::check(self.cpu, self.memory) {
            wrong(
                "memory",
                format!(
                    "Fargate has no task size of {} CPU and {} MiB",
                    self.cpu, self.memory
                ),
                &allowed,
            );
        }
        if !["ARM64", "X86_64"].contains(&self.architecture.as_str()) {
            wrong(
                "architecture",
                format!("`{}` is not an architecture of Fargate", self.architecture),
                "ARM64 or X86_64",
            );
        }
        if !["FARGATE", "FARGATE_SPOT"].contains(&self.capacity(stack)) {
            wrong(
                "capacity",
                format!(
                    "`{}` is not a capacity provider of Fargate",
                    self.capacity(stack)
                ),
                "FARGATE or FARGATE_SPOT",
            );
        }
        let desired = self.desired(stack);
        if desired < 0 {
            wrong("desired", format!("{desired} is negative"), "0 or more");
        }
        if self.autoscaling && !(0..=self.max_tasks).contains(&self.min_tasks) {
            wrong(
                "min_tasks",
                format!(
                    "{} to {} is not a valid range",
                    self.min_tasks, self.max_tasks
                ),
                "0 <= min_tasks <= max_tasks",
            );
        } else if self.autoscaling
            && desired != 0
            && !(self.min_tasks..=self.max_tasks).contains(&desired)
        {
            wrong(
                "desired",
                format!(
                    "{desired} is outside of autoscaling's range, {} to {}",
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
                    format!("{target} % is out of range"),
                    "10 to 100 percent",
                );
            }
        }
        for (name, schedule) in &self.schedules {
            self.check_schedule(name, schedule, &mut wrong);
        }
        self.check_variables(&mut wrong);
        self.check_parameters(stack, &mut wrong);
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
                "with 100 % as minimum and maximum, no task can be replaced".to_owned(),
                "more than 100, or minimum_healthy_percent below 100",
            );
        }
        if self.keep_revisions == 0 {
            wrong(
                "keep_revisions",
                "the running revision is always kept".to_owned(),
                "1 or more",
            );
        }
        if !self.health_command.is_empty()
            && !["CMD", "CMD-SHELL"].contains(&self.health_command[0].as_str())
        {
            wrong(
                "health_command",
                format!("begins with `{}`", self.health_command[0]),
                "CMD and arguments, or CMD-SHELL and one line",
            );
        }
        if let Some(buffer) = &self.log_buffer {
            if !is_size(buffer) {
                wrong(
                    "log_buffer",
                    format!("`{buffer}` is not a size"),
                    "a number with k, m or g, such as 25m",
                );
            }
            if self.log_mode != Some(LogMode::NonBlocking) {
                wrong(
                    "log_buffer",
                    "nothing is buffered in this mode".to_owned(),
                    "with log_mode = \"non-blocking\" only",
                );
            }
        }
        problems.extend(retention_problem("retention_days", self.retention_days));
        let key = self.log_kms_key.as_deref();
        problems.extend(kms_key_problem("log_kms_key", key));
        problems
    }

    fn check_schedule(
        &self,
        name: &str,
        schedule: &Schedule,
        wrong: &mut impl FnMut(&str, String, &str),
    ) {
        let key = format!("schedules.{name}");
        if let Some((what, allowed)) = schedule_expression::problem(&schedule.at) {
            wrong(&key, what, allowed);
        }
        if jiff::tz::TimeZone::get(&schedule.timezone).is_err() {
            wrong(
                &key,
                format!("`{}` is not a valid time zone", schedule.timezone),
                "a name from the IANA time zone database, such as Europe/Berlin",
            );
        }
        if !(0..=schedule.max).contains(&schedule.min) {
            wrong(
                &key,
                format!("{} to {} is not a valid range", schedule.min, schedule.max),
                "0 <= min <= max",
            );
        }
        if !self.autoscaling {
            wrong(
                &key,
                "autoscaling runs the schedules, but is off".to_owned(),
                "autoscaling = true",
            );
        }
    }

    /// Each variable has a name that ECS and Parameter Store take, and is set only once. Programs read names with dots, such
    /// as `discovery.type`, although shells cannot.
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
            let valid = name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && !name.is_empty();
            if !valid {
                wrong(
                    key,
                    format!("`{name}` is not a valid name of a variable"),
                    "letters, digits, `_`, `.` and `-`, not beginning with a digit",
                );
            }
            if let Some(other) = seen.insert(name, key) {
                wrong(
                    key,
                    format!("`{name}` is already set by `{other}`"),
                    "each variable once",
                );
            }
        }
        for (name, secret) in &self.secrets {
            if !is_secret(secret) {
                wrong(
                    "secrets",
                    format!("`{name}` is `{secret}`"),
                    "the ARN of a secret in Secrets Manager or of a parameter in Parameter Store, with `:<member>` for one \
                     member of a secret; secret values do not belong in a file",
                );
            }
        }
    }

    /// Each parameter has a name and a value that Parameter Store takes.
    /// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>
    fn check_parameters(&self, stack: &Stack, wrong: &mut impl FnMut(&str, String, &str)) {
        for (name, value) in &self.parameters {
            if value.is_empty() || value.len() > 4096 {
                wrong(
                    "parameters",
                    format!("`{name}` has {} bytes", value.len()),
                    "1 to 4096 bytes",
                );
            }
            if value.contains("{{") && value.contains("}}") {
                wrong(
                    "parameters",
                    format!(
                        "`{name}` has `{{{{…}}}}`, which Parameter Store takes for a reference and refuses"
                    ),
                    "a value without it; put it into `environment`, or into a secret",
                );
            }
        }
        let project = stack.project.to_ascii_lowercase();
        let reserved = ["aws", "ssm"]
            .into_iter()
            .find(|head| project.starts_with(head));
        if let Some(head) = reserved.filter(|_| !self.parameters.is_empty()) {
            wrong(
                "parameters",
                format!(
                    "they would be /{}/…, and Parameter Store refuses names that begin with `{head}`",
                    stack.project
                ),
                "a project with another name, or `environment` and `secrets` instead",
            );
        }
    }
}

/// Whether this is the ARN of a secret or of a parameter.
fn is_secret(text: &str) -> bool {
    Arn::parse(text).is_some_and(|arn| match arn.service.as_str() {
        "secretsmanager" => arn.resource.starts_with("secret:"),
        "ssm" => arn.resource.starts_with("parameter/"),
        _ => false,
    })
}

/// Whether a text is a size as Docker's log drivers take it, such as `25m`.
/// <https://docs.docker.com/engine/logging/configure/#configure-the-delivery-mode-of-log-messages-from-container-to-log-driver>
fn is_size(text: &str) -> bool {
    let number = text.strip_suffix(['k', 'm', 'g']).unwrap_or_default();
    number.parse::<u32>().is_ok_and(|number| number > 0)
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
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().problems(&stack()).len(), 0);
    }

    #[test]
    fn a_variable_must_not_be_set_twice() {
        let mut config = Config::default();
        config
            .environment
            .insert("DATABASE_URL".to_owned(), "x".to_owned());
        let problems = config.problems(&stack());
        assert_eq!(problems.len(), 1, "{problems:?}");
    }

    fn keys(config: &Config, stack: &Stack) -> Vec<String> {
        config
            .problems(stack)
            .into_iter()
            .map(|one| one.key)
            .collect()
    }

    #[test]
    fn what_parameter_store_refuses_is_wrong_before_any_call() {
        let mut config = Config::default();
        config
            .parameters
            .insert("discovery.type".to_owned(), "single-node".to_owned());
        assert_eq!(keys(&config, &stack()), [""; 0]);
        let aws = Stack {
            project: "awsome".to_owned(),
            ..stack()
        };
        assert_eq!(keys(&config, &aws), ["parameters"]);
        config
            .parameters
            .insert("TEMPLATE".to_owned(), "Dear {{name}}".to_owned());
        assert_eq!(keys(&config, &stack()), ["parameters"]);
        for (length, expected) in [
            (4096, vec![]),
            (4097, vec!["parameters"]),
            (0, vec!["parameters"]),
        ] {
            config.parameters = [("LONG".to_owned(), "x".repeat(length))].into();
            assert_eq!(keys(&config, &stack()), expected, "{length}");
        }
    }

    #[test]
    fn a_secret_is_one_of_two_services() {
        for (arn, right) in [
            (
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf",
                true,
            ),
            (
                "arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf:key::",
                true,
            ),
            (
                "arn:aws-cn:ssm:cn-north-1:123456789012:parameter/shop/a",
                true,
            ),
            ("arn:aws:rds:us-east-1:123456789012:db:shop", false),
            ("arn:aws:kms:us-east-1:123456789012:key/1", false),
            ("hunter2", false),
        ] {
            let mut config = Config::default();
            config.secrets.insert("KEY".to_owned(), arn.to_owned());
            assert_eq!(keys(&config, &stack()).is_empty(), right, "{arn}");
        }
    }
}
