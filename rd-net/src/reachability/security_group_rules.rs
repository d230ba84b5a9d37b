//! Checks the rules of one security group for a connection.

use crate::reachability::live_network::{End, LiveRule};
use rd_common::output::check_report::CheckStep;

/// Whether a rule of `group` allows TCP traffic on `port` to `peer` (`egress`), or from it.
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
    let rule = rules.iter().find(|rule| {
        Some(rule.group.as_str()) == group.group_id()
            && rule.egress == egress
            && allows_port(rule, i32::from(port))
            && allows_peer(rule, peer)
    });
    match rule {
        Some(rule) => {
            let allowed = rule
                .peer_group
                .clone()
                .or_else(|| rule.peer_block.map(|block| block.to_string()))
                .unwrap_or_default();
            CheckStep::new(step, true, format!("allowed {preposition} {allowed}"))
        }
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

fn allows_peer(rule: &LiveRule, peer: &End) -> bool {
    let group = rule.peer_group.as_deref();
    group.is_some_and(|group| Some(group) == peer.group_id())
        || rule
            .peer_block
            .is_some_and(|allowed| peer.blocks().iter().all(|block| allowed.contains(block)))
}
