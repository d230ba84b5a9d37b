//! `[cache]` in `rd.toml`.

use crate::engine::Engine;
use rd_common::settings::maintenance_window::{Daily, Weekly};
use rd_common::{Problem, Stack};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The section, with a default for every key. Where a default depends on the environment, the key is optional here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The name; else made from the stack's.
    pub name: Option<String>,
    /// `redis` or `valkey`.
    pub engine: Engine,
    /// `7.1`; else the engine's default.
    pub engine_version: Option<String>,
    /// The node type.
    pub node_type: String,
    /// How many nodes; from two on, a replica takes over where the primary fails.
    pub nodes: i32,
    /// The KMS key of what is stored; else AWS's own.
    pub kms_key: Option<String>,
    /// For how many days daily snapshots are kept: 5 in production, else 0.
    pub snapshot_retention_days: Option<i32>,
    /// When they are taken, UTC.
    pub snapshot_window: String,
    /// When AWS maintains it, and makes the changes that wait, UTC.
    pub maintenance_window: String,
    /// Whether AWS raises the minor version in the window.
    pub auto_minor_version_upgrade: bool,
    /// Whether changes are made at once rather than in the window: outside of production.
    pub apply_immediately: Option<bool>,
    /// Whether a snapshot is taken when it is deleted: in production.
    pub final_snapshot: Option<bool>,
    /// Parameters; with none, the default group of the family serves.
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
            snapshot_retention_days: None,
            snapshot_window: "05:00-06:00".to_owned(),
            maintenance_window: "sun:06:30-sun:07:30".to_owned(),
            auto_minor_version_upgrade: true,
            apply_immediately: None,
            final_snapshot: None,
            parameters: BTreeMap::new(),
        }
    }
}

/// The longest name of a replication group.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html>
const LONGEST_NAME: usize = 40;

/// Families of nodes with their sizes.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html>
const NODE_TYPES: [(&[&str], &[&str]); 5] = [
    (&["t3", "t4g"], &["micro", "small", "medium"]),
    (
        &["m5", "r5"],
        &[
            "large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge",
        ],
    ),
    (
        &["m6g", "r6g", "m7g", "r7g"],
        &[
            "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
        ],
    ),
    (
        &["r6gd"],
        &[
            "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
        ],
    ),
    (
        &["c7gn"],
        &[
            "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge",
        ],
    ),
];

fn is_node_type(text: &str) -> bool {
    let words: Vec<&str> = text.split('.').collect();
    let ["cache", family, size] = words[..] else {
        return false;
    };
    NODE_TYPES
        .iter()
        .any(|(families, sizes)| families.contains(&family) && sizes.contains(&size))
}

impl Config {
    /// The name.
    pub fn name(&self, stack: &Stack) -> String {
        self.name.clone().unwrap_or_else(|| stack.name_of("redis"))
    }

    /// The version.
    pub fn engine_version(&self) -> &str {
        let default = self.engine.default_version();
        self.engine_version.as_deref().unwrap_or(default)
    }

    /// Days.
    pub fn snapshot_retention_days(&self, stack: &Stack) -> i32 {
        self.snapshot_retention_days
            .unwrap_or(if stack.is_production() { 5 } else { 0 })
    }

    /// Whether changes are made at once.
    pub fn apply_immediately(&self, stack: &Stack) -> bool {
        self.apply_immediately.unwrap_or(!stack.is_production())
    }

    /// Whether a snapshot is taken when it is deleted.
    pub fn final_snapshot(&self, stack: &Stack) -> bool {
        self.final_snapshot.unwrap_or(stack.is_production())
    }

    /// Every parameter that is set.
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

    /// What is wrong with it.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        let name = self.name(stack);
        let fits = (1..=LONGEST_NAME).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && !name.ends_with('-')
            && !name.contains("--")
            && name
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !fits {
            wrong(
                "name",
                format!("`{name}` cannot be the name of a replication group"),
                "1 to 40 of a-z, 0-9 and single `-`, beginning with a letter: set a shorter one here",
            );
        }
        let version = self.engine_version();
        if !self.engine.versions().contains(&version) {
            wrong(
                "engine_version",
                format!("ElastiCache has no {} {version}", self.engine.word()),
                &format!(
                    "{} for {}",
                    self.engine.versions().join(", "),
                    self.engine.word()
                ),
            );
        }
        if !is_node_type(&self.node_type) {
            wrong(
                "node_type",
                format!("ElastiCache has no node type `{}`", self.node_type),
                "cache.<family>.<size>: t4g or t3 (micro to medium), m5 to m7g, r5 to r7g, r6gd, c7gn (large and up)",
            );
        }
        if !(1..=6).contains(&self.nodes) {
            wrong(
                "nodes",
                format!("{} is no number of nodes", self.nodes),
                "1 to 6: a primary and up to 5 replicas",
            );
        }
        if let Some(days) = self.snapshot_retention_days
            && !(0..=35).contains(&days)
        {
            wrong(
                "snapshot_retention_days",
                format!("ElastiCache keeps no snapshots for {days} days"),
                "0 (no snapshots) to 35",
            );
        }
        let daily = Daily::parse(&self.snapshot_window).filter(|window| window.minutes() >= 60);
        let weekly =
            Weekly::parse(&self.maintenance_window).filter(|window| window.minutes() >= 60);
        if daily.is_none() {
            wrong(
                "snapshot_window",
                format!("`{}` is no daily window", self.snapshot_window),
                "hh:mm-hh:mm in UTC, at least an hour",
            );
        }
        if weekly.is_none() {
            wrong(
                "maintenance_window",
                format!("`{}` is no weekly window", self.maintenance_window),
                "ddd:hh:mm-ddd:hh:mm in UTC, at least an hour, in small letters, such as sun:06:30-sun:07:30",
            );
        }
        if let (Some(daily), Some(weekly)) = (daily, weekly)
            && weekly.overlaps(daily)
        {
            wrong(
                "maintenance_window",
                format!(
                    "`{}` overlaps with the snapshot window",
                    self.maintenance_window
                ),
                "a window outside of snapshot_window",
            );
        }
        for (name, value) in &self.parameters {
            if value.is_array() || value.is_object() || value.is_null() {
                wrong(
                    &format!("parameters.{name}"),
                    "a parameter has one value".to_owned(),
                    "a string, a number, or true and false",
                );
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts something wrong into the settings.
    type Spoil = fn(&mut Config);

    fn stack(project: &str) -> Stack {
        Stack {
            project: project.into(),
            environment: "production".into(),
            ..Stack::default()
        }
    }

    #[test]
    fn the_defaults_are_right_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack("shop")), []);
        let wrong: [(&str, Spoil); 10] = [
            ("name", |c| c.name = Some("Shop".into())),
            ("engine_version", |c| c.engine_version = Some("8.0".into())),
            ("engine_version", |c| {
                c.engine = Engine::Valkey;
                c.engine_version = Some("7.1".into());
            }),
            ("node_type", |c| c.node_type = "cache.t4g.large".into()),
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
        let long = Config::default().problems(&stack("a-project-of-24-letters-"));
        assert_eq!(long[0].key, "name");
    }
}
