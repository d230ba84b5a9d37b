//! The section `[net]` of `rd.toml`: its keys, their defaults and checks.

use crate::ec2::{ANY_IPV4, GROUP_NAMES};
use crate::rule_peer::{self, Peer};
use crate::subnet_blocks::{BlockSettings, Blocks};
use ipnet::Ipv4Net;
use rd_common::{Problem, Stack};
use rd_log_group::{kms_key_problem, retention_problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The services that have a gateway endpoint, which is free.
pub const GATEWAY_SERVICES: [&str; 2] = ["s3", "dynamodb"];

/// The keys of the section, each with a default.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The VPC's block, in CIDR notation.
    pub cidr: String,
    /// The availability zones: how many, of those that are available, or which.
    pub azs: Azs,
    /// The prefix length of each public subnet.
    pub public_prefix: u8,
    /// The prefix length of each private subnet.
    pub private_prefix: u8,
    /// The public subnets' blocks, one for each zone; computed where it is empty.
    pub public_cidrs: Vec<String>,
    /// The private subnets' blocks, one for each zone; computed where it is empty.
    pub private_cidrs: Vec<String>,
    /// How private subnets reach the internet.
    pub nat: Nat,
    /// The VPC endpoints: a preset, or the services that get an interface endpoint.
    pub endpoints: Endpoints,
    /// The port that the service listens on.
    pub app_port: u16,
    /// From where clients may reach the load balancer: IPv4 blocks on ports 80 and 443, and ids of prefix lists, such as that
    /// of CloudFront, on port 443.
    pub ingress: Vec<String>,
    /// More rules of the stack's security groups, by name.
    pub rules: BTreeMap<String, ExtraRule>,
    /// Whether the VPC's traffic is logged to CloudWatch.
    pub flow_logs: bool,
    /// How many days flow logs are kept.
    pub flow_logs_retention_days: i32,
    /// The ARN of the KMS key that encrypts flow logs; by default AWS's own key.
    pub flow_logs_kms_key: Option<String>,
    /// The name of the log group for flow logs; `/vpc/<project>-<environment>` by default.
    pub flow_logs_group_name: Option<String>,
    /// The name of the role with which VPC flow logs write, without its path; `<project>-<environment>-flow-logs-<region>` by
    /// default.
    pub flow_logs_role_name: Option<String>,
}

/// One more rule of a security group of the stack: TCP on one port, from or to one peer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtraRule {
    /// The group: `alb`, `api`, `db`, `redis` or `endpoints`.
    pub group: String,
    /// The TCP port that the rule allows.
    pub port: u16,
    /// Where connections come from, for an inbound rule.
    pub from: Option<String>,
    /// Where connections go to, for an outbound rule.
    pub to: Option<String>,
}

/// The availability zones, by number or by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a number of zones from 1 to 3, or a list of zone names"
)]
pub enum Azs {
    /// This number of zones.
    Count(u8),
    /// The zones with these names, such as `us-east-1a`.
    Names(Vec<String>),
}

impl Azs {
    /// The number of zones.
    pub fn count(&self) -> usize {
        match self {
            Azs::Count(count) => usize::from(*count),
            Azs::Names(names) => names.len(),
        }
    }
}

/// Through how many NAT gateways private subnets reach the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Nat {
    /// One gateway, in the first zone.
    Single,
    /// One gateway in each zone.
    PerAz,
    /// No gateway: private subnets reach only VPC endpoints.
    None,
}

/// The VPC endpoints. The gateway endpoints of S3 and DynamoDB, which are free, always exist.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "\"gateway\", \"private\", or a list of services such as [\"logs\", \"ecr.api\"]"
)]
pub enum Endpoints {
    /// A set of endpoints with a name.
    Preset(Preset),
    /// Interface endpoints for these services.
    Services(Vec<String>),
}

/// The sets of endpoints that have a name.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// No interface endpoints: only the free gateway endpoints.
    Gateway,
    /// The interface endpoints that a Fargate service needs without a NAT gateway.
    Private,
}

/// The services of the preset `private`: tasks pull images, write logs, read secrets and open shells through them.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html>
const PRIVATE_SERVICES: [&str; 6] = [
    "ecr.api",
    "ecr.dkr",
    "logs",
    "secretsmanager",
    "ssm",
    "ssmmessages",
];

