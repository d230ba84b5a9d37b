//! `[data]` in `rd.toml`.

use crate::instance_classes;
use crate::version::Version;
use rd_common::{Problem, Stack};
use rd_log_group::{kms_key_problem, retention_problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The section, with a default for every key. Where a default depends on the environment, the key is optional here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// `17`: AWS chooses and raises the minor version; `17.4`: at least that.
    pub engine_version: String,
    /// Whether a higher major version is meant.
    pub allow_major_upgrade: bool,
    /// The instance class.
    pub instance_class: String,
    /// GiB.
    pub allocated_storage: i32,
    /// GiB up to which the storage grows by itself; 0 for no growth.
    pub max_allocated_storage: i32,
    /// The KMS key of storage and snapshots; else AWS's own.
    pub kms_key: Option<String>,
    /// Whether a standby waits in another zone.
    pub multi_az: bool,
    /// The name of the database; else the project's.
    pub db_name: Option<String>,
    /// The user that owns it.
    pub username: String,
    /// For how many days any moment can be restored: 7 in production, else 1.
    pub backup_retention_days: Option<i32>,
    /// When backups are made, UTC.
    pub backup_window: String,
    /// When AWS maintains it, and makes the changes that wait, UTC.
    pub maintenance_window: String,
    /// Whether changes are made at once rather than in the window: outside of production.
    pub apply_immediately: Option<bool>,
    /// Whether AWS raises the minor version in the window.
    pub auto_minor_version_upgrade: bool,
    /// The logs that go to CloudWatch.
    pub log_exports: Vec<String>,
    /// For how many days CloudWatch keeps them.
    pub log_retention_days: i32,
    /// The ARN of the KMS key of their log groups; else AWS's own.
    pub log_kms_key: Option<String>,
    /// Whether Performance Insights is on.
    pub performance_insights: bool,
    /// For how many days it remembers.
    pub performance_insights_days: i32,
    /// Whether AWS refuses to delete it; else as `protect`.
    pub deletion_protection: Option<bool>,
    /// Whether a snapshot is taken when it is deleted: in production.
    pub final_snapshot: Option<bool>,
    /// The authority of its TLS certificate.
    pub ca_certificate: String,
    /// Parameters of PostgreSQL, beside those that rd sets.
    pub parameters: BTreeMap<String, Value>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            engine_version: "17".to_owned(),
            allow_major_upgrade: false,
            instance_class: "db.t4g.medium".to_owned(),
            allocated_storage: 20,
            max_allocated_storage: 100,
            kms_key: None,
            multi_az: false,
            db_name: None,
            username: "app".to_owned(),
            backup_retention_days: None,
            backup_window: "03:00-04:00".to_owned(),
            maintenance_window: "sun:04:30-sun:05:30".to_owned(),
            apply_immediately: None,
            auto_minor_version_upgrade: true,
            log_exports: vec!["postgresql".to_owned(), "upgrade".to_owned()],
            log_retention_days: 30,
            log_kms_key: None,
            performance_insights: true,
            performance_insights_days: 7,
            deletion_protection: None,
            final_snapshot: None,
            ca_certificate: "rds-ca-rsa2048-g1".to_owned(),
            parameters: BTreeMap::new(),
        }
    }
}

/// What rd sets unless the settings say otherwise: TLS is demanded, statements of a second and more are logged.
const PARAMETERS: [(&str, &str); 2] = [
    ("log_min_duration_statement", "1000"),
    ("rds.force_ssl", "1"),
];

/// The sizes of a gp3 volume, in GiB.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html>
const STORAGE: std::ops::RangeInclusive<i32> = 20..=65_536;

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html>
const LOGS: [&str; 3] = ["postgresql", "upgrade", "iam-db-auth-error"];

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
const AUTHORITIES: [&str; 3] = ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"];

/// Words that cannot be the user's name.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
const RESERVED: [&str; 6] = [
    "admin",
    "rdsadmin",
    "rds_superuser",
    "user",
    "public",
    "root",
];

impl Config {
    /// The name of the database.
    pub fn db_name(&self, stack: &Stack) -> String {
        self.db_name
            .clone()
            .unwrap_or_else(|| stack.project.replace('-', "_"))
    }

