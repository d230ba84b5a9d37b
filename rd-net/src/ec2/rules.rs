//! The rules of security groups: which are not ours, and how to take them off.

use crate::clients::Clients;
use crate::ec2::read::Query;
use crate::ec2::tags;
use aws_sdk_ec2::types::SecurityGroupRule;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule that is not ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    /// `sgr-…`.
    pub id: String,
    /// Whether it lets traffic out, rather than in.
    pub egress: bool,
    /// What it allows: `in tcp 22 from 0.0.0.0/0`.
    pub words: String,
}

/// The rules that are not ours, by group.
pub struct ByGroup(BTreeMap<String, Vec<Foreign>>);

impl ByGroup {
    /// Whether the group was asked for.
    pub fn knows(&self, group: &str) -> bool {
        self.0.contains_key(group)
    }

    /// A group's.
    pub fn of<'a>(&'a self, group: &str) -> impl Iterator<Item = Foreign> + use<'a> {
        self.0.get(group).into_iter().flatten().cloned()
    }
}

/// The rules of these groups that the state does not know and that carry no tag of this slice: AWS's allow-all egress,
/// and what somebody added by hand.
pub async fn foreign(
    ctx: &Ctx<Clients>,
    groups: impl IntoIterator<Item = String>,
) -> Result<ByGroup> {
    let mut by_group: BTreeMap<String, Vec<Foreign>> =
        groups.into_iter().map(|id| (id, Vec::new())).collect();
    let query = Query::by("group-id", by_group.keys().cloned());
    let rules = ctx.clients.reads.security_group_rules.ask(query).await?;
    for rule in rules.iter() {
        let (Some(group), Some(id)) = (rule.group_id(), rule.security_group_rule_id()) else {
            continue;
        };
        let ours = ctx.knows(id) || ctx.stack.owns(ctx.slice, &tags::read(rule.tags()));
        if let Some(list) = by_group.get_mut(group)
            && !ours
        {
            list.push(Foreign {
                id: id.to_owned(),
                egress: rule.is_egress().unwrap_or(false),
                words: words_of(rule),
            });
        }
    }
    Ok(ByGroup(by_group))
}

/// The rules in words, for a plan.
pub fn words(rules: &[Foreign]) -> Vec<&str> {
    rules.iter().map(|rule| rule.words.as_str()).collect()
}

/// Takes rules off a group.
pub async fn revoke(ctx: &Ctx<Clients>, group: &str, rules: &[Foreign]) -> Result<()> {
    let ids = |egress: bool| -> Vec<String> {
        rules
            .iter()
            .filter(|rule| rule.egress == egress)
            .map(|rule| rule.id.clone())
            .collect()
    };
    let (ingress, egress) = (ids(false), ids(true));
    if !ingress.is_empty() {
        let call = ctx
            .clients
            .ec2
            .revoke_security_group_ingress()
            .group_id(group);
        gone(
            call.set_security_group_rule_ids(Some(ingress))
                .send()
                .await
                .doing("revoke inbound rules"),
        )?;
    }
    if !egress.is_empty() {
        let call = ctx
            .clients
            .ec2
            .revoke_security_group_egress()
            .group_id(group);
        gone(
            call.set_security_group_rule_ids(Some(egress))
                .send()
                .await
                .doing("revoke outbound rules"),
        )?;
    }
    Ok(())
}

/// What is gone already needs no revoking.
pub fn gone<T>(result: Result<T>) -> Result<()> {
    match result {
        Err(error) if !is_gone(&error) => Err(error),
        _ => Ok(()),
    }
}

fn is_gone(error: &Error) -> bool {
    error.is(&[
        "InvalidSecurityGroupRuleId.NotFound",
        "InvalidPermission.NotFound",
        "InvalidGroup.NotFound",
    ])
}

/// A rule in words.
fn words_of(rule: &SecurityGroupRule) -> String {
    let out = rule.is_egress().unwrap_or(false);
    let protocol = match rule.ip_protocol() {
        Some("-1") | None => "any",
        Some(protocol) => protocol,
    };
    let ports = match (rule.from_port(), rule.to_port()) {
        (Some(from), Some(to)) if from >= 0 && from == to => format!(" {from}"),
        (Some(from), Some(to)) if from >= 0 => format!(" {from}-{to}"),
        _ => String::new(),
    };
    let peer = rule
        .cidr_ipv4()
        .or_else(|| rule.cidr_ipv6())
        .or_else(|| rule.prefix_list_id())
        .or_else(|| {
            rule.referenced_group_info()
                .and_then(|group| group.group_id())
        })
        .unwrap_or("anywhere");
    let (way, preposition) = if out { ("out", "to") } else { ("in", "from") };
    format!("{way} {protocol}{ports} {preposition} {peer}")
}
