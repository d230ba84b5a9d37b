//! The log groups of a stack, from the states of its slices: where its programs log when none is named.

use aws_sdk_cloudwatchlogs as logs;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::{Document, Error, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// The slices that may have log groups.
const SLICES: [&str; 6] = ["net", "data", "cache", "store", "edge", "ecs"];

/// The groups named, or the stack's own where none is.
pub async fn named_or_own(context: &Context, named: &[String]) -> Result<Vec<String>> {
    if !named.is_empty() {
        let mut groups: Vec<String> = Vec::new();
        for name in named {
            let name = full(name);
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
            .hint("run rd-ecs apply first, check --environment, or name a group: rd-logs tail /ecs/my-group"));
    }
    Ok(own)
}

/// Those of the stack's own groups that are there, for what fails for all where one is not: a service makes its group
/// with the first event, and a database that is never upgraded writes none to its `upgrade` log.
pub async fn those_there(client: &logs::Client, groups: Vec<String>) -> Result<Vec<String>> {
    let mut there = Vec::new();
    for group in groups {
        let call = client.describe_log_groups().log_group_name_prefix(&group);
        let answer = call.send().await;
        let answer = answer.doing(&format!("find the log group {group}"))?;
        let mut found = answer.log_groups().iter();
        if found.any(|one| one.log_group_name() == Some(group.as_str())) {
            there.push(group);
        }
    }
    if there.is_empty() {
        return Err(Error::failed("none of the stack's log groups is there yet")
            .hint("they come with the first events; rd-logs groups lists them"));
    }
    Ok(there)
}

/// A group's name, also from its ARN.
fn full(name: &str) -> String {
    match name.split_once(":log-group:") {
        Some((_, name)) => name.trim_end_matches(":*").to_owned(),
        None => name.to_owned(),
    }
}

/// The stack's own groups, sorted.
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

/// The groups that a state tells of: outputs and resources that are one, and the logs that a database exports.
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
            let told = resource.attributes.get("log_exports");
            let exports = told.or_else(|| resource.spec.get("log_exports"));
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
