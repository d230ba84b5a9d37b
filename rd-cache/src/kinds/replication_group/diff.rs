//! Comparing the desired replication group with the one that AWS has: what changes, and what AWS changes later.

use super::model::{Live, Spec};
use crate::engine::{major_minor, satisfies};
use rd_common::resource::change::touches;
use rd_common::{Change, Diff};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The fields that differ. AWS does not report all fields of a group without nodes; a field that it does not report is
/// no difference. `last` is the spec last applied, for what is in the tags, which AWS does not always tell.
pub fn diff(spec: &Spec, live: &Live, last: Option<&Spec>) -> Vec<Change> {
    let mut diff = Diff::new();
    diff.field("description", &live.description, &spec.description);
    engine(&mut diff, spec, live);
    node_type(&mut diff, spec, live);
    diff.field("nodes", live.nodes.len(), spec.nodes);
    let fails_over = spec.fails_over();
    let switches = [
        ("automatic_failover", live.automatic_failover, fails_over),
        ("multi_az", live.multi_az, fails_over),
        ("auth_token", live.auth_token, true),
    ];
    for (path, live, wanted) in switches {
        if let Some(live) = live {
            diff.field(path, live, wanted);
        }
    }
    if let Some(group) = &live.parameter_group
        && !waits_for_new_family(spec, live)
    {
        diff.field("parameter_group", group, &spec.parameter_group);
    }
    if let Some(groups) = &live.security_group_ids {
        diff.set("security_group_ids", groups, &spec.security_group_ids);
    }
    diff.field(
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
    if live.tags_told {
        diff.field("final_snapshot", live.final_snapshot, spec.final_snapshot)
            .field(
                "secret_generation",
                &live.secret_generation,
                &spec.secret_generation,
            );
    } else if let Some(last) = last {
        diff.field("final_snapshot", last.final_snapshot, spec.final_snapshot)
            .field(
                "secret_generation",
                &last.secret_generation,
                &spec.secret_generation,
            );
    }
    if let Some(logs) = &spec.logs {
        let all: BTreeSet<&String> = logs.keys().chain(live.logs.keys()).collect();
        for log in all {
            diff.field(&logs_path(log), live.logs.get(log), logs.get(log));
        }
    }
    if let (Some(wanted), Some(topic)) = (&spec.events_topic, &live.events_topic) {
        diff.field("events_topic", topic, wanted);
    }
    if let Some(group) = &live.subnet_group {
        diff.fixed("subnet_group", group, &spec.subnet_group);
    }
    if live.at_rest_encryption == Some(false) {
        diff.fixed("at_rest_encryption", false, true);
    }
    if live.transit_encryption == Some(false) {
        diff.fixed("transit_encryption", false, true);
    }
    diff.fixed_kms_key(live.kms_key.as_deref(), spec.kms_key.as_deref());
    diff.finish()
}

/// The path of the field that says where a log is delivered.
pub fn logs_path(log: &str) -> String {
    format!("logs.{log}")
}

/// Engine and version. A change from Redis to Valkey is made in place; a change back replaces the group.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html>
fn engine(diff: &mut Diff, spec: &Spec, live: &Live) {
    if waits_for_version(spec, live) && is_possible_in_place(spec, live) {
        return;
    }
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
    if !has_engine(spec, live) || !satisfies(version, &spec.engine_version) {
        diff.field("engine_version", version, &spec.engine_version);
    }
}

/// Whether the group has the engine of the settings; also if AWS did not report it.
fn has_engine(spec: &Spec, live: &Live) -> bool {
    live.engine
        .as_ref()
        .is_none_or(|engine| *engine == spec.engine)
}

/// Whether ElastiCache can make the engine of the settings of the current one.
fn is_possible_in_place(spec: &Spec, live: &Live) -> bool {
    has_engine(spec, live) || spec.engine == "valkey"
}

/// The version that is pending until the maintenance window, if it is the one of the settings and may wait. AWS shows the
/// version alone, also where a new engine comes with it.
fn waiting_version<'a>(spec: &Spec, live: &'a Live) -> Option<&'a str> {
    let pending = live.pending.get("engine_version").and_then(Value::as_str);
    pending.filter(|pending| !spec.apply_immediately && satisfies(pending, &spec.engine_version))
}

fn waits_for_version(spec: &Spec, live: &Live) -> bool {
    waiting_version(spec, live).is_some()
}

/// Whether the parameter group of another family comes with the version that is pending. Until then, AWS refuses it.
fn waits_for_new_family(spec: &Spec, live: &Live) -> bool {
    let Some(pending) = waiting_version(spec, live) else {
        return false;
    };
    let major = |version: &str| major_minor(version).map(|(major, _)| major);
    let live_major = live.engine_version.as_deref().and_then(major);
    !has_engine(spec, live) || live_major != major(pending)
}

/// The node type, whose change may be pending until the maintenance window. A pending change to the desired type is no
/// difference, unless changes are to be made at once; a pending change to another type is undone.
fn node_type(diff: &mut Diff, spec: &Spec, live: &Live) {
    let desired = json!(spec.node_type);
    let pending = live.pending.get("node_type");
    if live.node_type != spec.node_type {
        if spec.apply_immediately || pending != Some(&desired) {
            diff.field("node_type", &live.node_type, &desired);
        }
    } else if let Some(pending) = pending.filter(|pending| **pending != desired) {
        diff.field("node_type", pending, &desired);
    }
}

/// What does not work for a time because of these changes. A group with a replica fails over to it.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/VersionManagement.HowTo.html>
pub fn downtime(live: &Live, changes: &[Change]) -> Option<String> {
    let fields = ["node_type", "engine", "engine_version"];
    let changed: Vec<&str> = fields
        .into_iter()
        .filter(|path| touches(changes, path))
        .collect();
    let alone = live.nodes.len() <= 1;
    (alone && !changed.is_empty()).then(|| {
        format!(
            "{}: the only node does not answer meanwhile",
            changed.join(", ")
        )
    })
}

/// What AWS changes later, as text that reads on after "pending": in the maintenance window, or when the nodes are
/// rebooted.
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
        let window = live.maintenance_window.as_deref().unwrap_or("(unknown)");
        parts.push(format!(
            "until the maintenance window {window} (UTC): {}",
            changes.join(", ")
        ));
    }
    if live.parameters_status == "pending-reboot" {
        parts.push("until the nodes are rebooted: parameters".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}
