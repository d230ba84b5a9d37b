//! The security groups and their rules: a group is what its users are, or what its rules allow.

use crate::adoption::mapper::Mapper;
use crate::terraform::Resource;
use std::collections::{BTreeMap, BTreeSet};

const ANYWHERE: &str = "0.0.0.0/0";

/// The port on which the service listens by default.
const DEFAULT_PORT: i64 = 3001;

/// The other end of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer<'a> {
    Cidr(&'a str),
    Group(&'a str),
    List(&'a str),
    Other,
}

/// A rule with one peer, in whichever form Terraform has it.
#[derive(Clone, Copy, Debug)]
struct Rule<'a> {
    group: &'a str,
    egress: bool,
    protocol: &'a str,
    from: i64,
    to: i64,
    peer: Peer<'a>,
    /// The resource, and AWS's id of the rule; none for a block of a group.
    resource: Option<(&'a Resource, &'a str)>,
}

impl Rule<'_> {
    /// The port of a rule for TCP on one port.
    fn port(&self) -> Option<i64> {
        let is_tcp = ["tcp", "6"].contains(&self.protocol);
        (is_tcp && self.from == self.to).then_some(self.from)
    }
}

/// Decides which group is which, then what their rules are.
pub fn security_groups<'a>(mapper: &mut Mapper<'a>, vpc: &Resource) {
    let mut groups = mapper.of("aws_security_group");
    groups.retain(|one| one.text("vpc_id") == vpc.id());
    let rules = all_rules(mapper, &groups);
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    // By their users, then by their rules: the service's group is known by the load balancer's.
    for name in ["alb", "db", "redis", "endpoints", "api"] {
        let address = format!("net.security_group.{name}");
        let (candidates, how) = candidates(mapper, name, &groups, &rules, &names);
        if let Some(group) = mapper.pick(&address, &candidates, how) {
            names.insert(name, group.id());
        }
    }
    let app_port = app_port(mapper, &rules, &names);
    if app_port != DEFAULT_PORT {
        mapper.mapping.set("net", "app_port", app_port.to_string());
    }
    ingress(mapper, &rules, &names);
    for rule in &rules {
        let Some(address) = address_of(rule, &names, app_port) else {
            continue;
        };
        if let Some((resource, id)) = rule.resource {
            let (from, to) = match rule.egress {
                true => ("from", "outbound"),
                false => ("of", "inbound"),
            };
            let how = format!("the {to} rule {from} that group for its port and peer");
            mapper.claim(resource, &address, id, &how);
        }
    }
    // Terraform forgets their groups, so it forgets them, too.
    for rule in &rules {
        let group = names.iter().find(|(_, id)| **id == rule.group);
        if let (Some((name, _)), Some((resource, _))) = (group, rule.resource) {
            let address = format!("net.security_group.{name}");
            mapper.claim(resource, &address, "", "a rule that rd leaves as it is");
        }
    }
}

