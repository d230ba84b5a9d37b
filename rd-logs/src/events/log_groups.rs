//! The log groups that a command reads: those that the user named, or the stack's own, which the states of its slices
//! name.

use aws_sdk_cloudwatchlogs as logs;

use crate::clients::Clients;
use rd_common::aws::{Aws, Explain, account};
use rd_common::context::Context;
use rd_common::slices::SLICES;
use rd_common::{Document, Error, Result};
use serde_json::Value;
use std::collections::BTreeSet;

/// A log group that is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name; for a group of another account `ACCOUNT:NAME`, as AWS writes it in `@log`.
    pub name: String,
    /// The ARN by which AWS is asked for it, without `:*` at its end; none for a group of the credentials' own account.
    pub arn: Option<String>,
}

impl LogGroup {
    /// A group of the credentials' own account.
    pub fn own(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            arn: None,
        }
    }

    /// The group with this name or ARN. Fails for an ARN of something else, and for one of another region than `region`.
    fn named(text: &str, region: &str) -> Result<Self> {
        if !text.starts_with("arn:") {
            return Ok(Self::own(text));
        }
        if text.contains(['*', '?']) && !text.ends_with(":*") {
            return Err(
                Error::usage(format!("`{text}` has wildcards, which an ARN cannot have"))
                    .hint("name the groups of this account by a pattern, such as '/ecs/*'"),
            );
        }
        let parts: Vec<&str> = text.splitn(7, ':').collect();
        let ["arn", partition, "logs", at, account, "log-group", name] = parts[..] else {
            return Err(Error::usage(format!("`{text}` is not the ARN of a log group")).hint(
                "it has the form arn:aws:logs:REGION:ACCOUNT:log-group:NAME; rd-logs groups lists the groups by name",
            ));
        };
        let name = name.strip_suffix(":*").unwrap_or(name);
        if let Some((group, _)) = name.split_once(":log-stream:") {
            return Err(
                Error::usage(format!("`{text}` is the ARN of a log stream")).hint(format!(
                    "name its group, {group}, and pass --stream with the name of the stream"
                )),
            );
        }
        if at != region {
            return Err(Error::usage(format!(
                "the log group {name} of that ARN is in {at}, but this command reads {region}"
            ))
            .hint(format!("pass --region {at}")));
        }
        Ok(Self {
            name: format!("{account}:{name}"),
            arn: Some(format!(
                "arn:{partition}:logs:{at}:{account}:log-group:{name}"
            )),
        })
    }

    /// What AWS is asked for: the ARN, or the name.
    pub fn identifier(&self) -> &str {
        self.arn.as_deref().unwrap_or(&self.name)
    }

    /// Whether its name in an answer is this one, such as `123456789012:/ecs/api`.
    pub fn is_named(&self, identifier: &str) -> bool {
        match &self.arn {
            Some(_) => identifier == self.name,
            None => identifier.rsplit(':').next() == Some(&self.name),
        }
    }
}

impl std::fmt::Display for LogGroup {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.name)
    }
}

/// The groups that the user named, by name or ARN, or the stack's own if there are none.
pub async fn named_or_own(context: &Context, named: &[String]) -> Result<Vec<LogGroup>> {
    if !named.is_empty() {
        let region = &context.stack.region;
        let groups = named.iter().map(|name| LogGroup::named(name, region));
        return Ok(without_doubles(groups.collect::<Result<_>>()?));
    }
    let own = own(context).await?;
    if own.is_empty() {
        let stack = context.stack.name();
        return Err(Error::failed(format!("{stack} has no log groups yet"))
            .hint("run rd-ecs apply first, check --environment, or name a group, as in rd-logs tail /ecs/my-group"));
    }
    Ok(own.iter().map(|name| LogGroup::own(name)).collect())
}

/// The groups that exist for names with `*` and `?`, and those of the credentials' own account by their names. AWS is only
/// asked if there is such a name or an ARN.
pub async fn of_account(groups: Vec<LogGroup>, aws: &Aws) -> Result<Vec<LogGroup>> {
    let groups = expanded(groups, aws).await?;
    if groups.iter().all(|group| group.arn.is_none()) {
        return Ok(groups);
    }
    let own = format!("{}:", account(aws).await?);
    let groups = groups.into_iter().map(|group| match &group.arn {
        Some(_) if group.name.starts_with(&own) => LogGroup::own(&group.name[own.len()..]),
        _ => group,
    });
    Ok(without_doubles(groups.collect()))
}

