//! Checks the network ACL of a subnet for a connection. ACLs are stateless: the answers need an entry of their own.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>

use crate::reachability::coverage::{ALL_PORTS, Traffic, take};
use crate::reachability::live_network::{AclEntry, LiveSubnet};
use ipnet::Ipv4Net;
use rd_common::output::check_report::CheckStep;

/// The ports of clients, to which answers return.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html>
pub const EPHEMERAL_PORTS: (i32, i32) = (1024, 65535);

/// Whether the subnet's ACL allows TCP traffic on `ports` (first and last) to or from every block of `peers`. The entries
/// count in the order of their numbers, and several of them can cover the traffic together. Entries that deny some
/// addresses of the internet are shown, but do not block it.
pub fn check(subnet: &LiveSubnet, egress: bool, peers: &[Ipv4Net], ports: (i32, i32)) -> CheckStep {
    let direction = if egress { "outbound" } else { "inbound" };
    let traffic = if ports == EPHEMERAL_PORTS {
        format!("answers on ports {}-{}", ports.0, ports.1)
    } else {
        format!("port {}", ports.0)
    };
    let step = format!("{direction} network ACL of {}, {traffic}", subnet.id);
    let mut entries: Vec<&AclEntry> = subnet
        .acl
        .iter()
        .filter(|entry| entry.egress == egress && ["-1", "6"].contains(&entry.protocol.as_str()))
        .collect();
    entries.sort_by_key(|entry| entry.number);
    let mut except = Vec::new();
    for peer in peers {
        let mut left = vec![Traffic {
            block: *peer,
            ports,
        }];
        for entry in &entries {
            let covered = Traffic {
                block: entry.block,
                ports: entry.ports.unwrap_or(ALL_PORTS),
            };
            let shared = left.iter().find_map(|one| one.shared_with(&covered));
            if !take(&mut left, &covered) || entry.allow {
                continue;
            }
            let is_small = peer.prefix_len() == 0 && entry.block.prefix_len() > 0;
            match shared {
                Some(shared) if is_small => except.push(shared.block.to_string()),
                shared => {
                    let denied = shared.map_or(*peer, |shared| shared.block);
                    let what = format!("entry {} denies {denied}", entry.number);
                    return CheckStep::new(step, false, what);
                }
            }
        }
        if let Some(one) = left.first() {
            let mut what = format!("no entry allows {}", one.block);
            if one.ports != ports {
                what = format!("{what} on ports {}-{}", one.ports.0, one.ports.1);
            }
            return CheckStep::new(step, false, what);
        }
    }
    let allowed = match except.is_empty() {
        true => "allowed".to_owned(),
        false => format!("allowed, except {}", except.join(", ")),
    };
    CheckStep::new(step, true, allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i32, allow: bool, block: &str, ports: Option<(i32, i32)>) -> AclEntry {
        AclEntry {
            number,
            egress: false,
            allow,
            protocol: "6".to_owned(),
            ports,
            block: block.parse().unwrap(),
        }
    }

    fn checked(entries: Vec<AclEntry>, peer: &str, ports: (i32, i32)) -> (bool, String) {
        let subnet = LiveSubnet {
            internet_gateway_block_mode: String::new(),
            id: "subnet-1".to_owned(),
            block: "10.0.0.0/20".parse().unwrap(),
            routes: Vec::new(),
            acl: entries,
        };
        let step = check(&subnet, false, &[peer.parse().unwrap()], ports);
        (step.ok, step.reason)
    }

    #[test]
    fn entries_cover_blocks_and_ports_together() {
        let halves = || {
            vec![
                entry(100, true, "10.0.16.0/21", None),
                entry(110, true, "10.0.24.0/21", Some((1024, 32767))),
                entry(120, true, "10.0.0.0/16", Some((32768, 65535))),
            ]
        };
        let (ok, detail) = checked(halves(), "10.0.16.0/20", EPHEMERAL_PORTS);
        assert!(ok, "{detail}");
        let (ok, detail) = checked(halves()[..2].to_vec(), "10.0.16.0/20", EPHEMERAL_PORTS);
        assert!(!ok);
        assert_eq!(detail, "no entry allows 10.0.24.0/21 on ports 32768-65535");
        let (ok, detail) = checked(halves()[..1].to_vec(), "10.0.16.0/20", (5432, 5432));
        assert_eq!(
            (ok, detail.as_str()),
            (false, "no entry allows 10.0.24.0/21")
        );
    }

    #[test]
    fn an_entry_that_denies_a_part_blocks_unless_it_comes_after() {
        let part = |number| entry(number, false, "10.0.16.0/24", Some((5000, 6000)));
        let all = entry(100, true, "0.0.0.0/0", None);
        let (ok, detail) = checked(vec![all.clone(), part(50)], "10.0.16.0/20", (5432, 5432));
        assert_eq!(
            (ok, detail.as_str()),
            (false, "entry 50 denies 10.0.16.0/24")
        );
        let (ok, _) = checked(vec![all.clone(), part(150)], "10.0.16.0/20", (5432, 5432));
        assert!(ok);
        // A list of blocked addresses does not cut off the internet.
        let (ok, detail) = checked(vec![all, part(50)], "0.0.0.0/0", (5432, 5432));
        assert_eq!(
            (ok, detail.as_str()),
            (true, "allowed, except 10.0.16.0/24")
        );
    }
}
