//! The table `[cache]` of `rd.toml`: its keys, their defaults, and the checks of their values.

use crate::engine::{Engine, is_older, is_version};
use rd_common::settings::kms_key;
use rd_common::settings::maintenance_window::{Daily, Weekly};
use rd_common::{Problem, Stack};
use rd_secret::form::member_problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The keys of `[cache]`, with a default for each. A key whose default depends on the environment or the engine is
/// optional here, and a method of the same name returns its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The name of the replication group; by default `<project>-<environment>-redis`.
    pub name: Option<String>,
    /// The engine: `redis` or `valkey`.
    pub engine: Engine,
    /// The engine's version, such as `7.1`; by default 7.1 for Redis, 8.0 for Valkey.
    pub engine_version: Option<String>,
    /// The node type, such as `cache.t4g.micro`.
    pub node_type: String,
    /// The number of nodes; with two or more, a replica takes over if the primary fails.
    pub nodes: i32,
    /// The KMS key of the data at rest; by default AWS's own key.
    pub kms_key: Option<String>,
    /// The member of an adopted secret's JSON that has the token, such as `AUTH_TOKEN`; by default `token`.
    pub secret_member: Option<String>,
    /// How many days daily snapshots are kept: 5 in production, 0 (no snapshots) elsewhere.
    pub snapshot_retention_days: Option<i32>,
    /// The daily window in which AWS takes snapshots, in UTC.
    pub snapshot_window: String,
    /// The weekly window in which AWS maintains the cache and makes pending changes, in UTC.
    pub maintenance_window: String,
    /// Whether AWS upgrades the minor version in the maintenance window.
    pub auto_minor_version_upgrade: bool,
    /// Whether changes are made at once rather than in the maintenance window: false in production, true elsewhere.
    pub apply_immediately: Option<bool>,
    /// Whether a delete takes a final snapshot: true in production.
    pub final_snapshot: Option<bool>,
    /// The logs that ElastiCache delivers to CloudWatch, `slow-log` and `engine-log`; if it is not set, it stays as it is.
    pub log_exports: Option<Vec<String>>,
    /// Whether ElastiCache publishes its events, such as failovers and maintenance, to a topic, to which rd-logs subscribes
    /// those who get the alarms; if it is not set, it stays as it is.
    pub events: Option<bool>,
    /// How many days CloudWatch keeps these logs.
    pub log_retention_days: i32,
    /// The ARN of the KMS key of their log groups; by default AWS's own key.
    pub log_kms_key: Option<String>,
    /// Parameters of the engine; without any, the default parameter group of the family is used.
    pub parameters: BTreeMap<String, Value>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            name: None,
            engine: Engine::Redis,
            engine_version: None,
            node_type: "cache.t4g.micro".to_owned(),
            nodes: 1,
            kms_key: None,
            secret_member: None,
            snapshot_retention_days: None,
            snapshot_window: "05:00-06:00".to_owned(),
            maintenance_window: "sun:06:30-sun:07:30".to_owned(),
            auto_minor_version_upgrade: true,
            apply_immediately: None,
            final_snapshot: None,
            log_exports: None,
            events: None,
            log_retention_days: 30,
            log_kms_key: None,
            parameters: BTreeMap::new(),
        }
    }
}

/// The maximum length of a replication group's name.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html>
const MAX_NAME_LENGTH: usize = 40;

/// The logs that ElastiCache delivers.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Log_Delivery.html>
const LOGS: [&str; 2] = ["slow-log", "engine-log"];

/// Whether a text has the form of a node type, `cache.<family>.<size>`. ElastiCache has no call that lists them.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html>
fn is_node_type(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let words: Vec<&str> = text.split('.').collect();
    matches!(words[..], ["cache", family, size] if is_word(family) && is_word(size))
}