    /// Days.
    pub fn backup_retention_days(&self, stack: &Stack) -> i32 {
        self.backup_retention_days
            .unwrap_or(if stack.is_production() { 7 } else { 1 })
    }

    /// Whether changes are made at once.
    pub fn apply_immediately(&self, stack: &Stack) -> bool {
        self.apply_immediately.unwrap_or(!stack.is_production())
    }

    /// Whether AWS refuses to delete it.
    pub fn deletion_protection(&self, stack: &Stack) -> bool {
        self.deletion_protection.unwrap_or(stack.protected)
    }

    /// Whether a snapshot is taken when it is deleted.
    pub fn final_snapshot(&self, stack: &Stack) -> bool {
        self.final_snapshot.unwrap_or(stack.is_production())
    }

    /// Every parameter that is set.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let ours = PARAMETERS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut all = BTreeMap::from(ours);
        all.extend(self.parameters.iter().map(|(name, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                // PostgreSQL's parameters are switched with 1 and 0.
                Value::Bool(on) => u8::from(*on).to_string(),
                other => other.to_string(),
            };
            (name.clone(), value)
        }));
        all
    }

    /// What is wrong with it.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        match Version::parse(&self.engine_version) {
            Some(version) if (12..=99).contains(&version.major) => {}
            _ => wrong(
                "engine_version",
                format!("`{}` is no version of PostgreSQL", self.engine_version),
                "a major version such as \"17\", or with its minor one, \"17.4\"",
            ),
        }
        if !instance_classes::is_known(&self.instance_class) {
            wrong(
                "instance_class",
                format!("RDS has no class `{}` for PostgreSQL", self.instance_class),
                instance_classes::ALLOWED,
            );
        }
        if !STORAGE.contains(&self.allocated_storage) {
            wrong(
                "allocated_storage",
                format!("{} GiB is no size of a gp3 volume", self.allocated_storage),
                "20 to 65536",
            );
        }
        let (now, most) = (self.allocated_storage, self.max_allocated_storage);
        // AWS wants a tenth of room at least.
        if most != 0 && (most < now + now / 10 || most > *STORAGE.end()) {
            wrong(
                "max_allocated_storage",
                format!("{most} GiB leaves storage of {now} GiB no room to grow"),
                "0 (no growth), or at least a tenth more than allocated_storage, up to 65536",
            );
        }
        let db_name = self.db_name(stack);
        if !is_identifier(&db_name, 63) {
            wrong(
                "db_name",
                format!("`{db_name}` cannot be the name of a database"),
                "1 to 63 letters, digits and `_`, beginning with a letter",
            );
        }
        if !is_identifier(&self.username, 63) || RESERVED.contains(&self.username.as_str()) {
            wrong(
                "username",
                format!("`{}` cannot be the owner's name", self.username),
                "1 to 63 letters, digits and `_`, beginning with a letter; not admin, rdsadmin, user, public or root",
            );
        }
        if let Some(days) = self.backup_retention_days
            && !(0..=35).contains(&days)
        {
            wrong(
                "backup_retention_days",
                format!("RDS keeps no backups for {days} days"),
                "0 (no backups) to 35",
            );
        }
        windows(&mut wrong, &self.backup_window, &self.maintenance_window);
        if let Some(log) = self
            .log_exports
            .iter()
            .find(|log| !LOGS.contains(&log.as_str()))
        {
            wrong(
                "log_exports",
                format!("PostgreSQL has no log `{log}`"),
                &LOGS.join(", "),
            );
        }
        let each: BTreeSet<&String> = self.log_exports.iter().collect();
        if each.len() < self.log_exports.len() {
            wrong(
                "log_exports",
                "a log is named twice".to_owned(),
                "each once",
            );
        }
        let days = self.performance_insights_days;
        if !(days == 7 || days == 731 || (days % 31 == 0 && (31..=713).contains(&days))) {
            wrong(
                "performance_insights_days",
                format!("Performance Insights does not remember for {days} days"),
                "7 (free), a multiple of 31 up to 713, or 731",
            );
        }
        if !AUTHORITIES.contains(&self.ca_certificate.as_str()) {
            wrong(
                "ca_certificate",
                format!("RDS has no authority `{}`", self.ca_certificate),
                &AUTHORITIES.join(", "),
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
        problems.extend(retention_problem(
            "log_retention_days",
            self.log_retention_days,
        ));
        problems.extend(kms_key_problem("log_kms_key", self.log_kms_key.as_deref()));
        problems
    }
}

