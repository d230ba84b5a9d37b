//! Comparing the desired instance with the one that AWS has: what changes, and what AWS changes later.

use super::model::{Live, Spec};
use crate::engine_version::Version;
use rd_common::resource::change::touches;
use rd_common::{Change, Diff};
use serde_json::{Value, json};

/// Compares fields whose change may be pending until the maintenance window.
struct PendingDiff<'a> {
    diff: Diff,
    live: &'a Live,
    immediately: bool,
}

impl PendingDiff<'_> {
    /// Compares a field that AWS changes at once or in the window. A pending change to the desired value is no
    /// difference, unless changes are to be made at once; a pending change to another value is undone.
    fn field(&mut self, path: &str, live: Value, desired: Value) {
        // The raise that a full disk needs does not wait for the window.
        let immediately = self.immediately || (path == "allocated_storage" && self.live.is_full());
        match self.live.pending.get(path) {
            Some(pending) if *pending == desired && !immediately => {}
            Some(pending) if live == desired => {
                self.diff.field(path, pending, desired);
            }
            _ => {
                self.diff.field(path, live, desired);
            }
        }
    }
}

/// The fields that differ. `last` is the spec last applied, for fields that AWS does not report.
pub fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
    let mut pending = PendingDiff {
        diff: Diff::new(),
        live,
        immediately: spec.apply_immediately,
    };
    pending.field(
        "instance_class",
        json!(live.instance_class),
        json!(spec.instance_class),
    );
    pending.field("multi_az", json!(live.multi_az), json!(spec.multi_az));
    pending.field(
        "backup_retention_days",
        json!(live.backup_retention_days),
        json!(spec.backup_retention_days),
    );
    pending.field(
        "storage_type",
        json!(live.storage_type),
        json!(spec.storage_type),
    );
    if let Some(iops) = spec.iops {
        pending.field("iops", json!(live.iops), json!(iops));
    }
    if let Some(throughput) = spec.storage_throughput {
        let path = "storage_throughput";
        pending.field(path, json!(live.storage_throughput), json!(throughput));
    }
    if let Some(on) = spec.iam_authentication {
        pending.field(
            "iam_authentication",
            json!(live.iam_authentication),
            json!(on),
        );
    }
    if !has_grown(spec, live, last) {
        pending.field(
            "allocated_storage",
            json!(live.allocated_storage),
            json!(spec.allocated_storage),
        );
    }
    if live.ca_certificate.is_some() {
        pending.field(
            "ca_certificate",
            json!(live.ca_certificate),
            json!(spec.ca_certificate),
        );
    }
    let PendingDiff { mut diff, .. } = pending;
    engine_version(&mut diff, spec, live);
    // Storage that has grown to its limit looks as if growth were off.
    let as_desired = [0, live.allocated_storage].contains(&spec.max_allocated_storage);
    if !(live.does_not_grow() && as_desired) {
        diff.field(
            "max_allocated_storage",
            live.max_allocated_storage,
            spec.max_allocated_storage,
        );
    }
    if !waits_for_major_upgrade(spec, live) {
        diff.field(
            "db_parameter_group",
            &live.db_parameter_group,
            &spec.db_parameter_group,
        );
    }
    diff.set(
        "security_group_ids",
        &live.security_group_ids,
        &spec.security_group_ids,
    )
    .field("backup_window", &live.backup_window, &spec.backup_window)
    .field(
        "maintenance_window",
        &live.maintenance_window,
        &spec.maintenance_window,
    )
    .field(
        "auto_minor_version_upgrade",
        live.auto_minor_version_upgrade,
        spec.auto_minor_version_upgrade,
    )
    .set("log_exports", &live.log_exports, &spec.log_exports)
    .field(
        "deletion_protection",
        live.deletion_protection,
        spec.deletion_protection,
    )
    .field("final_snapshot", live.final_snapshot, spec.final_snapshot)
    .field(
        "secret_generation",
        &live.secret_generation,
        &spec.secret_generation,
    )
    .field(
        "publicly_accessible",
        live.publicly_accessible,
        spec.publicly_accessible,
    )
    .field(
        "copy_tags_to_snapshot",
        live.copy_tags_to_snapshot,
        spec.copy_tags_to_snapshot,
    );
    insights(&mut diff, spec, live, last);
    if let Some(seconds) = monitoring_seconds(spec, last) {
        diff.field("monitoring_seconds", live.monitoring_seconds, seconds);
        if let Some(role) = spec.monitoring_role_arn.as_ref().filter(|_| seconds > 0) {
            diff.field("monitoring_role_arn", &live.monitoring_role_arn, role);
        }
    }
    diff.fixed(
        "db_subnet_group",
        &live.db_subnet_group,
        &spec.db_subnet_group,
    )
    .fixed("username", &live.username, &spec.username);
    if live.db_name.is_some() {
        diff.fixed("db_name", &live.db_name, &spec.db_name);
    }
    if !live.storage_encrypted {
        diff.fixed("storage_encrypted", false, true);
    }
    diff.fixed_kms_key(live.kms_key.as_deref(), spec.kms_key.as_deref());
    diff.finish()
}

