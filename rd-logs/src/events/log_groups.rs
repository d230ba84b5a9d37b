//! The log groups that a command reads: those that the user named, or the stack's own, which the states of its slices
//! name.

use aws_sdk_cloudwatchlogs as logs;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::slices::SLICES;
use rd_common::{Document, Error, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// The names of the groups that the user named, by name or ARN, or of the stack's own if there are none.
pub async fn named_or_own(context: &Context, named: &[String]) -> Result<Vec<String>> {
    if !named.is_empty() {
        let mut groups: Vec<String> = Vec::new();
        for name in named {
            let name = name_of(name);
            if !groups.contains(&name) {
                groups.push(name);
            }
        }
        return Ok(groups);
    }
    let own = own(context).await?;
    if own.is_empty() {
        let stack = context.stack.name();
        return Err(Error::failed(format!("{stack} has no log groups yet"))
            .hint("run rd-ecs apply first, check --environment, or name a group, as in rd-logs tail /ecs/my-group"));
    }
    Ok(own)
}

/// Those of the stack's own groups that exist. Some AWS calls fail for all groups if one does not exist, and a stack
/// need not have all of its groups: AWS creates that of a database's `upgrade` log with the first event, at the first
/// upgrade.
pub async fn existing(client: &logs::Client, groups: Vec<String>) -> Result<Vec<String>> {
    let mut existing = Vec::new();
    for group in groups {
        let call = client.describe_log_groups().log_group_name_prefix(&group);
        let page = call.send().await;
        let page = page.doing(&format!("find the log group {group}"))?;
        let mut found = page.log_groups().iter();
        if found.any(|one| one.log_group_name() == Some(group.as_str())) {
            existing.push(group);
        }
    }
    if existing.is_empty() {
        return Err(Error::failed("none of the stack's log groups exists yet")
            .hint("AWS creates them with the first events; rd-logs groups lists them"));
    }
    Ok(existing)
}

/// The name of a group, from its name or ARN.
fn name_of(name: &str) -> String {
    match name.split_once(":log-group:") {
        Some((_, name)) => name.trim_end_matches(":*").to_owned(),
        None => name.to_owned(),
    }
}

/// The names of the stack's own groups, sorted. Needs only the states, no call to AWS.
pub async fn own(context: &Context) -> Result<Vec<String>> {
    let mut groups = BTreeSet::new();
    for slice in SLICES {
        if let Some(state) = context.load_state(slice).await? {
            let location = context.store.location(&context.key(slice));
            state.belongs_to(&context.stack, slice, &location)?;
            groups.extend(of_state(&state));
        }
    }
    Ok(groups.into_iter().collect())
}

/// The groups in a state: outputs and resources that are log groups, and the logs that a database exports.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html>
fn of_state(state: &Document) -> Vec<String> {
    let mut groups = Vec::new();
    for (name, value) in &state.outputs {
        if name.ends_with("log_group_name")
            && let Some(group) = value.as_str()
        {
            groups.push(group.to_owned());
        }
    }
    for resource in state.resources.values() {
        let Some(id) = &resource.id else {
            continue;
        };
        if resource.kind.ends_with("log_group") {
            groups.push(id.clone());
        }
        if resource.kind == "db_instance" {
            let live = resource.attributes.get("log_exports");
            let exports = live.or_else(|| resource.spec.get("log_exports"));
            let exports = exports.and_then(Value::as_array).into_iter().flatten();
            groups.extend(
                exports
                    .filter_map(Value::as_str)
                    .map(|export| format!("/aws/rds/instance/{id}/{export}")),
            );
        }
    }
    groups
}
