//! Whether traffic gets from one group to another: subnets, rules, routes and network ACLs, one step after the other.
//! Pure: what was read is in, what lets through and what blocks is out.

use ipnet::Ipv4Net;
use rd_common::output::check_report::CheckStep;

/// One end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A group of the slice, and the tier of subnets that its members stand in.
    Group {
        /// Its name.
        name: String,
        /// Its id; none where it is not there.
        id: Option<String>,
        /// The subnets.
        subnets: Vec<Subnet>,
    },
    /// The internet.
    Internet,
}

/// A subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its id.
    pub id: String,
    /// Its block.
    pub block: Ipv4Net,
    /// The routes of its table.
    pub routes: Vec<Hop>,
    /// The entries of its network ACL, by number.
    pub acl: Vec<Entry>,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Where it leads.
    pub destination: Ipv4Net,
    /// What through: `local`, `igw-…`, `nat-…`.
    pub target: String,
    /// Whether that is gone.
    pub blackhole: bool,
}

/// An entry of a network ACL. <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number; the lowest that matches decides.
    pub number: i32,
    /// Whether it is for what leaves the subnet.
    pub egress: bool,
    /// Whether it allows.
    pub allow: bool,
    /// The protocol's number; -1 for all.
    pub protocol: String,
    /// The ports; none for all.
    pub ports: Option<(i32, i32)>,
    /// The other side.
    pub block: Ipv4Net,
}

/// A rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The group that has it.
    pub group: String,
    /// Whether it lets traffic out.
    pub egress: bool,
    /// The protocol; `-1` for all.
    pub protocol: String,
    /// The first port; -1 for all.
    pub from_port: i32,
    /// The last port.
    pub to_port: i32,
    /// The peer as a block.
    pub block: Option<Ipv4Net>,
    /// The peer as a group.
    pub peer: Option<String>,
}

fn anywhere() -> Ipv4Net {
    Ipv4Net::default()
}

/// Ports that answers come back to. <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html>
const EPHEMERAL: (i32, i32) = (1024, 65535);

impl End {
    fn label(&self) -> &str {
        match self {
            End::Group { name, .. } => name,
            End::Internet => "internet",
        }
    }

    fn id(&self) -> Option<&str> {
        match self {
            End::Group { id, .. } => id.as_deref(),
            End::Internet => None,
        }
    }

    fn subnets(&self) -> &[Subnet] {
        match self {
            End::Group { subnets, .. } => subnets,
            End::Internet => &[],
        }
    }

    fn blocks(&self) -> Vec<Ipv4Net> {
        match self {
            End::Group { subnets, .. } => subnets.iter().map(|subnet| subnet.block).collect(),
            End::Internet => vec![anywhere()],
        }
    }
}

/// Follows the way from `from` to a TCP port of `to`.
pub fn follow(from: &End, to: &End, port: u16, rules: &[Rule]) -> Vec<CheckStep> {
    let mut steps = Vec::new();
    for end in [from, to] {
        if let End::Group { name, id, subnets } = end {
            match id {
                None => steps.push(CheckStep::new(
                    format!("group {name}"),
                    false,
                    "it is not there: run rd-net apply",
                )),
                Some(id) => steps.push(CheckStep::new(format!("group {name}"), true, id)),
            }
            if subnets.is_empty() {
                steps.push(CheckStep::new(
                    format!("subnets of {name}"),
                    false,
                    "there are none: run rd-net apply",
                ));
            }
        }
    }
    if from.id().is_some() {
        steps.push(rule_step(from, to, port, true, rules));
    }
    for subnet in from.subnets() {
        steps.push(route_step(subnet, to));
        steps.push(acl_step(subnet, true, &to.blocks(), i32::from(port)));
        steps.push(acl_range_step(subnet, false, &to.blocks()));
    }
    for subnet in to.subnets() {
        if *from == End::Internet {
            steps.push(route_step(subnet, from));
        }
        steps.push(acl_step(subnet, false, &from.blocks(), i32::from(port)));
        steps.push(acl_range_step(subnet, true, &from.blocks()));
    }
    if to.id().is_some() {
        steps.push(rule_step(to, from, port, false, rules));
    }
    steps
}

fn rule_step(of: &End, other: &End, port: u16, egress: bool, rules: &[Rule]) -> CheckStep {
    let (way, preposition) = if egress {
        ("outbound", "to")
    } else {
        ("inbound", "from")
    };
    let what = format!(
        "{way} rule of {} {preposition} {}:{port}",
        of.label(),
        other.label()
    );
    let port = i32::from(port);
    let matching = rules.iter().find(|rule| {
        Some(rule.group.as_str()) == of.id()
            && rule.egress == egress
            && (rule.protocol == "-1"
                || (rule.protocol == "tcp"
                    && (rule.from_port == -1 || (rule.from_port..=rule.to_port).contains(&port))))
            && (rule
                .peer
                .as_deref()
                .is_some_and(|peer| Some(peer) == other.id())
                || rule
                    .block
                    .is_some_and(|block| other.blocks().iter().all(|b| block.contains(b))))
    });
    match matching {
        Some(rule) => {
            let peer = rule
                .peer
                .clone()
                .or_else(|| rule.block.map(|block| block.to_string()))
                .unwrap_or_default();
            CheckStep::new(what, true, format!("allowed {preposition} {peer}"))
        }
        None => CheckStep::new(
            what,
            false,
            format!("no {way} rule allows it: add one, or look for drift with rd-net plan"),
        ),
    }
}

