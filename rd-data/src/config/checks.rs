//! The checks of the values of `[data]`, before any call to AWS.

use super::{Config, storage};
use crate::engine_version::Version;
use rd_common::settings::kms_key;
use rd_common::settings::maintenance_window::{Daily, Weekly};
use rd_common::{Problem, Stack};
use rd_log_group::{kms_key_problem, retention_problem};
use rd_secret::form::member_problem;
use std::collections::BTreeSet;

/// The logs of PostgreSQL that RDS can export.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html>
const LOGS: [&str; 3] = ["postgresql", "upgrade", "iam-db-auth-error"];

/// The least number of days for which the advanced mode of Database Insights keeps its data: 15 months.
const ADVANCED_INSIGHTS_DAYS: i32 = 465;

/// The intervals of Enhanced Monitoring in seconds; 0 turns it off.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
const MONITORING_SECONDS: [i32; 7] = [0, 1, 5, 10, 15, 30, 60];

/// The certificate authorities of RDS.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html>
const AUTHORITIES: [&str; 3] = ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"];

/// Names that the user cannot have: words of SQL, and roles that RDS makes. PostgreSQL itself reserves `pg_…`.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
/// <https://www.postgresql.org/docs/current/sql-createrole.html>
const RESERVED_USERS: [&str; 10] = [
    "admin",
    "all",
    "default",
    "public",
    "rds_superuser",
    "rdsadmin",
    "rdsrepladmin",
    "rdstopmgr",
    "root",
    "user",
];

/// Databases that PostgreSQL and RDS have already.
/// <https://www.postgresql.org/docs/current/manage-ag-templatedbs.html>
const RESERVED_DATABASES: [&str; 3] = ["rdsadmin", "template0", "template1"];

impl Config {
    /// The problems of the settings, one for each invalid value.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut add = |key: &str, what: String, allowed: &str| {
            problems.push(Problem::new(key, what, allowed));
        };
        match Version::parse(&self.engine_version) {
            Some(version) if (12..=99).contains(&version.major) => {}
            _ => add(
                "engine_version",
                format!("`{}` is not a version of PostgreSQL", self.engine_version),
                "a major version such as \"17\", or a minor version such as \"17.4\"",
            ),
        }
        if !is_instance_class(&self.instance_class) {
            add(
                "instance_class",
                format!("`{}` is not an instance class", self.instance_class),
                "db.<family>.<size>, such as db.t4g.medium or db.m7g.large",
            );
        }
        storage::check(self, &mut add);
        if let Some((what, allowed)) = member_problem(self.secret_member.as_deref()) {
            add("secret_member", what, allowed);
        }
        if let Some(seconds) = self.monitoring_seconds
            && !MONITORING_SECONDS.contains(&seconds)
        {
            add(
                "monitoring_seconds",
                format!("Enhanced Monitoring cannot report every {seconds} seconds"),
                "0 (off), 1, 5, 10, 15, 30 or 60",
            );
        }
        let db_name = self.db_name(stack);
        if !is_identifier(&db_name, 63) || is_one_of(&RESERVED_DATABASES, &db_name) {
            add(
                "db_name",
                format!("`{db_name}` is not a valid database name"),
                "1 to 63 letters, digits and `_`, beginning with a letter; not rdsadmin, template0 or template1",
            );
        }
        let is_reserved = is_one_of(&RESERVED_USERS, &self.username)
            || self.username.to_ascii_lowercase().starts_with("pg_");
        if !is_identifier(&self.username, 63) || is_reserved {
            add(
                "username",
                format!("`{}` is not a valid user name", self.username),
                "1 to 63 letters, digits and `_`, beginning with a letter; not pg_…, and none of the reserved names, such \
                 as admin, rdsadmin, user, public and root",
            );
        }
        if let Some(days) = self.backup_retention_days
            && !(0..=35).contains(&days)
        {
            add(
                "backup_retention_days",
                format!("RDS cannot keep backups for {days} days"),
                "0 (no backups) to 35",
            );
        }
        check_windows(&mut add, &self.backup_window, &self.maintenance_window);
        if let Some(log) = self
            .log_exports
            .iter()
            .find(|log| !LOGS.contains(&log.as_str()))
        {
            add(
                "log_exports",
                format!("PostgreSQL has no log `{log}`"),
                &LOGS.join(", "),
            );
        }
        let each: BTreeSet<&String> = self.log_exports.iter().collect();
        if each.len() < self.log_exports.len() {
            add(
                "log_exports",
                "a log is listed twice".to_owned(),
                "each log once",
            );
        }
        let days = self.performance_insights_days;
        if !(days == 7 || days == 731 || (days % 31 == 0 && (31..=713).contains(&days))) {
            add(
                "performance_insights_days",
                format!("Performance Insights cannot keep data for {days} days"),
                "7 (free), a multiple of 31 up to 713, or 731",
            );
        }
        match self.database_insights.as_deref() {
            None | Some("standard") => {}
            // https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.html
            Some("advanced") if self.performance_insights && days >= ADVANCED_INSIGHTS_DAYS => {}
            Some("advanced") => add(
                "database_insights",
                "the advanced mode needs Performance Insights with a longer retention".to_owned(),
                "\"advanced\" with performance_insights = true and performance_insights_days = 465 or more",
            ),
            Some(other) => add(
                "database_insights",
                format!("Database Insights has no mode `{other}`"),
                "\"standard\" or \"advanced\"",
            ),
        }
        if !AUTHORITIES.contains(&self.ca_certificate.as_str()) {
            add(
                "ca_certificate",
                format!("RDS has no certificate authority `{}`", self.ca_certificate),
                &AUTHORITIES.join(", "),
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
        problems.extend(kms_key::problem("kms_key", self.kms_key.as_deref()));
        problems.extend(kms_key::problem(
            "secret_kms_key",
            self.secret_kms_key.as_deref(),
        ));
        problems.extend(retention_problem(
            "log_retention_days",
            self.log_retention_days,
        ));
        problems.extend(kms_key_problem("log_kms_key", self.log_kms_key.as_deref()));
        problems
    }
}