impl Default for Config {
    fn default() -> Self {
        Self {
            cidr: "10.0.0.0/16".to_owned(),
            azs: Azs::Count(2),
            public_prefix: 24,
            private_prefix: 20,
            public_cidrs: Vec::new(),
            private_cidrs: Vec::new(),
            nat: Nat::Single,
            endpoints: Endpoints::Preset(Preset::Gateway),
            app_port: 3001,
            ingress: vec![ANY_IPV4.to_owned()],
            rules: BTreeMap::new(),
            flow_logs: false,
            flow_logs_retention_days: 30,
            flow_logs_kms_key: None,
            flow_logs_group_name: None,
            flow_logs_role_name: None,
        }
    }
}

impl Config {
    /// The services that get an interface endpoint.
    pub fn interface_endpoints(&self) -> Vec<String> {
        match &self.endpoints {
            Endpoints::Preset(Preset::Gateway) => Vec::new(),
            Endpoints::Preset(Preset::Private) => PRIVATE_SERVICES.map(str::to_owned).to_vec(),
            Endpoints::Services(services) => services.clone(),
        }
    }

    /// What the settings say about the blocks of the subnets.
    pub fn block_settings(&self) -> BlockSettings<'_> {
        BlockSettings {
            vpc: &self.cidr,
            public_prefix: self.public_prefix,
            private_prefix: self.private_prefix,
            public_cidrs: &self.public_cidrs,
            private_cidrs: &self.private_cidrs,
        }
    }

    /// What is wrong with the blocks, whatever zones and subnets there are.
    fn block_problem(&self) -> Option<Problem> {
        let zones = match &self.azs {
            Azs::Names(names) => names.clone(),
            Azs::Count(count) => (0..*count).map(|zone| zone.to_string()).collect(),
        };
        let blocks = self.block_settings().assign(&zones, &Blocks::new());
        blocks.err()
    }

    /// Everything in the section that AWS would refuse.
    pub fn problems(&self, stack: &Stack) -> Vec<Problem> {
        let mut problems = Vec::new();
        let count = self.azs.count();
        if !(1..=3).contains(&count) {
            problems.push(Problem::new(
                "azs",
                format!("{count} zones are not possible"),
                "1 to 3, as a number or as a list of names",
            ));
        }
        if let Azs::Names(names) = &self.azs {
            self.zone_problems(names, stack, &mut problems);
        }
        self.size_problems(&mut problems);
        if problems.is_empty() {
            problems.extend(self.block_problem());
        }
        self.endpoint_problems(&mut problems);
        if self.app_port == 0 {
            problems.push(Problem::new("app_port", "0 is not a port", "1 to 65535"));
        }
        self.rule_problems(&mut problems);
        let days = self.flow_logs_retention_days;
        problems.extend(retention_problem("flow_logs_retention_days", days));
        let key = self.flow_logs_kms_key.as_deref();
        problems.extend(kms_key_problem("flow_logs_kms_key", key));
        problems
    }

    /// The name of the log group to which the flow log writes.
    pub fn flow_logs_group(&self, stack: &Stack) -> String {
        let name = self.flow_logs_group_name.clone();
        name.unwrap_or_else(|| format!("/vpc/{}", stack.name()))
    }

    /// The name of the role with which it writes.
    pub fn flow_logs_role(&self, stack: &Stack) -> String {
        let name = self.flow_logs_role_name.clone();
        name.unwrap_or_else(|| rd_iam::role::name(stack, "flow-logs"))
    }

    fn zone_problems(&self, names: &[String], stack: &Stack, problems: &mut Vec<Problem>) {
        for (index, name) in names.iter().enumerate() {
            let letter = name.strip_prefix(&stack.region).is_some_and(|rest| {
                rest.len() == 1 && rest.bytes().all(|byte| byte.is_ascii_lowercase())
            });
            if !letter {
                let allowed = format!("zones of {}, such as {}a", stack.region, stack.region);
                problems.push(Problem::new(
                    "azs",
                    format!("`{name}` is not a zone of this region"),
                    allowed,
                ));
            }
            if names[..index].contains(name) {
                problems.push(Problem::new(
                    "azs",
                    format!("`{name}` is listed twice"),
                    "each zone only once",
                ));
            }
        }
    }

    fn rule_problems(&self, problems: &mut Vec<Problem>) {
        for (index, peer) in self.ingress.iter().enumerate() {
            if !matches!(
                Peer::parse(peer, &[]),
                Some(Peer::Cidr(_) | Peer::PrefixList(_))
            ) {
                problems.push(Problem::new(
                    "ingress",
                    format!("`{peer}` is not a block or a prefix list"),
                    "IPv4 blocks such as 203.0.113.0/24, and ids of prefix lists (pl-…)",
                ));
            } else if self.ingress[..index].contains(peer) {
                problems.push(Problem::new(
                    "ingress",
                    format!("`{peer}` is listed twice"),
                    "each one only once",
                ));
            }
        }
        for (name, rule) in &self.rules {
            let mut add = |key: &str, what: String, allowed: &str| {
                problems.push(Problem::new(&format!("rules.{name}{key}"), what, allowed));
            };
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            if !name.bytes().all(plain) {
                add(
                    "",
                    format!("`{name}` cannot be the name of a rule"),
                    "letters, digits, `-` and `_`",
                );
            }
            if !GROUP_NAMES.contains(&rule.group.as_str()) {
                add(
                    ".group",
                    format!("`{}` is not a group of the stack", rule.group),
                    &GROUP_NAMES.join(", "),
                );
            }
            if rule.port == 0 {
                add(".port", "0 is not a port".to_owned(), "1 to 65535");
            }
            match (&rule.from, &rule.to) {
                (Some(_), Some(_)) | (None, None) => add(
                    "",
                    "a rule has one direction".to_owned(),
                    "`from`, for connections to the group, or `to`, for connections from it",
                ),
                (Some(peer), None) if Peer::parse(peer, &GROUP_NAMES).is_none() => add(
                    ".from",
                    format!("`{peer}` cannot be the other end of a rule"),
                    rule_peer::ALLOWED,
                ),
                (None, Some(peer)) if Peer::parse(peer, &GROUP_NAMES).is_none() => add(
                    ".to",
                    format!("`{peer}` cannot be the other end of a rule"),
                    rule_peer::ALLOWED,
                ),
                _ => {}
            }
        }
    }

    fn size_problems(&self, problems: &mut Vec<Problem>) {
        match self.cidr.parse::<Ipv4Net>() {
            Ok(net) if net.trunc() != net => problems.push(Problem::new(
                "cidr",
                format!(
                    "`{}` has address bits set beyond its prefix length",
                    self.cidr
                ),
                format!("{}", net.trunc()),
            )),
            Ok(net) if !(16..=28).contains(&net.prefix_len()) => problems.push(Problem::new(
                "cidr",
                format!("a VPC cannot have the size of `{}`", self.cidr),
                "a block from /16 to /28",
            )),
            Ok(_) => {}
            Err(_) => problems.push(Problem::new(
                "cidr",
                format!("`{}` is not an IPv4 CIDR block", self.cidr),
                "an address and a prefix length, such as 10.0.0.0/16",
            )),
        }
        for (key, prefix) in [
            ("public_prefix", self.public_prefix),
            ("private_prefix", self.private_prefix),
        ] {
            if !(16..=28).contains(&prefix) {
                problems.push(Problem::new(
                    key,
                    format!("a subnet cannot have the size /{prefix}"),
                    "16 to 28",
                ));
            }
        }
    }

    fn endpoint_problems(&self, problems: &mut Vec<Problem>) {
        let services = self.interface_endpoints();
        for (index, service) in services.iter().enumerate() {
            let plain = !service.is_empty()
                && service.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-'
                });
            if !plain || service.starts_with("com.amazonaws") {
                problems.push(Problem::new(
                    "endpoints",
                    format!("`{service}` is not a service name"),
                    "the part after the region in com.amazonaws.<region>.<service>, such as ecr.api",
                ));
            } else if GATEWAY_SERVICES.contains(&service.as_str()) {
                problems.push(Problem::new(
                    "endpoints",
                    format!("`{service}` always has a gateway endpoint, which is free"),
                    "other services",
                ));
            } else if services[..index].contains(service) {
                problems.push(Problem::new(
                    "endpoints",
                    format!("`{service}` is listed twice"),
                    "each service only once",
                ));
            }
        }
    }
}
