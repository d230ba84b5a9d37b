//! The security groups and all of their rules: which group may connect to which, on which port.

use crate::config::{Config, ExtraRule};
use crate::ec2::{ANY_IPV4, GROUP_NAMES};
use crate::kinds::security_group::{self, SecurityGroup};
use crate::kinds::security_group_rule::{SecurityGroupRule, Spec};
use crate::rule_peer::{Peer, address_name};
use rd_common::{Input, Part, Parts, Stack};
use std::collections::BTreeMap;

/// The name and the description of each group.
pub const GROUPS: [(&str, &str); 5] = [
    (GROUP_NAMES[0], "The load balancer"),
    (GROUP_NAMES[1], "The service"),
    (GROUP_NAMES[2], "The database"),
    (GROUP_NAMES[3], "The cache"),
    (GROUP_NAMES[4], "The VPC endpoints"),
];

/// The port of HTTPS, over which tasks also call AWS's services.
const HTTPS: u16 = 443;

/// A rule that allows TCP traffic on one port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    /// The name of the group that has the rule.
    group: &'static str,
    /// Whether the rule allows outbound traffic rather than inbound.
    egress: bool,
    /// The TCP port that the rule allows.
    port: u16,
    /// The name of the group at the other end; any IPv4 address where there is none.
    peer: Option<&'static str>,
    /// The last part of the rule's name in its address, such as `https` of `alb-in-https`.
    name: &'static str,
    /// The description that AWS shows.
    description: &'static str,
}

impl Rule {
    /// The rule's name in its address, such as `alb-in-https`.
    fn name(&self) -> String {
        format!(
            "{}-{}-{}",
            self.group,
            if self.egress { "out" } else { "in" },
            self.name
        )
    }

    /// The desired rule, with references to the groups.
    fn spec(&self, groups: &BTreeMap<&'static str, Part>) -> Spec {
        Spec {
            group_id: groups[self.group].id(),
            egress: self.egress,
            port: self.port,
            cidr: self.peer.is_none().then(|| ANY_IPV4.to_owned()),
            peer_group_id: self.peer.map(|peer| groups[peer].id()),
            prefix_list_id: None,
            description: self.description.to_owned(),
        }
    }
}

/// The name of a group. AWS refuses names that begin as ids do.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
fn group_name(stack: &Stack, name: &str) -> String {
    let name = stack.name_of(name);
    match name.starts_with("sg-") {
        true => format!("rd-{name}"),
        false => name,
    }
}

/// Adds the groups and their rules, and returns the groups by name.
pub fn security_groups(
    parts: &mut Parts,
    stack: &Stack,
    config: &Config,
    vpc: &Part,
) -> BTreeMap<&'static str, Part> {
    let mut groups = BTreeMap::new();
    for (name, description) in GROUPS {
        let group = parts.add::<SecurityGroup>(
            name,
            security_group::Spec {
                vpc_id: vpc.id(),
                group_name: group_name(stack, name),
                description: description.to_owned(),
            },
        );
        groups.insert(name, group);
    }
    for (name, spec) in ingress(config, &groups) {
        parts.add::<SecurityGroupRule>(&name, spec);
    }
    for rule in rules(config.app_port) {
        parts.add::<SecurityGroupRule>(&rule.name(), rule.spec(&groups));
    }
    for (name, rule) in &config.rules {
        parts.add::<SecurityGroupRule>(&format!("more-{name}"), extra(rule, &groups));
    }
    groups
}

/// A rule of this group for TCP on one port, whose peer is one of the settings.
fn with_peer(
    group: &str,
    egress: bool,
    port: u16,
    peer: &str,
    description: String,
    groups: &BTreeMap<&'static str, Part>,
) -> Spec {
    let (mut cidr, mut prefix_list_id, mut peer_group_id) = (None, None, None);
    match Peer::parse(peer, &GROUP_NAMES) {
        Some(Peer::Cidr(block)) => cidr = Some(block.to_owned()),
        Some(Peer::PrefixList(id)) => prefix_list_id = Some(id.to_owned()),
        Some(Peer::Group(id)) => peer_group_id = Some(Input::Known(id.to_owned())),
        Some(Peer::OwnGroup(name)) => peer_group_id = Some(groups[name].id()),
        // The settings were checked before.
        None => {}
    }
    Spec {
        group_id: groups[group].id(),
        egress,
        port,
        cidr,
        peer_group_id,
        prefix_list_id,
        description,
    }
}

/// The rules by which clients reach the load balancer, by name. A prefix list counts in AWS's quota of 60 rules as the
/// addresses that it can have, that of CloudFront as 55, so that it has one rule, for HTTPS.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/LocationsOfEdgeServers.html>
fn ingress(config: &Config, groups: &BTreeMap<&'static str, Part>) -> Vec<(String, Spec)> {
    let mut rules = Vec::new();
    for peer in &config.ingress {
        let anywhere = peer == ANY_IPV4;
        let is_list = matches!(Peer::parse(peer, &[]), Some(Peer::PrefixList(_)));
        for (port, name, protocol) in [(80, "http", "HTTP"), (HTTPS, "https", "HTTPS")] {
            if is_list && port != HTTPS {
                continue;
            }
            let (end, from) = match anywhere {
                true => (name.to_owned(), "anywhere"),
                false => (format!("{name}-{}", address_name(peer)), peer.as_str()),
            };
            let redirected = if port == HTTPS { "" } else { ", redirected" };
            let description = format!("{protocol} from {from}{redirected}");
            let spec = with_peer("alb", false, port, peer, description, groups);
            rules.push((format!("alb-in-{end}"), spec));
        }
    }
    rules
}

/// A rule of the settings beyond those that the stack needs.
fn extra(rule: &ExtraRule, groups: &BTreeMap<&'static str, Part>) -> Spec {
    let egress = rule.to.is_some();
    let peer = rule
        .to
        .as_deref()
        .or(rule.from.as_deref())
        .unwrap_or_default();
    let direction = if egress { "To" } else { "From" };
    let description = format!("{direction} {peer}");
    with_peer(&rule.group, egress, rule.port, peer, description, groups)
}

/// Every rule that the stack itself needs. `app_port` is the port on which the service listens.
fn rules(app_port: u16) -> Vec<Rule> {
    let rule = |group, egress, port, peer, name, description| Rule {
        group,
        egress,
        port,
        peer,
        name,
        description,
    };
    vec![
        rule("alb", true, app_port, Some("api"), "api", "To the service"),
        rule(
            "api",
            false,
            app_port,
            Some("alb"),
            "alb",
            "From the load balancer",
        ),
        rule("api", true, HTTPS, None, "https", "HTTPS to anywhere"),
        rule("api", true, 5432, Some("db"), "db", "To the database"),
        rule("api", true, 6379, Some("redis"), "redis", "To the cache"),
        rule("db", false, 5432, Some("api"), "api", "From the service"),
        rule("redis", false, 6379, Some("api"), "api", "From the service"),
        rule(
            "endpoints",
            false,
            HTTPS,
            Some("api"),
            "api",
            "From the service",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_group_has_a_name_that_begins_as_an_id() {
        let name = |project: &str| {
            let stack = Stack {
                project: project.to_owned(),
                environment: "test".to_owned(),
                ..Stack::default()
            };
            group_name(&stack, "db")
        };
        assert_eq!(name("shop"), "shop-test-db");
        assert_eq!(name("sg-app"), "rd-sg-app-test-db");
    }
}