/// Whether a text has the form of an instance class. Which ones there are, AWS is asked.
fn is_instance_class(text: &str) -> bool {
    let words: Vec<&str> = text.split('.').collect();
    let is_word = |word: &str| {
        let mut all = word.bytes();
        !word.is_empty() && all.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    matches!(words[..], ["db", family, size] if is_word(family) && is_word(size))
}

fn is_identifier(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_one_of(reserved: &[&str], name: &str) -> bool {
    reserved.iter().any(|one| one.eq_ignore_ascii_case(name))
}

fn check_windows(add: &mut impl FnMut(&str, String, &str), backup: &str, maintenance: &str) {
    let daily = Daily::parse(backup);
    let weekly = Weekly::parse(maintenance);
    if daily.is_none_or(|window| window.minutes() < 30) {
        add(
            "backup_window",
            format!("`{backup}` is not a daily window"),
            "hh:mm-hh:mm in UTC, at least 30 minutes",
        );
    }
    if weekly.is_none_or(|window| window.minutes() < 30) {
        add(
            "maintenance_window",
            format!("`{maintenance}` is not a weekly window"),
            "ddd:hh:mm-ddd:hh:mm in UTC, at least 30 minutes, in lower case, such as sun:04:30-sun:05:30",
        );
    }
    if let (Some(daily), Some(weekly)) = (daily, weekly)
        && weekly.overlaps(daily)
    {
        add(
            "maintenance_window",
            format!("`{maintenance}` overlaps with the backup window {backup}"),
            "a window outside of backup_window",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Makes one setting invalid.
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
    fn the_defaults_are_valid_and_each_rule_is_checked() {
        assert_eq!(Config::default().problems(&stack()), []);
        let wrong: [(&str, Spoil); 33] = [
            ("engine_version", |c| c.engine_version = "seventeen".into()),
            ("instance_class", |c| {
                c.instance_class = "t4g.medium".into();
            }),
            ("allocated_storage", |c| {
                c.allocated_storage = 19;
            }),
            ("max_allocated_storage", |c| c.max_allocated_storage = 21),
            ("storage_type", |c| c.storage_type = "standard".into()),
            ("iops", |c| {
                (c.storage_type, c.iops) = ("gp2".into(), Some(3000));
            }),
            ("allocated_storage", |c| {
                (c.storage_type, c.iops) = ("io2".into(), Some(1000));
            }),
            ("iops", |c| {
                (c.storage_type, c.allocated_storage) = ("io2".into(), 100);
                c.max_allocated_storage = 0;
            }),
            ("iops", |c| {
                (c.storage_type, c.iops) = ("io1".into(), Some(6000));
                (c.allocated_storage, c.max_allocated_storage) = (100, 0);
            }),
            ("iops", |c| c.iops = Some(12_000)),
            ("storage_throughput", |c| {
                (c.allocated_storage, c.max_allocated_storage) = (400, 0);
                c.storage_throughput = Some(4001);
            }),
            ("storage_throughput", |c| {
                (c.allocated_storage, c.max_allocated_storage) = (400, 0);
                (c.iops, c.storage_throughput) = (Some(12_000), Some(3500));
            }),
            ("monitoring_seconds", |c| c.monitoring_seconds = Some(20)),
            ("secret_kms_key", |c| c.secret_kms_key = Some("shop".into())),
            ("secret_member", |c| c.secret_member = Some("host".into())),
            ("db_name", |c| c.db_name = Some("9lives".into())),
            ("db_name", |c| c.db_name = Some("template1".into())),
            ("username", |c| c.username = "rdsadmin".into()),
            ("username", |c| c.username = "pg_app".into()),
            ("kms_key", |c| c.kms_key = Some("shop".into())),
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
            ("database_insights", |c| {
                c.database_insights = Some("advanced".into());
            }),
            ("database_insights", |c| {
                c.database_insights = Some("full".into());
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
}
