//! Checks the route table of a subnet for a connection.

use crate::reachability::live_network::{End, LiveSubnet};
use rd_common::output::check_report::CheckStep;

/// Whether the subnet has a working route to every address of `to`. Of several routes, the most specific one counts.
pub fn check(subnet: &LiveSubnet, to: &End) -> CheckStep {
    let step = format!("route from {} to {}", subnet.id, to.label());
    for block in to.blocks() {
        let most_specific = subnet
            .routes
            .iter()
            .filter(|route| route.destination.contains(&block))
            .max_by_key(|route| route.destination.prefix_len());
        match most_specific {
            None => {
                return CheckStep::new(
                    step,
                    false,
                    format!(
                        "no route to {block}: with nat = \"none\", private subnets have no route to the internet"
                    ),
                );
            }
            Some(route) if route.blackhole => {
                return CheckStep::new(
                    step,
                    false,
                    format!(
                        "the route through {} is a blackhole: run rd-net apply to fix it",
                        route.target
                    ),
                );
            }
            Some(_) => {}
        }
    }
    let targets: Vec<&str> = subnet
        .routes
        .iter()
        .filter(|route| {
            to.blocks()
                .iter()
                .any(|block| route.destination.contains(block))
        })
        .map(|route| route.target.as_str())
        .collect();
    CheckStep::new(step, true, format!("through {}", targets.join(", ")))
}
