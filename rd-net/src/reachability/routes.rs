//! Checks the route table of a subnet for a connection.

use crate::reachability::coverage::{ALL_PORTS, Traffic, take};
use crate::reachability::live_network::{End, LiveRoute, LiveSubnet};
use rd_common::output::check_report::CheckStep;

/// Whether the subnet has a working route to every address of `to`. Of several routes, the most specific one counts, and
/// several of them can cover the addresses together.
pub fn check(subnet: &LiveSubnet, to: &End) -> CheckStep {
    let step = format!("route from {} to {}", subnet.id, to.label());
    let mut routes: Vec<&LiveRoute> = subnet.routes.iter().collect();
    routes.sort_by_key(|route| std::cmp::Reverse(route.destination.prefix_len()));
    let mut left = Traffic::on_all_ports(&to.blocks());
    let mut targets: Vec<&str> = Vec::new();
    for route in routes {
        let covered = Traffic {
            block: route.destination,
            ports: ALL_PORTS,
        };
        // A blackhole for a part of the internet, such as a deleted peering connection, does not cut it off.
        let cuts_off = *to != End::Internet || route.destination.prefix_len() == 0;
        if !take(&mut left, &covered) {
            continue;
        }
        if route.blackhole && cuts_off {
            let what = format!(
                "the route through {} is a blackhole: run rd-net apply to fix it",
                route.target
            );
            return CheckStep::new(step, false, what);
        }
        if !route.blackhole && !targets.contains(&route.target.as_str()) {
            targets.push(&route.target);
        }
    }
    if let Some(Traffic { block, .. }) = left.first() {
        // A local route covers a part of the internet's addresses; what is left is split.
        let block = match to {
            End::Internet => "0.0.0.0/0".to_owned(),
            _ => block.to_string(),
        };
        let what = format!(
            "no route to {block}: with nat = \"none\", private subnets have no route to the internet"
        );
        return CheckStep::new(step, false, what);
    }
    if *to == End::Internet {
        targets.retain(|target| *target != "local");
    }
    CheckStep::new(step, true, format!("through {}", targets.join(", ")))
}