impl Config {
    /// The name of the replication group, with the stack's default.
    pub fn name(&self, stack: &Stack) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| stack.name_within(MAX_NAME_LENGTH, "redis"))
    }

    /// The engine's version, with the engine's default.
    pub fn engine_version(&self) -> &str {
        let default = self.engine.default_version();
        self.engine_version.as_deref().unwrap_or(default)
    }

    /// The number of days of `snapshot_retention_days`, with the environment's default.
    pub fn snapshot_retention_days(&self, stack: &Stack) -> i32 {
        self.snapshot_retention_days
            .unwrap_or(if stack.is_production() { 5 } else { 0 })
    }

    /// The value of `apply_immediately`, with the environment's default.
    pub fn apply_immediately(&self, stack: &Stack) -> bool {
        self.apply_immediately.unwrap_or(!stack.is_production())
    }

    /// The value of `final_snapshot`, with the environment's default.
    pub fn final_snapshot(&self, stack: &Stack) -> bool {
        self.final_snapshot.unwrap_or(stack.is_production())
    }

    /// The parameters to set, as text: booleans become `yes` and `no`, as the engines write them.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            other => other.to_string(),
        };
        self.parameters
            .iter()
            .map(|(name, value)| (name.clone(), text(value)))
            .collect()
    }

    /// The problems of the settings, one for each invalid value.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut add = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        let name = self.name(stack);
        let is_valid = (1..=MAX_NAME_LENGTH).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.ends_with('-')
            && !name.contains("--")
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !is_valid {
            add(
                "name",
                format!("`{name}` is not a valid name of a replication group"),
                "1 to 40 of a-z, 0-9 and single `-`, beginning with a letter: set a shorter one here",
            );
        }
        if let Some((what, allowed)) = member_problem(self.secret_member.as_deref()) {
            add("secret_member", what, allowed);
        }
        let version = self.engine_version();
        if !is_version(version) {
            add(
                "engine_version",
                format!("`{version}` is not a version"),
                "<major>.<minor> from 6.0 on, such as 7.1 for redis or 8.2 for valkey",
            );
        }
        if !is_node_type(&self.node_type) {
            add(
                "node_type",
                format!("`{}` is not a node type", self.node_type),
                "cache.<family>.<size>, such as cache.t4g.micro or cache.m7g.large",
            );
        }
        if !(1..=6).contains(&self.nodes) {
            add(
                "nodes",
                format!("{} is not a possible number of nodes", self.nodes),
                "1 to 6: a primary and up to 5 replicas",
            );
        }
        if let Some(days) = self.snapshot_retention_days
            && !(0..=35).contains(&days)
        {
            add(
                "snapshot_retention_days",
                format!("ElastiCache cannot keep snapshots for {days} days"),
                "0 (no snapshots) to 35",
            );
        }
        let daily = Daily::parse(&self.snapshot_window).filter(|window| window.minutes() >= 60);
        let weekly =
            Weekly::parse(&self.maintenance_window).filter(|window| window.minutes() >= 60);
        if daily.is_none() {
            add(
                "snapshot_window",
                format!("`{}` is not a daily window", self.snapshot_window),
                "hh:mm-hh:mm in UTC, at least an hour",
            );
        }
        if weekly.is_none() {
            add(
                "maintenance_window",
                format!("`{}` is not a weekly window", self.maintenance_window),
                "ddd:hh:mm-ddd:hh:mm in UTC, at least an hour, in lower case, such as sun:06:30-sun:07:30",
            );
        }
        if let (Some(daily), Some(weekly)) = (daily, weekly)
            && weekly.overlaps(daily)
        {
            add(
                "maintenance_window",
                format!(
                    "`{}` overlaps with the snapshot window",
                    self.maintenance_window
                ),
                "a window outside of snapshot_window",
            );
        }
        let key_problem = kms_key::problem("kms_key", self.kms_key.as_deref());
        let exports = self.log_exports.iter().flatten();
        let each: BTreeSet<&String> = exports.clone().collect();
        if each.len() < exports.clone().count()
            || each.iter().any(|log| !LOGS.contains(&log.as_str()))
        {
            add(
                "log_exports",
                format!(
                    "{:?} are not logs of ElastiCache",
                    exports.collect::<Vec<_>>()
                ),
                "\"slow-log\" and \"engine-log\", each once, or neither",
            );
        } else if each.iter().any(|log| *log == "engine-log")
            && is_older(self.engine_version(), "6.2")
        {
            add(
                "log_exports",
                "Redis has an engine log from version 6.2 on".to_owned(),
                "\"slow-log\", or a later engine_version",
            );
        }
        for (name, value) in &self.parameters {
            if value.is_array() || value.is_object() || value.is_null() {
                add(
                    &format!("parameters.{name}"),
                    "a parameter has a single value".to_owned(),
                    "a string, a number, true or false",
                );
            }
        }
        problems.extend(key_problem);
        let days = self.log_retention_days;
        problems.extend(rd_log_group::retention_problem("log_retention_days", days));
        let key = self.log_kms_key.as_deref();
        problems.extend(rd_log_group::kms_key_problem("log_kms_key", key));
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes one setting invalid.
    type Spoil = fn(&mut Config);

    fn stack(project: &str) -> Stack {
        Stack {
            project: project.into(),
            environment: "production".into(),
            ..Stack::default()
        }
    }

    #[test]
    fn the_defaults_are_valid_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack("shop")), []);
        let wrong: [(&str, Spoil); 15] = [
            ("log_exports", |c| {
                c.log_exports = Some(vec!["slowlog".into()]);
            }),
            ("log_exports", |c| {
                c.log_exports = Some(vec!["slow-log".into(), "slow-log".into()]);
            }),
            ("log_exports", |c| {
                c.log_exports = Some(vec!["engine-log".into()]);
                c.engine_version = Some("6.0".into());
            }),
            ("log_retention_days", |c| c.log_retention_days = 31),
            ("name", |c| c.name = Some("Shop".into())),
            ("engine_version", |c| c.engine_version = Some("8".into())),
            ("node_type", |c| c.node_type = "db.t4g.large".into()),
            ("node_type", |c| c.node_type = "cache.t4g".into()),
            ("nodes", |c| c.nodes = 7),
            ("snapshot_retention_days", |c| {
                c.snapshot_retention_days = Some(-1);
            }),
            ("snapshot_window", |c| {
                c.snapshot_window = "05:00-05:30".into();
            }),
            ("maintenance_window", |c| {
                c.maintenance_window = "sun:06:30".into();
            }),
            ("maintenance_window", |c| {
                c.maintenance_window = "sun:05:30-sun:06:30".into();
            }),
            ("kms_key", |c| c.kms_key = Some("shop".into())),
            ("parameters.timeout", |c| {
                c.parameters = BTreeMap::from([("timeout".into(), serde_json::json!([]))]);
            }),
        ];
        for (key, spoil) in wrong {
            let mut config = Config::default();
            spoil(&mut config);
            let problems = config.problems(&stack("shop"));
            let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
            assert_eq!(keys, [key]);
        }
        // A default name that is too long is shortened; one of the settings is refused.
        let long = stack("a-project-of-24-letters");
        assert_eq!(Config::default().problems(&long), []);
        let named = Config {
            name: Some("a".repeat(41)),
            ..Config::default()
        };
        assert_eq!(named.problems(&long)[0].key, "name");
    }
}
