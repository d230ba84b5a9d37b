//! What differs, and what of it waits for the window.

use super::model::{Live, Spec};
use crate::engine::{is_below, serves};
use rd_common::{Change, Diff, Error, Result};
use serde_json::{Value, json};

/// What differs. Of a group without nodes AWS does not tell everything; what it does not tell is no difference.
pub fn diff(spec: &Spec, live: &Live) -> Vec<Change> {
    let mut diff = Diff::new();
    diff.field("description", &live.description, &spec.description);
    engine(&mut diff, spec, live);
    let pending = |path: &str, wanted: &Value| {
        !spec.apply_immediately && live.pending.get(path) == Some(wanted)
    };
    let back = |path: &str| live.pending.get(path).cloned();
    let wanted = json!(spec.node_type);
    if live.node_type != spec.node_type {
        if !pending("node_type", &wanted) {
            diff.field("node_type", &live.node_type, &wanted);
        }
    } else if let Some(pending) = back("node_type").filter(|pending| *pending != wanted) {
        diff.field("node_type", pending, &wanted);
    }
    diff.field("nodes", live.nodes.len(), spec.nodes)
        .field(
            "automatic_failover",
            live.automatic_failover,
            spec.fails_over(),
        )
        .field("multi_az", live.multi_az, spec.fails_over());
    if let Some(group) = &live.parameter_group {
        diff.field("parameter_group", group, &spec.parameter_group);
    }
    if let Some(groups) = &live.security_group_ids {
        diff.set("security_group_ids", groups, &spec.security_group_ids);
    }
    diff.field("auth_token", live.auth_token, true).field(
        "snapshot_retention_days",
        live.snapshot_retention_days,
        spec.snapshot_retention_days,
    );
    if spec.snapshot_retention_days > 0 {
        diff.field(
            "snapshot_window",
            &live.snapshot_window,
            &spec.snapshot_window,
        );
    }
    if let Some(window) = &live.maintenance_window {
        diff.field("maintenance_window", window, &spec.maintenance_window);
    }
    if let Some(on) = live.auto_minor_version_upgrade {
        diff.field(
            "auto_minor_version_upgrade",
            on,
            spec.auto_minor_version_upgrade,
        );
    }
    diff.field("final_snapshot", live.final_snapshot, spec.final_snapshot)
        .field(
            "secret_generation",
            &live.secret_generation,
            &spec.secret_generation,
        );
    if let Some(group) = &live.subnet_group {
        diff.fixed("subnet_group", group, &spec.subnet_group);
    }
    diff.fixed("at_rest_encryption", live.at_rest_encryption, true)
        .fixed("transit_encryption", live.transit_encryption, true);
    diff.fixed_kms_key(live.kms_key.as_deref(), spec.kms_key.as_deref());
    diff.finish()
}

/// From Redis to Valkey in place; the way back is a new group.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html>
fn engine(diff: &mut Diff, spec: &Spec, live: &Live) {
    if let Some(engine) = live
        .engine
        .as_ref()
        .filter(|engine| **engine != spec.engine)
    {
        if engine == "valkey" {
            diff.fixed("engine", engine, &spec.engine);
        } else {
            diff.field("engine", engine, &spec.engine);
        }
    }
    let Some(version) = &live.engine_version else {
        return;
    };
    let pending = live.pending.get("engine_version").and_then(Value::as_str);
    let same_engine = live
        .engine
        .as_ref()
        .is_none_or(|engine| *engine == spec.engine);
    let pending = pending
        .is_some_and(|pending| serves(pending, &spec.engine_version) && !spec.apply_immediately);
    let is_served = same_engine && serves(version, &spec.engine_version);
    if !is_served && !pending {
        diff.field("engine_version", version, &spec.engine_version);
    }
}

/// Refuses what AWS has no way for.
pub fn validate(spec: &Spec, live: &Live, changes: &[Change]) -> Result<()> {
    let replaces = changes.iter().any(|change| change.replaces);
    let Some(version) = &live.engine_version else {
        return Ok(());
    };
    let same_engine = live
        .engine
        .as_ref()
        .is_none_or(|engine| *engine == spec.engine);
    if !replaces
        && same_engine
        && !serves(version, &spec.engine_version)
        && is_below(&spec.engine_version, version)
    {
        return Err(Error::refused(format!(
            "{} cannot go from {version} down to {}",
            spec.engine, spec.engine_version
        ))
        .hint("nothing was changed; set engine_version back in [cache]"));
    }
    Ok(())
}

/// What waits, for people.
pub fn pending(live: &Live) -> Option<String> {
    let window = live.maintenance_window.as_deref().unwrap_or("(not told)");
    let mut parts: Vec<String> = live
        .pending
        .iter()
        .map(|(name, value)| {
            let value = value.as_str().map_or(value.to_string(), str::to_owned);
            format!("{name} {value}")
        })
        .collect();
    if let Some(last) = parts.last_mut() {
        last.push_str(&format!(" in the window {window} (UTC)"));
    }
    if live.parameters_status == "pending-reboot" {
        parts.push("parameters until the nodes are rebooted".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}
