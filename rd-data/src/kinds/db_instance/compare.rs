//! What differs, what of it waits for the window, and what is refused.

use super::model::{Live, Spec};
use crate::version::Version;
use rd_common::{Change, Diff, Error, Result};
use serde_json::{Value, json};

/// Compares fields that may wait for the maintenance window.
struct Waiting<'a> {
    diff: Diff,
    live: &'a Live,
    immediately: bool,
}

impl Waiting<'_> {
    /// A field that AWS changes at once or in the window. One that waits as it is wanted is no change, unless it is now
    /// wanted at once; one that waits as it is not wanted is taken back.
    fn field(&mut self, path: &str, live: Value, wanted: Value) {
        match self.live.pending.get(path) {
            Some(pending) if *pending == wanted && !self.immediately => {}
            Some(pending) if live == wanted => {
                self.diff.field(path, pending, wanted);
            }
            _ => {
                self.diff.field(path, live, wanted);
            }
        }
    }
}

/// What differs.
pub fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
    let mut waiting = Waiting {
        diff: Diff::new(),
        live,
        immediately: spec.apply_immediately,
    };
    waiting.field(
        "instance_class",
        json!(live.instance_class),
        json!(spec.instance_class),
    );
    waiting.field("multi_az", json!(live.multi_az), json!(spec.multi_az));
    waiting.field(
        "backup_retention_days",
        json!(live.backup_retention_days),
        json!(spec.backup_retention_days),
    );
    waiting.field(
        "storage_type",
        json!(live.storage_type),
        json!(spec.storage_type),
    );
    if !has_grown(spec, live, last) {
        waiting.field(
            "allocated_storage",
            json!(live.allocated_storage),
            json!(spec.allocated_storage),
        );
    }
    if live.ca_certificate.is_some() {
        waiting.field(
            "ca_certificate",
            json!(live.ca_certificate),
            json!(spec.ca_certificate),
        );
    }
    let Waiting { mut diff, .. } = waiting;
    engine_version(&mut diff, spec, live);
    diff.field(
        "max_allocated_storage",
        live.max_allocated_storage,
        spec.max_allocated_storage,
    )
    .field(
        "db_parameter_group",
        &live.db_parameter_group,
        &spec.db_parameter_group,
    )
    .set(
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

/// Whether AWS let the storage grow: then what was asked for is only where it began. Asking for less than before is
/// something else, and refused.
fn has_grown(spec: &Spec, live: &Live, last: Option<&Spec>) -> bool {
    let asked_for_less = last.is_some_and(|last| last.allocated_storage > spec.allocated_storage);
    live.allocated_storage > spec.allocated_storage && !asked_for_less
}

fn engine_version(diff: &mut Diff, spec: &Spec, live: &Live) {
    let pending = live.pending.get("engine_version").and_then(Value::as_str);
    let version = |text: &str| Version::parse(text);
    let Some(wanted) = version(&spec.engine_version) else {
        return;
    };
    let serves = |text: &str| version(text).is_some_and(|there| wanted.is_served_by(there));
    match pending {
        Some(pending) if serves(pending) && !spec.apply_immediately => {}
        Some(pending) if serves(&live.engine_version) && !serves(pending) => {
            diff.field("engine_version", pending, &spec.engine_version);
        }
        _ if !serves(&live.engine_version) => {
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

/// Refuses what would lose data or is not meant.
pub fn validate(spec: &Spec, live: &Live, changes: &[Change]) -> Result<()> {
    if let Some(change) = changes.iter().find(|change| change.replaces) {
        let (what, hint) = if change.path == "state" {
            (
                format!("the instance is {}", live.status),
                "see its events in the console; if it holds nothing yet, delete it there and apply again; else restore \
                 it beside: rd-data restore",
            )
        } else {
            (
                format!(
                    "`{}` cannot be changed: a new, empty database would take the place of this one",
                    change.path
                ),
                "nothing was changed; set it back in rd.toml; to move the data, make another environment and restore a \
                 snapshot there",
            )
        };
        return Err(Error::refused(what).hint(hint));
    }
    for change in changes {
        match change.path.as_str() {
            "allocated_storage" => storage(live.allocated_storage, spec.allocated_storage)?,
            "engine_version" => upgrade(spec, live)?,
            _ => {}
        }
    }
    Ok(())
}

/// AWS takes a raise of at least a tenth, and lowers nothing.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.ModifyingExisting.html>
fn storage(live: i32, wanted: i32) -> Result<()> {
    if wanted < live {
        return Err(Error::refused(format!(
            "allocated_storage cannot go from {live} GiB down to {wanted}: RDS never shrinks a volume"
        ))
        .hint("nothing was changed; set it back in rd.toml, or dump the data into a new, smaller database"));
    }
    let least = live + (live + 9) / 10;
    if wanted > live && wanted < least {
        return Err(Error::refused(format!(
            "allocated_storage cannot go from {live} GiB to {wanted}: RDS raises by 10 % at least, to {least}"
        ))
        .hint(format!("nothing was changed; set {least} or more in rd.toml")));
    }
    Ok(())
}

fn upgrade(spec: &Spec, live: &Live) -> Result<()> {
    let (Some(wanted), Some(there)) = (
        Version::parse(&spec.engine_version),
        Version::parse(&live.engine_version),
    ) else {
        return Ok(());
    };
    if wanted.major < there.major {
        return Err(Error::refused(format!(
            "PostgreSQL cannot go from {} down to {}",
            live.engine_version, spec.engine_version
        ))
        .hint("nothing was changed; set engine_version back in rd.toml"));
    }
    if wanted.major > there.major && !spec.allow_major_upgrade {
        return Err(Error::refused(format!(
            "PostgreSQL {} to {} is a major upgrade: minutes without a database, and no way back",
            live.engine_version, spec.engine_version
        ))
        .hint("nothing was changed; take a snapshot (rd-data snapshot --wait), try it on a restored copy, then set allow_major_upgrade = true in [data]"));
    }
    Ok(())
}

/// What waits, for people.
pub fn pending(live: &Live) -> Option<String> {
    let mut parts: Vec<String> = live
        .pending
        .iter()
        .map(|(name, value)| {
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            format!("{name} {value}")
        })
        .collect();
    if !parts.is_empty() {
        let last = parts.len() - 1;
        parts[last].push_str(&format!(" in the window {} (UTC)", live.maintenance_window));
    }
    if live.parameters_status == "pending-reboot" {
        parts.push("static parameters until a reboot: rd-data reboot".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
