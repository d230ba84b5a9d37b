//! Who may talk to whom: the groups and every rule that they have.

use crate::kinds::security_group_rule::Spec;
use crate::slice::ANYWHERE;
use rd_common::Part;
use std::collections::BTreeMap;

/// The groups, with what each is for.
pub const GROUPS: [(&str, &str); 5] = [
    ("alb", "The load balancer"),
    ("api", "The service"),
    ("db", "The database"),
    ("redis", "The cache"),
    ("endpoints", "The VPC endpoints"),
];

/// HTTPS, which AWS's own services are reached by.
const HTTPS: u16 = 443;

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The group that has it.
    pub group: &'static str,
    /// Whether it lets traffic out, rather than in.
    pub egress: bool,
    /// The port.
    pub port: u16,
    /// The group at the other end; anywhere without one.
    pub peer: Option<&'static str>,
    /// Its name and what it is for.
    name: &'static str,
    description: &'static str,
}

impl Rule {
    /// Its name among the rules: `alb-in-https`.
    pub fn name(&self) -> String {
        format!(
            "{}-{}-{}",
            self.group,
            if self.egress { "out" } else { "in" },
            self.name
        )
    }

    /// Its spec.
    pub fn spec(&self, groups: &BTreeMap<&'static str, Part>) -> Spec {
        Spec {
            group_id: groups[self.group].id(),
            egress: self.egress,
            port: self.port,
            cidr: self.peer.is_none().then(|| ANYWHERE.to_owned()),
            peer_group_id: self.peer.map(|peer| groups[peer].id()),
            description: self.description.to_owned(),
        }
    }
}

/// Every rule there is.
pub fn rules(app_port: u16) -> Vec<Rule> {
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
