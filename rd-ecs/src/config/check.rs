//! What can be wrong with the section beyond the types of its keys.

use super::{Config, Schedule};
use crate::config::fargate_sizes;
use rd_common::{Problem, Stack};
use rd_log_group::{kms_key_problem, retention_problem};
use std::collections::BTreeMap;

/// The longest name of a role.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const LONGEST_ROLE: usize = 64;

impl Config {
    /// What is wrong with it.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        if let Err(allowed) = fargate_sizes::check(self.cpu, self.memory) {
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
