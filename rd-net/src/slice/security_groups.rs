//! The security groups and all of their rules: which group may connect to which, on which port.

use crate::config::Config;
use crate::ec2::ANY_IPV4;
use crate::kinds::security_group::{self, SecurityGroup};
use crate::kinds::security_group_rule::{SecurityGroupRule, Spec};
use rd_common::{Part, Parts, Stack};
use std::collections::BTreeMap;

/// The name and the description of each group.
pub const GROUPS: [(&str, &str); 5] = [
    ("alb", "The load balancer"),
    ("api", "The service"),
    ("db", "The database"),
    ("redis", "The cache"),
    ("endpoints", "The VPC endpoints"),
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
            description: self.description.to_owned(),
        }
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
                group_name: stack.name_of(name),
                description: description.to_owned(),
            },
        );
        groups.insert(name, group);
    }
    for rule in rules(config.app_port) {
        parts.add::<SecurityGroupRule>(&rule.name(), rule.spec(&groups));
    }
    groups
}

/// Every rule of every group. `app_port` is the port on which the service listens.
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
        rule(
            "alb",
            false,
            80,
            None,
            "http",
            "HTTP from anywhere, redirected",
        ),
        rule("alb", false, HTTPS, None, "https", "HTTPS from anywhere"),
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
