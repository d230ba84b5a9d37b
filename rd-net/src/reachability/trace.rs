//! Traces a connection from one end to the other: security group rules, routes and network ACLs, one step each.

use crate::reachability::live_network::{End, LiveRule};
use crate::reachability::network_acls::{self, EPHEMERAL_PORTS};
use crate::reachability::{block_public_access, routes, security_group_rules};
use rd_common::output::check_report::CheckStep;

/// Checks everything that a connection from `from` to a TCP port of `to` passes, in order. `rules` are the rules of all
/// groups.
pub fn trace(from: &End, to: &End, port: u16, rules: &[LiveRule]) -> Vec<CheckStep> {
    let mut steps = Vec::new();
    for end in [from, to] {
        steps.extend(existence_steps(end));
    }
    if from.group_id().is_some() {
        steps.push(security_group_rules::check(from, to, port, true, rules));
    }
    for subnet in from.subnets() {
        steps.push(routes::check(subnet, to));
        if *to == End::Internet {
            steps.extend(block_public_access::check(subnet, false));
        }
        steps.push(network_acls::check(
            subnet,
            true,
            &to.blocks(),
            single_port(port),
        ));
        steps.push(network_acls::check(
            subnet,
            false,
            &to.blocks(),
            EPHEMERAL_PORTS,
        ));
    }
    for subnet in to.subnets() {
        if *from == End::Internet {
            steps.push(routes::check(subnet, from));
            steps.extend(block_public_access::check(subnet, true));
        }
        steps.push(network_acls::check(
            subnet,
            false,
            &from.blocks(),
            single_port(port),
        ));
        steps.push(network_acls::check(
            subnet,
            true,
            &from.blocks(),
            EPHEMERAL_PORTS,
        ));
    }
    if to.group_id().is_some() {
        steps.push(security_group_rules::check(to, from, port, false, rules));
    }
    steps
}

fn single_port(port: u16) -> (i32, i32) {
    (i32::from(port), i32::from(port))
}

/// Whether the group and its subnets exist.
fn existence_steps(end: &End) -> Vec<CheckStep> {
    let End::Group { name, id, subnets } = end else {
        return Vec::new();
    };
    let mut steps = vec![match id {
        Some(id) => CheckStep::new(format!("group {name}"), true, id),
        None => CheckStep::new(
            format!("group {name}"),
            false,
            "not found: run rd-net apply",
        ),
    }];
    if subnets.is_empty() {
        steps.push(CheckStep::new(
            format!("subnets of {name}"),
            false,
            "not found: run rd-net apply",
        ));
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reachability::live_network::{AclEntry, LiveRoute, LiveSubnet};
    use ipnet::Ipv4Net;

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    fn open_acl() -> Vec<AclEntry> {
        [true, false]
            .map(|egress| AclEntry {
                number: 100,
                egress,
                allow: true,
                protocol: "-1".into(),
                ports: None,
                block: Ipv4Net::default(),
            })
            .to_vec()
    }

    fn end(name: &str, block: &str) -> End {
        End::Group {
            name: name.into(),
            id: Some(format!("sg-{name}")),
            subnets: vec![LiveSubnet {
                internet_gateway_block_mode: String::new(),
                id: format!("subnet-{name}"),
                block: net(block),
                routes: vec![LiveRoute {
                    destination: net("10.0.0.0/16"),
                    target: "local".into(),
                    blackhole: false,
                }],
                acl: open_acl(),
            }],
        }
    }

    fn rule(group: &str, egress: bool, peer: &str) -> LiveRule {
        LiveRule {
            group: format!("sg-{group}"),
            egress,
            protocol: "tcp".into(),
            from_port: 5432,
            to_port: 5432,
            peer_block: None,
            peer_group: Some(format!("sg-{peer}")),
        }
    }

    fn blocked(steps: &[CheckStep]) -> Vec<&str> {
        steps
            .iter()
            .filter(|step| !step.ok)
            .map(|step| step.step.as_str())
            .collect()
    }

    #[test]
    fn an_outbound_and_an_inbound_rule_are_needed() {
        let (api, db) = (end("api", "10.0.0.0/20"), end("db", "10.0.16.0/20"));
        let both = [rule("api", true, "db"), rule("db", false, "api")];
        assert_eq!(blocked(&trace(&api, &db, 5432, &both)), Vec::<&str>::new());
        assert_eq!(
            blocked(&trace(&api, &db, 5432, &both[..1])),
            ["inbound rule of db from api:5432"]
        );
        assert_eq!(blocked(&trace(&api, &db, 6379, &both)).len(), 2);
    }

    #[test]
    fn a_missing_route_and_a_deny_entry_of_an_acl_block() {
        let api = end("api", "10.0.0.0/20");
        let out = LiveRule {
            peer_group: None,
            peer_block: Some(Ipv4Net::default()),
            from_port: 443,
            to_port: 443,
            ..rule("api", true, "db")
        };
        let steps = trace(&api, &End::Internet, 443, std::slice::from_ref(&out));
        assert_eq!(blocked(&steps), ["route from subnet-api to internet"]);

        let End::Group {
            name,
            id,
            mut subnets,
        } = api
        else {
            unreachable!()
        };
        subnets[0].routes.push(LiveRoute {
            destination: Ipv4Net::default(),
            target: "nat-1".into(),
            blackhole: false,
        });
        subnets[0].acl.push(AclEntry {
            number: 50,
            egress: true,
            allow: false,
            protocol: "6".into(),
            ports: Some((443, 443)),
            block: Ipv4Net::default(),
        });
        let api = End::Group { name, id, subnets };
        let steps = trace(&api, &End::Internet, 443, &[out]);
        assert_eq!(
            blocked(&steps),
            ["outbound network ACL of subnet-api, port 443"]
        );
    }
}
