//! Checks the network ACL of a subnet for a connection. ACLs are stateless: the answers need an entry of their own.

use crate::reachability::live_network::{AclEntry, LiveSubnet};
use ipnet::Ipv4Net;
use rd_common::output::check_report::CheckStep;

/// The ports of clients, to which answers return.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html>
pub const EPHEMERAL_PORTS: (i32, i32) = (1024, 65535);

/// Whether the subnet's ACL allows TCP traffic on `ports` (first and last) to or from every block of `peers`.
pub fn check(subnet: &LiveSubnet, egress: bool, peers: &[Ipv4Net], ports: (i32, i32)) -> CheckStep {
    let direction = if egress { "outbound" } else { "inbound" };
    let traffic = if ports == EPHEMERAL_PORTS {
        format!("answers on ports {}-{}", ports.0, ports.1)
    } else {
        format!("port {}", ports.0)
    };
    let step = format!("{direction} network ACL of {}, {traffic}", subnet.id);
    for peer in peers {
        let decisive = subnet
            .acl
            .iter()
            .filter(|entry| entry.egress == egress && matches(entry, peer, ports))
            .min_by_key(|entry| entry.number);
        match decisive {
            Some(entry) if entry.allow => {}
            Some(entry) => {
                return CheckStep::new(
                    step,
                    false,
                    format!("entry {} denies {peer}", entry.number),
                );
            }
            None => return CheckStep::new(step, false, format!("no entry allows {peer}")),
        }
    }
    CheckStep::new(step, true, "allowed")
}

fn matches(entry: &AclEntry, peer: &Ipv4Net, ports: (i32, i32)) -> bool {
    (entry.protocol == "-1" || entry.protocol == "6")
        && entry.block.contains(peer)
        && entry
            .ports
            .is_none_or(|(first, last)| first <= ports.0 && ports.1 <= last)
}
