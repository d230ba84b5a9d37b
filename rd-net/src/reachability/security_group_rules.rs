//! Checks the rules of one security group for a connection.

use crate::reachability::coverage::{ALL_PORTS, Traffic, take};
use crate::reachability::live_network::{End, LiveRule};
use rd_common::output::check_report::CheckStep;

/// Whether the rules of `group` allow TCP traffic on `port` to `peer` (`egress`), or from it: one that names its group, or
/// those that cover its addresses together.
pub fn check(group: &End, peer: &End, port: u16, egress: bool, rules: &[LiveRule]) -> CheckStep {
    let (direction, preposition) = if egress {
        ("outbound", "to")
    } else {
        ("inbound", "from")
    };
    let step = format!(
        "{direction} rule of {} {preposition} {}:{port}",
        group.label(),
        peer.label()
    );
    let rules: Vec<&LiveRule> = rules
        .iter()
        .filter(|rule| {
            Some(rule.group.as_str()) == group.group_id()
                && rule.egress == egress
                && allows_port(rule, i32::from(port))
        })
        .collect();
    match allowed_peers(&rules, peer) {
        Some(allowed) => CheckStep::new(step, true, format!("allowed {preposition} {allowed}")),
        None => CheckStep::new(
            step,
            false,
            format!("no {direction} rule allows it: add one, or check for drift with rd-net plan"),
        ),
    }
}

fn allows_port(rule: &LiveRule, port: i32) -> bool {
    rule.protocol == "-1"
        || (rule.protocol == "tcp"
            && (rule.from_port == -1 || (rule.from_port..=rule.to_port).contains(&port)))
}

/// The peers of the rules that allow all of `peer`: its group, or blocks that have all of its addresses.
fn allowed_peers(rules: &[&LiveRule], peer: &End) -> Option<String> {
    let groups = rules.iter().filter_map(|rule| rule.peer_group.as_deref());
    if let Some(group) = groups
        .into_iter()
        .find(|group| Some(*group) == peer.group_id())
    {
        return Some(group.to_owned());
    }
    let mut left = Traffic::on_all_ports(&peer.blocks());
    let mut blocks: Vec<_> = rules.iter().filter_map(|rule| rule.peer_block).collect();
    // The largest block first, so that the fewest are named.
    blocks.sort_by_key(ipnet::Ipv4Net::prefix_len);
    let mut used = Vec::new();
    for block in blocks {
        let covered = Traffic {
            block,
            ports: ALL_PORTS,
        };
        if take(&mut left, &covered) {
            used.push(block.to_string());
        }
    }
    (left.is_empty() && !used.is_empty()).then(|| used.join(", "))
}
