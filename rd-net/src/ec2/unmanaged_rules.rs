//! Security group rules that rd does not manage: AWS's default rule that allows all outbound traffic, and rules that
//! somebody added manually. They show as drift of their group, and an apply revokes them.

use crate::clients::Clients;
use crate::describe::Query;
use crate::ec2::ANY_IPV4;
use crate::ec2::delete_errors::deleted;
use aws_sdk_ec2::types::builders::IpPermissionBuilder;
use aws_sdk_ec2::types::{IpPermission, IpRange, SecurityGroupRule, UserIdGroupPair};
use rd_common::aws::Explain;
use rd_common::{Ctx, Deletion, Error, Result, Retry, tags_from_sdk};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A rule that rd does not manage, as it is stored in a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmanagedRule {
    /// The rule's id, `sgr-…`.
    pub id: String,
    /// Whether the rule allows outbound traffic rather than inbound.
    pub egress: bool,
    /// What the rule allows, such as `in tcp 22 from 0.0.0.0/0`.
    #[serde(rename = "words")]
    pub summary: String,
}

/// The unmanaged rules of the groups that were read.
pub struct ByGroup(BTreeMap<String, Vec<UnmanagedRule>>);

impl ByGroup {
    /// Whether the rules of this group were read.
    pub fn contains(&self, group: &str) -> bool {
        self.0.contains_key(group)
    }

    /// The unmanaged rules of one group.
    pub fn of<'a>(&'a self, group: &str) -> impl Iterator<Item = UnmanagedRule> + use<'a> {
        self.0.get(group).into_iter().flatten().cloned()
    }
}

/// Reads the rules of these groups that are neither in the state nor tagged for this slice.
pub async fn read(ctx: &Ctx<Clients>, groups: impl IntoIterator<Item = String>) -> Result<ByGroup> {
    let mut by_group: BTreeMap<String, Vec<UnmanagedRule>> =
        groups.into_iter().map(|id| (id, Vec::new())).collect();
    let query = Query::by("group-id", by_group.keys().cloned());
    let rules = ctx.clients.describe.security_group_rules.ask(query).await?;
    for rule in rules.iter() {
        let (Some(group), Some(id)) = (rule.group_id(), rule.security_group_rule_id()) else {
            continue;
        };
        let managed = ctx.knows(id) || ctx.stack.owns(ctx.slice, &tags_from_sdk!(rule.tags()));
        if let Some(list) = by_group.get_mut(group)
            && !managed
        {
            list.push(UnmanagedRule {
                id: id.to_owned(),
                egress: rule.is_egress().unwrap_or(false),
                summary: summary(rule),
            });
        }
    }
    Ok(ByGroup(by_group))
}

/// The rules as a plan shows them.
pub fn summaries(rules: &[UnmanagedRule]) -> Vec<&str> {
    rules.iter().map(|rule| rule.summary.as_str()).collect()
}

/// Revokes rules of a group, or reports that EC2 does not know one of them, or the group.
pub async fn revoke(ctx: &Ctx<Clients>, group: &str, rules: &[UnmanagedRule]) -> Result<Deletion> {
    let ids = |egress: bool| -> Vec<String> {
        rules
            .iter()
            .filter(|rule| rule.egress == egress)
            .map(|rule| rule.id.clone())
            .collect()
    };
    let (ingress, egress) = (ids(false), ids(true));
    let mut all = Deletion::Accepted;
    let mut add = |answer: Result<Deletion>| {
        if answer? == Deletion::NotFound {
            all = Deletion::NotFound;
        }
        Ok::<_, Error>(())
    };
    if !ingress.is_empty() {
        let call = ctx
            .clients
            .ec2
            .revoke_security_group_ingress()
            .group_id(group);
        let answer = call.set_security_group_rule_ids(Some(ingress)).send().await;
        add(deleted(answer.doing("revoke inbound rules"), &NOT_FOUND))?;
    }
    if !egress.is_empty() {
        let call = ctx
            .clients
            .ec2
            .revoke_security_group_egress()
            .group_id(group);
        let answer = call.set_security_group_rule_ids(Some(egress)).send().await;
        add(deleted(answer.doing("revoke outbound rules"), &NOT_FOUND))?;
    }
    Ok(all)
}

/// Revokes the rule that allows all outbound traffic, which AWS gives to every group, without reading the rules first: reads
/// may not show it yet. A group without it is left as it is.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>
pub async fn revoke_all_outbound(ctx: &Ctx<Clients>, group: &str) -> Result<()> {
    let call = ctx.clients.ec2.revoke_security_group_egress();
    let anywhere = IpRange::builder().cidr_ip(ANY_IPV4).build();
    let rule = all_traffic().ip_ranges(anywhere).build();
    let answer = call.group_id(group).ip_permissions(rule).send().await;
    without_rule(answer.doing("revoke the default outbound rule"))
}

/// Revokes the rule of a default group that allows all inbound traffic from the group itself, as [`revoke_all_outbound`].
/// <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>
pub async fn revoke_all_from_itself(ctx: &Ctx<Clients>, group: &str) -> Result<()> {
    let call = ctx.clients.ec2.revoke_security_group_ingress();
    let itself = UserIdGroupPair::builder().group_id(group).build();
    let rule = all_traffic().user_id_group_pairs(itself).build();
    let answer = call.group_id(group).ip_permissions(rule).send().await;
    without_rule(answer.doing("revoke the default inbound rule"))
}

fn all_traffic() -> IpPermissionBuilder {
    IpPermission::builder().ip_protocol("-1")
}

/// A group without the rule needs no change; a group that EC2 does not know may not be visible yet.
fn without_rule<T>(answer: Result<T>) -> Result<()> {
    match answer {
        Err(error) if error.is(&["InvalidPermission.NotFound"]) => Ok(()),
        Err(error) if error.is(&["InvalidGroup.NotFound"]) => Err(error.retry(Retry::Later)),
        other => other.map(|_| ()),
    }
}

/// The codes of a rule, or of its group, that EC2 does not know.
const NOT_FOUND: [&str; 3] = [
    "InvalidSecurityGroupRuleId.NotFound",
    "InvalidPermission.NotFound",
    "InvalidGroup.NotFound",
];

/// What a rule allows, such as `in tcp 22 from 0.0.0.0/0`.
pub fn summary(rule: &SecurityGroupRule) -> String {
    let egress = rule.is_egress().unwrap_or(false);
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
    let (direction, preposition) = if egress {
        ("out", "to")
    } else {
        ("in", "from")
    };
    format!("{direction} {protocol}{ports} {preposition} {peer}")
}