/// The groups that can be the one with this name, and why.
fn candidates<'a>(
    mapper: &Mapper<'a>,
    name: &str,
    groups: &[&'a Resource],
    rules: &[Rule<'a>],
    names: &BTreeMap<&str, &str>,
) -> (Vec<&'a Resource>, &'static str) {
    let with = |ids: &BTreeSet<&str>| -> Vec<&'a Resource> {
        let groups = groups.iter().copied();
        groups.filter(|one| ids.contains(one.id())).collect()
    };
    let of = |kind: &str, attribute: &str| -> BTreeSet<&'a str> {
        let all = mapper.of(kind).into_iter();
        all.flat_map(|one| one.texts(attribute)).collect()
    };
    let (users, how): (BTreeSet<&str>, _) = match name {
        "alb" => (
            &of("aws_lb", "security_groups") | &of("aws_alb", "security_groups"),
            "the group of the load balancer",
        ),
        "db" => (
            of("aws_db_instance", "vpc_security_group_ids"),
            "the group of the database",
        ),
        "redis" => (
            &of("aws_elasticache_replication_group", "security_group_ids")
                | &of("aws_elasticache_cluster", "security_group_ids"),
            "the group of the cache",
        ),
        "endpoints" => (
            of("aws_vpc_endpoint", "security_group_ids"),
            "the group of the VPC endpoints",
        ),
        _ => {
            let services = mapper.of("aws_ecs_service");
            let blocks = services
                .into_iter()
                .flat_map(|one| one.blocks("network_configuration"));
            (
                blocks
                    .flat_map(|block| block.texts("security_groups"))
                    .collect(),
                "the group of the service",
            )
        }
    };
    let used = with(&users);
    if !used.is_empty() {
        return (used, how);
    }
    let allows = |test: &dyn Fn(&Rule<'a>) -> bool| -> BTreeSet<&'a str> {
        let rules = rules.iter().filter(|rule| !rule.egress && test(rule));
        rules.map(|rule| rule.group).collect()
    };
    let (by_rule, how): (BTreeSet<&str>, _) = match name {
        "alb" => (
            allows(&|rule| {
                matches!(rule.port(), Some(80 | 443)) && rule.peer == Peer::Cidr(ANYWHERE)
            }),
            "the group that allows HTTP or HTTPS from anywhere",
        ),
        "db" => (
            allows(&|rule| rule.port() == Some(5432)),
            "the group that allows PostgreSQL",
        ),
        "redis" => (
            allows(&|rule| rule.port() == Some(6379)),
            "the group that allows Redis",
        ),
        "endpoints" => (
            allows(&|rule| rule.port() == Some(443) && matches!(rule.peer, Peer::Group(_))),
            "the group that allows HTTPS from another group",
        ),
        _ => (
            allows(&|rule| {
                names
                    .get("alb")
                    .is_some_and(|alb| rule.peer == Peer::Group(alb))
            }),
            "the group that allows the group of the load balancer",
        ),
    };
    (with(&by_rule), how)
}

/// Every rule of the groups.
fn all_rules<'a>(mapper: &Mapper<'a>, groups: &[&'a Resource]) -> Vec<Rule<'a>> {
    let mut rules = Vec::new();
    for group in groups {
        for (direction, egress) in [("ingress", false), ("egress", true)] {
            for block in group.blocks(direction) {
                let peers = block
                    .texts("cidr_blocks")
                    .into_iter()
                    .map(Peer::Cidr)
                    .chain(block.texts("security_groups").into_iter().map(Peer::Group))
                    .chain(block.texts("prefix_list_ids").into_iter().map(Peer::List));
                rules.extend(peers.map(|peer| Rule {
                    group: group.id(),
                    egress,
                    protocol: block.text("protocol"),
                    from: block.number("from_port").unwrap_or(-1),
                    to: block.number("to_port").unwrap_or(-1),
                    peer,
                    resource: None,
                }));
            }
        }
    }
    for one in mapper.of("aws_security_group_rule") {
        let mut peers: Vec<Peer<'_>> = one
            .texts("cidr_blocks")
            .into_iter()
            .map(Peer::Cidr)
            .chain(one.texts("prefix_list_ids").into_iter().map(Peer::List))
            .collect();
        if !one.text("source_security_group_id").is_empty() {
            peers.push(Peer::Group(one.text("source_security_group_id")));
        }
        // A resource with several peers is several rules at AWS: each is found by its group, port and peer.
        let several = peers.len() > 1;
        rules.extend(peers.into_iter().map(|peer| Rule {
            group: one.text("security_group_id"),
            egress: one.text("type") == "egress",
            protocol: one.text("protocol"),
            from: one.number("from_port").unwrap_or(-1),
            to: one.number("to_port").unwrap_or(-1),
            peer,
            resource: Some((
                one,
                if several {
                    ""
                } else {
                    one.text("security_group_rule_id")
                },
            )),
        }));
    }
    for (kind, egress) in [
        ("aws_vpc_security_group_ingress_rule", false),
        ("aws_vpc_security_group_egress_rule", true),
    ] {
        rules.extend(mapper.of(kind).into_iter().map(|one| {
            let of = |name: &str| Some(one.text(name)).filter(|text| !text.is_empty());
            let peer = of("cidr_ipv4")
                .map(Peer::Cidr)
                .or_else(|| of("referenced_security_group_id").map(Peer::Group))
                .or_else(|| of("prefix_list_id").map(Peer::List));
            Rule {
                group: one.text("security_group_id"),
                egress,
                protocol: one.text("ip_protocol"),
                from: one.number("from_port").unwrap_or(-1),
                to: one.number("to_port").unwrap_or(-1),
                peer: peer.unwrap_or(Peer::Other),
                resource: Some((one, one.id())),
            }
        }));
    }
    rules
}

/// The port of the service: that of its container or its target group, otherwise the one that its group allows.
fn app_port(mapper: &Mapper<'_>, rules: &[Rule<'_>], names: &BTreeMap<&str, &str>) -> i64 {
    let api = names.get("api").copied().unwrap_or_default();
    let in_group = |one: &&Resource| {
        let blocks = one.blocks("network_configuration").into_iter();
        blocks
            .flat_map(|block| block.texts("security_groups"))
            .any(|group| group == api)
    };
    let services = mapper.of("aws_ecs_service").into_iter();
    let mut of_service = services
        .filter(in_group)
        .flat_map(|one| one.blocks("load_balancer"))
        .filter_map(|block| block.number("container_port"));
    if let Some(port) = of_service.next() {
        return port;
    }
    let (Some(alb), Some(api)) = (names.get("alb"), names.get("api")) else {
        return DEFAULT_PORT;
    };
    let mut allowed = rules
        .iter()
        .filter(|rule| !rule.egress && rule.group == *api && rule.peer == Peer::Group(alb))
        .filter_map(Rule::port);
    allowed.next().unwrap_or(DEFAULT_PORT)
}