fn route_step(subnet: &Subnet, to: &End) -> CheckStep {
    let what = format!("route from {} to {}", subnet.id, to.label());
    for block in to.blocks() {
        let best = subnet
            .routes
            .iter()
            .filter(|hop| hop.destination.contains(&block))
            .max_by_key(|hop| hop.destination.prefix_len());
        match best {
            None => {
                return CheckStep::new(
                    what,
                    false,
                    format!(
                        "no route to {block}: nat = \"none\" leaves private subnets without one"
                    ),
                );
            }
            Some(hop) if hop.blackhole => {
                return CheckStep::new(
                    what,
                    false,
                    format!(
                        "the route through {} is a blackhole: rd-net apply mends it",
                        hop.target
                    ),
                );
            }
            Some(_) => {}
        }
    }
    let through: Vec<&str> = subnet
        .routes
        .iter()
        .filter(|hop| {
            to.blocks()
                .iter()
                .any(|block| hop.destination.contains(block))
        })
        .map(|hop| hop.target.as_str())
        .collect();
    CheckStep::new(what, true, format!("through {}", through.join(", ")))
}

fn acl_step(subnet: &Subnet, egress: bool, others: &[Ipv4Net], port: i32) -> CheckStep {
    acl(
        subnet,
        egress,
        others,
        (port, port),
        &format!("port {port}"),
    )
}

fn acl_range_step(subnet: &Subnet, egress: bool, others: &[Ipv4Net]) -> CheckStep {
    acl(
        subnet,
        egress,
        others,
        EPHEMERAL,
        "answers on ports 1024-65535",
    )
}

fn acl(
    subnet: &Subnet,
    egress: bool,
    others: &[Ipv4Net],
    ports: (i32, i32),
    words: &str,
) -> CheckStep {
    let way = if egress { "out of" } else { "into" };
    let what = format!("network ACL {way} {}, {words}", subnet.id);
    for other in others {
        let mut entries: Vec<&Entry> = subnet
            .acl
            .iter()
            .filter(|entry| {
                entry.egress == egress
                    && (entry.protocol == "-1" || entry.protocol == "6")
                    && entry.block.contains(other)
                    && entry
                        .ports
                        .is_none_or(|(first, last)| first <= ports.0 && ports.1 <= last)
            })
            .collect();
        entries.sort_by_key(|entry| entry.number);
        match entries.first() {
            Some(entry) if entry.allow => {}
            Some(entry) => {
                return CheckStep::new(
                    what,
                    false,
                    format!("entry {} denies {other}", entry.number),
                );
            }
            None => return CheckStep::new(what, false, format!("no entry allows {other}")),
        }
    }
    CheckStep::new(what, true, "allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    fn open_acl() -> Vec<Entry> {
        [true, false]
            .map(|egress| Entry {
                number: 100,
                egress,
                allow: true,
                protocol: "-1".into(),
                ports: None,
                block: anywhere(),
            })
            .to_vec()
    }

    fn end(name: &str, block: &str) -> End {
        End::Group {
            name: name.into(),
            id: Some(format!("sg-{name}")),
            subnets: vec![Subnet {
                id: format!("subnet-{name}"),
                block: net(block),
                routes: vec![Hop {
                    destination: net("10.0.0.0/16"),
                    target: "local".into(),
                    blackhole: false,
                }],
                acl: open_acl(),
            }],
        }
    }

    fn rule(group: &str, egress: bool, peer: &str) -> Rule {
        Rule {
            group: format!("sg-{group}"),
            egress,
            protocol: "tcp".into(),
            from_port: 5432,
            to_port: 5432,
            block: None,
            peer: Some(format!("sg-{peer}")),
        }
    }

    fn blocks(steps: &[CheckStep]) -> Vec<&str> {
        steps
            .iter()
            .filter(|step| !step.ok)
            .map(|step| step.step.as_str())
            .collect()
    }

    #[test]
    fn both_rules_are_needed() {
        let (api, db) = (end("api", "10.0.0.0/20"), end("db", "10.0.16.0/20"));
        let both = [rule("api", true, "db"), rule("db", false, "api")];
        assert_eq!(blocks(&follow(&api, &db, 5432, &both)), Vec::<&str>::new());
        assert_eq!(
            blocks(&follow(&api, &db, 5432, &both[..1])),
            ["inbound rule of db from api:5432"]
        );
        assert_eq!(blocks(&follow(&api, &db, 6379, &both)).len(), 2);
    }

    #[test]
    fn a_missing_route_and_a_denying_acl_block() {
        let api = end("api", "10.0.0.0/20");
        let out = Rule {
            peer: None,
            block: Some(anywhere()),
            from_port: 443,
            to_port: 443,
            ..rule("api", true, "db")
        };
        let steps = follow(&api, &End::Internet, 443, std::slice::from_ref(&out));
        assert_eq!(blocks(&steps), ["route from subnet-api to internet"]);

        let End::Group {
            name,
            id,
            mut subnets,
        } = api
        else {
            unreachable!()
        };
        subnets[0].routes.push(Hop {
            destination: anywhere(),
            target: "nat-1".into(),
            blackhole: false,
        });
        subnets[0].acl.push(Entry {
            number: 50,
            egress: true,
            allow: false,
            protocol: "6".into(),
            ports: Some((443, 443)),
            block: anywhere(),
        });
        let api = End::Group { name, id, subnets };
        let steps = follow(&api, &End::Internet, 443, &[out]);
        assert_eq!(blocks(&steps), ["network ACL out of subnet-api, port 443"]);
    }
}