/// The groups, with those that match for each name with `*` or `?`, which no name of a group has.
async fn expanded(groups: Vec<LogGroup>, aws: &Aws) -> Result<Vec<LogGroup>> {
    let mut all = Vec::new();
    for group in groups {
        let Some(wildcard) = group.name.find(['*', '?']) else {
            all.push(group);
            continue;
        };
        let call = Clients::new(aws).logs.describe_log_groups();
        let prefix = Some(&group.name[..wildcard]).filter(|prefix| !prefix.is_empty());
        let call = call.set_log_group_name_prefix(prefix.map(str::to_owned));
        let mut pages = call.into_paginator().send();
        let before = all.len();
        while let Some(page) = pages.next().await {
            let page = page.doing(&format!("list the log groups that match {group}"))?;
            let names = page
                .log_groups()
                .iter()
                .filter_map(|one| one.log_group_name());
            all.extend(
                names
                    .filter(|name| matches(&group.name, name))
                    .map(LogGroup::own),
            );
        }
        if all.len() == before {
            return Err(Error::failed(format!("no log group matches {group}"))
                .hint("* stands for any characters, also slashes; rd-logs groups --prefix / lists the log groups of the account"));
        }
    }
    Ok(without_doubles(all))
}

/// Whether a name matches a pattern, in which `*` stands for any characters and `?` for one.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    // The last `*`, and how much of the name it stands for.
    let (mut at, mut read, mut star) = (0, 0, None);
    while read < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(letter) if *letter == b'?' || *letter == name[read] => {
                at += 1;
                read += 1;
            }
            _ => {
                let Some((begin, end)) = star else {
                    return false;
                };
                star = Some((begin, end + 1));
                (at, read) = (begin + 1, end + 1);
            }
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

fn without_doubles(groups: Vec<LogGroup>) -> Vec<LogGroup> {
    let mut all: Vec<LogGroup> = Vec::new();
    for group in groups {
        if !all.contains(&group) {
            all.push(group);
        }
    }
    all
}

/// Those of the stack's own groups that exist. Some AWS calls fail for all groups if one does not exist, and a stack
/// need not have all of its groups: AWS creates that of a database's `upgrade` log with the first event, at the first
/// upgrade.
pub async fn existing(client: &logs::Client, groups: Vec<LogGroup>) -> Result<Vec<LogGroup>> {
    let mut existing = Vec::new();
    for group in groups {
        let call = client
            .describe_log_groups()
            .log_group_name_prefix(&group.name);
        let page = call.send().await;
        let page = page.doing(&format!("find the log group {group}"))?;
        let mut found = page.log_groups().iter();
        if found.any(|one| one.log_group_name() == Some(&group.name)) {
            existing.push(group);
        }
    }
    if existing.is_empty() {
        return Err(Error::failed("none of the stack's log groups exists yet")
            .hint("AWS creates them with the first events; rd-logs groups lists them"));
    }
    Ok(existing)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("/ecs/*", "/ecs/shop/api", true),
            ("*api", "/ecs/shop-api", true),
            ("*/api", "/ecs/shop-api", false),
            ("/e?s/*-api*", "/ecs/a-api-b-api", true),
            ("/ecs/*", "/aws/ecs/x", false),
            ("*", "", true),
            ("a?", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn an_arn_names_one_group_of_one_account_and_region() {
        let named = |text: &str| LogGroup::named(text, "us-east-1");
        let arn = "arn:aws:logs:us-east-1:222222222222:log-group:/ecs/api";
        for text in [arn.to_owned(), format!("{arn}:*")] {
            let group = named(&text).unwrap();
            assert_eq!(group.identifier(), arn);
            assert_eq!(group.name, "222222222222:/ecs/api");
            assert!(group.is_named("222222222222:/ecs/api"));
            assert!(!group.is_named("111111111111:/ecs/api"));
        }
        assert_eq!(named("/ecs/api").unwrap(), LogGroup::own("/ecs/api"));
        assert!(LogGroup::own("/ecs/api").is_named("111111111111:/ecs/api"));
        for (text, expected) in [
            ("arn:aws:s3:::bucket", "is not the ARN of a log group"),
            (
                "arn:aws:logs:us-east-1:222222222222:log-group",
                "is not the ARN",
            ),
            (
                "arn:aws:logs:eu-west-1:222222222222:log-group:/x",
                "is in eu-west-1",
            ),
            (&format!("{arn}:log-stream:a/b"), "of a log stream"),
        ] {
            let error = named(text).unwrap_err();
            assert!(error.summary.contains(expected), "{error}");
        }
    }
}
