//! The table `[data]` of `rd.toml`: its keys and their defaults. The checks of the values are in `checks.rs` and
//! `storage.rs`.

mod checks;
mod storage;

use crate::engine_version::Version;
use rd_common::Stack;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The keys of `[data]`, with a default for each. A key whose default depends on the environment is optional here, and
/// a method of the same name returns its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The version of PostgreSQL: `17` leaves the minor version to AWS, `17.4` is a minimum.
    pub engine_version: String,
    /// Whether a higher major version in `engine_version` may be applied.
    pub allow_major_upgrade: bool,
    /// The instance class, such as `db.t4g.medium`.
    pub instance_class: String,
    /// The initial size of the storage in GiB.
    pub allocated_storage: i32,
    /// The size in GiB up to which the storage grows automatically; 0 turns that off.
    pub max_allocated_storage: i32,
    /// The type of the storage: `gp3`, `io1` or `io2`; `gp2` only of an adopted database that has it.
    pub storage_type: String,
    /// The I/O operations a second of the storage; if they are not set, they stay as they are. Required by `io1` and
    /// `io2`; `gp3` has them from 400 GiB on.
    pub iops: Option<i32>,
    /// The throughput of `gp3` from 400 GiB on, in MiB a second; if it is not set, it stays as it is.
    pub storage_throughput: Option<i32>,
    /// The KMS key of storage and snapshots; by default AWS's own key.
    pub kms_key: Option<String>,
    /// The KMS key of the secret; by default AWS's own key.
    pub secret_kms_key: Option<String>,
    /// The member of an adopted secret's JSON that has the password, such as `DB_PASS`; by default `password`.
    pub secret_member: Option<String>,
    /// Whether there is a standby instance in another zone.
    pub multi_az: bool,
    /// The name of the database; by default the project's.
    pub db_name: Option<String>,
    /// The user that owns the database.
    pub username: String,
    /// For how many days the database can be restored to any point in time: 7 in production, 1 elsewhere.
    pub backup_retention_days: Option<i32>,
    /// The daily window in which AWS makes backups, in UTC.
    pub backup_window: String,
    /// The weekly window in which AWS maintains the instance and makes pending changes, in UTC.
    pub maintenance_window: String,
    /// Whether changes are made at once rather than in the maintenance window: false in production, true elsewhere.
    pub apply_immediately: Option<bool>,
    /// Whether AWS upgrades the minor version in the maintenance window.
    pub auto_minor_version_upgrade: bool,
    /// The logs that are exported to CloudWatch.
    pub log_exports: Vec<String>,
    /// How many days CloudWatch keeps the exported logs.
    pub log_retention_days: i32,
    /// The ARN of the KMS key of the log groups; by default AWS's own key.
    pub log_kms_key: Option<String>,
    /// The mode of Database Insights, `standard` or `advanced`; if it is not set, it stays as it is.
    pub database_insights: Option<String>,
    /// Whether a new instance is enrolled in Extended Support, for which AWS charges once the major version is past its
    /// standard support. An existing instance keeps what it was created or restored with.
    pub extended_support: bool,
    /// Whether Performance Insights is enabled.
    pub performance_insights: bool,
    /// How many days Performance Insights keeps its data.
    pub performance_insights_days: i32,
    /// Every how many seconds Enhanced Monitoring reports the operating system's metrics; 0 turns it off. If it is not set,
    /// it stays as it is.
    pub monitoring_seconds: Option<i32>,
    /// Whether users can log in with a token of IAM; if it is not set, it stays as it is.
    pub iam_authentication: Option<bool>,
    /// Whether AWS refuses to delete the instance; by default as `protect`.
    pub deletion_protection: Option<bool>,
    /// Whether a delete takes a final snapshot: true in production.
    pub final_snapshot: Option<bool>,
    /// The certificate authority that signs the server's TLS certificate.
    pub ca_certificate: String,
    /// Parameters of PostgreSQL, in addition to those that rd sets.
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
            storage_type: "gp3".to_owned(),
            iops: None,
            storage_throughput: None,
            kms_key: None,
            secret_kms_key: None,
            secret_member: None,
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
            database_insights: None,
            extended_support: false,
            performance_insights: true,
            performance_insights_days: 7,
            monitoring_seconds: None,
            iam_authentication: None,
            deletion_protection: None,
            final_snapshot: None,
            ca_certificate: "rds-ca-rsa2048-g1".to_owned(),
            parameters: BTreeMap::new(),
        }
    }
}