fn is_identifier(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn windows(wrong: &mut impl FnMut(&str, String, &str), backup: &str, maintenance: &str) {
    use rd_common::settings::maintenance_window::{Daily, Weekly};
    let daily = Daily::parse(backup);
    let weekly = Weekly::parse(maintenance);
    if daily.is_none_or(|window| window.minutes() < 30) {
        wrong(
            "backup_window",
            format!("`{backup}` is no daily window"),
            "hh:mm-hh:mm in UTC, at least 30 minutes",
        );
    }
    if weekly.is_none_or(|window| window.minutes() < 30) {
        wrong(
            "maintenance_window",
            format!("`{maintenance}` is no weekly window"),
            "ddd:hh:mm-ddd:hh:mm in UTC, at least 30 minutes, in small letters, such as sun:04:30-sun:05:30",
        );
    }
    if let (Some(daily), Some(weekly)) = (daily, weekly)
        && weekly.overlaps(daily)
    {
        wrong(
            "maintenance_window",
            format!("`{maintenance}` overlaps with the backup window {backup}"),
            "a window outside of backup_window",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts something wrong into the settings.
    type Spoil = fn(&mut Config);

    fn stack() -> Stack {
        Stack {
            project: "my-shop".into(),
            environment: "production".into(),
            protected: true,
            ..Stack::default()
        }
    }

    #[test]
    fn the_defaults_are_right_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack()), []);
        let wrong: [(&str, Spoil); 17] = [
            ("engine_version", |c| c.engine_version = "seventeen".into()),
            ("instance_class", |c| {
                c.instance_class = "db.t4g.huge".into();
            }),
            ("allocated_storage", |c| {
                c.allocated_storage = 19;
            }),
            ("max_allocated_storage", |c| c.max_allocated_storage = 21),
            ("db_name", |c| c.db_name = Some("9lives".into())),
            ("username", |c| c.username = "rdsadmin".into()),
            ("backup_retention_days", |c| {
                c.backup_retention_days = Some(36);
            }),
            ("backup_window", |c| c.backup_window = "03:00-03:10".into()),
            ("maintenance_window", |c| {
                c.maintenance_window = "someday".into();
            }),
            ("maintenance_window", |c| {
                c.maintenance_window = "sun:03:30-sun:04:30".into();
            }),
            ("log_exports", |c| c.log_exports = vec!["audit".into()]),
            ("log_exports", |c| {
                c.log_exports = vec!["upgrade".into(), "upgrade".into()];
            }),
            ("log_retention_days", |c| c.log_retention_days = 31),
            ("log_kms_key", |c| c.log_kms_key = Some("alias/logs".into())),
            ("performance_insights_days", |c| {
                c.performance_insights_days = 8;
            }),
            ("ca_certificate", |c| {
                c.ca_certificate = "rds-ca-2019".into();
            }),
            ("parameters.work_mem", |c| {
                c.parameters = BTreeMap::from([("work_mem".into(), serde_json::json!([1]))]);
            }),
        ];
        for (key, spoil) in wrong {
            let mut config = Config::default();
            spoil(&mut config);
            let problems = config.problems(&stack());
            let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
            assert_eq!(keys, [key]);
        }
    }

    #[test]
    fn production_is_more_careful() {
        let config = Config::default();
        let staging = Stack {
            environment: "staging".into(),
            protected: false,
            ..stack()
        };
        assert_eq!(config.db_name(&stack()), "my_shop");
        assert!(config.deletion_protection(&stack()) && !config.deletion_protection(&staging));
        assert!(config.final_snapshot(&stack()) && !config.final_snapshot(&staging));
        assert!(!config.apply_immediately(&stack()) && config.apply_immediately(&staging));
        assert_eq!(
            (
                config.backup_retention_days(&stack()),
                config.backup_retention_days(&staging)
            ),
            (7, 1)
        );
    }
}