/// Whether RDS has grown the storage: then the setting is only the initial size. A setting that was lowered since the
/// last apply is not growth; `refused_changes` refuses it.
fn has_grown(spec: &Spec, live: &Live, last: Option<&Spec>) -> bool {
    let was_lowered = last.is_some_and(|last| last.allocated_storage > spec.allocated_storage);
    live.allocated_storage > spec.allocated_storage && !was_lowered
}

/// Whether a major upgrade to the desired version is pending. It brings the new version's parameter group, which RDS
/// refuses for the current version.
fn waits_for_major_upgrade(spec: &Spec, live: &Live) -> bool {
    let pending = live.pending.get("engine_version").and_then(Value::as_str);
    let (Some(desired), Some(pending), Some(current)) = (
        Version::parse(&spec.engine_version),
        pending.and_then(Version::parse),
        Version::parse(&live.engine_version),
    ) else {
        return false;
    };
    !spec.apply_immediately && desired.is_satisfied_by(pending) && pending.major > current.major
}

fn engine_version(diff: &mut Diff, spec: &Spec, live: &Live) {
    let pending = live.pending.get("engine_version").and_then(Value::as_str);
    let Some(desired) = Version::parse(&spec.engine_version) else {
        return;
    };
    let satisfies =
        |text: &str| Version::parse(text).is_some_and(|version| desired.is_satisfied_by(version));
    match pending {
        Some(pending) if satisfies(pending) && !spec.apply_immediately => {}
        Some(pending) if satisfies(&live.engine_version) && !satisfies(pending) => {
            diff.field("engine_version", pending, &spec.engine_version);
        }
        _ if !satisfies(&live.engine_version) => {
            diff.field("engine_version", &live.engine_version, &spec.engine_version);
        }
        _ => {}
    }
}

fn insights(diff: &mut Diff, spec: &Spec, live: &Live, last: Option<&Spec>) {
    let on = live
        .performance_insights
        .or(last.map(|last| last.performance_insights));
    diff.field("performance_insights", on, spec.performance_insights);
    if let (Some(mode), Some(live)) = (&spec.database_insights, &live.database_insights) {
        diff.field("database_insights", live, mode);
    }
    if spec.performance_insights && on == Some(true) {
        let days = live
            .performance_insights_days
            .or(last.map(|last| last.performance_insights_days));
        diff.field(
            "performance_insights_days",
            days,
            spec.performance_insights_days,
        );
    }
}

/// The desired interval of Enhanced Monitoring; none where it stays as it is. What an earlier apply has turned on is turned
/// off with its setting, since its role goes.
fn monitoring_seconds(spec: &Spec, last: Option<&Spec>) -> Option<i32> {
    let was_on = last.is_some_and(|last| last.monitoring_seconds.is_some_and(|one| one > 0));
    spec.monitoring_seconds.or(was_on.then_some(0))
}

/// The fields whose change restarts or stops the instance.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ModifyInstance.Settings.html>
const RESTARTS: [(&str, &str); 2] = [
    ("instance_class", "the database restarts"),
    (
        "engine_version",
        "the database is not available during the upgrade",
    ),
];

/// What does not work for a time because of these changes: at once with `apply_immediately`, otherwise in the maintenance
/// window.
pub fn downtime(changes: &[Change]) -> Option<String> {
    let restarts = RESTARTS.iter().filter(|(path, _)| touches(changes, path));
    let reasons: Vec<String> = restarts
        .map(|(path, reason)| format!("{path}: {reason}"))
        .collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// What AWS changes later, as text that reads on after "pending": in the maintenance window, or at the next reboot.
pub fn pending(live: &Live) -> Option<String> {
    let changes: Vec<String> = live
        .pending
        .iter()
        .map(|(name, value)| {
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            format!("{name} {value}")
        })
        .collect();
    let mut parts = Vec::new();
    if !changes.is_empty() {
        parts.push(format!(
            "until the maintenance window {} (UTC): {}",
            live.maintenance_window,
            changes.join(", ")
        ));
    }
    if live.parameters_status == "pending-reboot" {
        parts.push("until rd-data reboot: static parameters".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