/// Sets from where clients reach the load balancer, where that is not anywhere: rd would allow it.
fn ingress(mapper: &mut Mapper<'_>, rules: &[Rule<'_>], names: &BTreeMap<&str, &str>) {
    let Some(alb) = names.get("alb") else {
        return;
    };
    let peers: BTreeSet<&str> = rules
        .iter()
        .filter(|rule| !rule.egress && rule.group == *alb)
        .filter(|rule| matches!(rule.port(), Some(80 | 443)))
        .filter_map(|rule| match rule.peer {
            Peer::Cidr(peer) | Peer::List(peer) => Some(peer),
            Peer::Group(_) | Peer::Other => None,
        })
        .collect();
    if peers != BTreeSet::from([ANYWHERE]) {
        let peers: Vec<String> = peers.into_iter().map(str::to_owned).collect();
        mapper.mapping.set_list("net", "ingress", &peers);
    }
}

/// The address of a rule that rd has, too.
fn address_of(rule: &Rule<'_>, names: &BTreeMap<&str, &str>, app_port: i64) -> Option<String> {
    let name_of = |id: &str| {
        names
            .iter()
            .find(|(_, one)| **one == id)
            .map(|(name, _)| *name)
    };
    let group = name_of(rule.group)?;
    let port = rule.port()?;
    let peer = match rule.peer {
        Peer::Group(id) => Some(name_of(id)?),
        Peer::Cidr(_) | Peer::List(_) => None,
        Peer::Other => return None,
    };
    let name = match (group, rule.egress, port, peer, rule.peer) {
        ("alb", false, 80 | 443, None, Peer::Cidr(end) | Peer::List(end)) => {
            let protocol = if port == 80 { "http" } else { "https" };
            match end {
                ANYWHERE => protocol.to_owned(),
                _ if port == 80 && matches!(rule.peer, Peer::List(_)) => return None,
                _ => format!("{protocol}-{}", end.replace(['.', '/'], "-")),
            }
        }
        ("alb", true, port, Some("api"), _) if port == app_port => "api".to_owned(),
        ("api", false, port, Some("alb"), _) if port == app_port => "alb".to_owned(),
        ("api", true, 443, None, Peer::Cidr(ANYWHERE)) => "https".to_owned(),
        ("api", true, 5432, Some("db"), _) => "db".to_owned(),
        ("api", true, 6379, Some("redis"), _) => "redis".to_owned(),
        ("db", false, 5432, Some("api"), _)
        | ("redis", false, 6379, Some("api"), _)
        | ("endpoints", false, 443, Some("api"), _) => "api".to_owned(),
        _ => return None,
    };
    let direction = if rule.egress { "out" } else { "in" };
    Some(format!(
        "net.security_group_rule.{group}-{direction}-{name}"
    ))
}