/// The parameters that rd sets unless the settings have other values: statements that take a second or more are logged.
const PARAMETERS: [(&str, &str); 1] = [("log_min_duration_statement", "1000")];

/// Requires TLS. It is set only where it is not AWS's default, since a default takes several calls to read.
const FORCE_SSL: (&str, &str) = ("rds.force_ssl", "1");

/// The first major version in which RDS requires TLS by default.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html>
const TLS_BY_DEFAULT_SINCE: u32 = 15;

impl Config {
    /// The name of the database: the setting, or the project's name with `_` for `-`.
    pub fn db_name(&self, stack: &Stack) -> String {
        self.db_name
            .clone()
            .unwrap_or_else(|| stack.project.replace('-', "_"))
    }

    /// The number of days of `backup_retention_days`, with the environment's default.
    pub fn backup_retention_days(&self, stack: &Stack) -> i32 {
        self.backup_retention_days
            .unwrap_or(if stack.is_production() { 7 } else { 1 })
    }

    /// The value of `apply_immediately`, with the environment's default.
    pub fn apply_immediately(&self, stack: &Stack) -> bool {
        self.apply_immediately.unwrap_or(!stack.is_production())
    }

    /// The value of `deletion_protection`, with the stack's default.
    pub fn deletion_protection(&self, stack: &Stack) -> bool {
        self.deletion_protection.unwrap_or(stack.protected)
    }

    /// The value of `final_snapshot`, with the environment's default.
    pub fn final_snapshot(&self, stack: &Stack) -> bool {
        self.final_snapshot.unwrap_or(stack.is_production())
    }

    /// The parameters to set, as PostgreSQL's text: rd's own and those of the settings, which take precedence.
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let version = Version::parse(&self.engine_version);
        let by_default = version.is_some_and(|version| version.major >= TLS_BY_DEFAULT_SINCE);
        let force_ssl = (!by_default).then_some(FORCE_SSL);
        let ours = PARAMETERS.into_iter().chain(force_ssl);
        let ours = ours.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut all: BTreeMap<String, String> = ours.collect();
        all.extend(self.parameters.iter().map(|(name, value)| {
            let value = match value {
                Value::String(text) => text.clone(),
                // RDS writes boolean parameters as 1 and 0.
                Value::Bool(on) => u8::from(*on).to_string(),
                other => other.to_string(),
            };
            // AWS keeps names in small letters.
            (name.to_lowercase(), value)
        }));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stack() -> Stack {
        Stack {
            project: "my-shop".into(),
            environment: "production".into(),
            protected: true,
            ..Stack::default()
        }
    }

    #[test]
    fn tls_is_set_where_it_is_not_the_default() {
        let config = |version: &str| Config {
            engine_version: version.into(),
            ..Config::default()
        };
        let force_ssl = |version| config(version).parameters().get(FORCE_SSL.0).cloned();
        assert_eq!(force_ssl("14.12").as_deref(), Some("1"));
        assert_eq!(force_ssl("15"), None);
        let off = BTreeMap::from([(FORCE_SSL.0.to_owned(), Value::from(0))]);
        let own = Config {
            parameters: off,
            ..config("17")
        };
        assert_eq!(own.parameters()[FORCE_SSL.0], "0");
    }

    #[test]
    fn production_has_more_careful_defaults() {
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
