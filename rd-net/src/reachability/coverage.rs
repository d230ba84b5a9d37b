//! What is left of some traffic after what several rules, entries or routes cover together.

use ipnet::Ipv4Net;

/// All TCP ports, first and last.
pub const ALL_PORTS: (i32, i32) = (0, 65535);

/// The addresses of a block on the ports of a range (first and last).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// The addresses at the other end.
    pub block: Ipv4Net,
    /// The first and the last port.
    pub ports: (i32, i32),
}

impl Traffic {
    /// The addresses of each block on all ports.
    pub fn on_all_ports(blocks: &[Ipv4Net]) -> Vec<Self> {
        let traffic = |block: &Ipv4Net| Self {
            block: *block,
            ports: ALL_PORTS,
        };
        blocks.iter().map(traffic).collect()
    }

    /// The part that `other` has, too.
    pub fn shared_with(&self, other: &Self) -> Option<Self> {
        let block = match (
            self.block.contains(&other.block),
            other.block.contains(&self.block),
        ) {
            (true, _) => other.block,
            (_, true) => self.block,
            _ => return None,
        };
        let first = self.ports.0.max(other.ports.0);
        let last = self.ports.1.min(other.ports.1);
        (first <= last).then_some(Self {
            block,
            ports: (first, last),
        })
    }

    /// The parts that `other` does not have.
    fn without(&self, other: &Self) -> Vec<Self> {
        let Some(shared) = self.shared_with(other) else {
            return vec![*self];
        };
        let mut left: Vec<Self> = blocks_without(self.block, shared.block)
            .into_iter()
            .map(|block| Self { block, ..*self })
            .collect();
        let below = (self.ports.0, shared.ports.0 - 1);
        let above = (shared.ports.1 + 1, self.ports.1);
        for ports in [below, above]
            .into_iter()
            .filter(|(first, last)| first <= last)
        {
            left.push(Self {
                block: shared.block,
                ports,
            });
        }
        left
    }
}

/// Takes what `other` has out of all `traffic`. Returns whether there was any.
pub fn take(traffic: &mut Vec<Traffic>, other: &Traffic) -> bool {
    let some = traffic.iter().any(|one| one.shared_with(other).is_some());
    if some {
        *traffic = traffic.iter().flat_map(|one| one.without(other)).collect();
    }
    some
}

/// The blocks that make up `block` without `inside`, which is a part of it.
fn blocks_without(block: Ipv4Net, inside: Ipv4Net) -> Vec<Ipv4Net> {
    let mut left = Vec::new();
    let mut around = block;
    while around != inside {
        let Ok(halves) = around.subnets(around.prefix_len() + 1) else {
            break;
        };
        let (with, without): (Vec<_>, Vec<_>) = halves.partition(|half| half.contains(&inside));
        left.extend(without);
        let Some(with) = with.first() else {
            break;
        };
        around = *with;
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some traffic in 10.0.0.0/24 on ports below 8, another one for each number.
    fn traffic(number: u32) -> Traffic {
        let mixed = number.wrapping_mul(0x9E37_79B9);
        let (a, b) = ((mixed >> 8 & 7) as i32, (mixed >> 12 & 7) as i32);
        let address = 0x0a00_0000 | mixed >> 24;
        Traffic {
            block: Ipv4Net::new(address.into(), 24 + (mixed >> 16 & 7) as u8)
                .unwrap()
                .trunc(),
            ports: (a.min(b), a.max(b)),
        }
    }

    fn has(all: &[Traffic], address: u32, port: i32) -> bool {
        let has = |one: &Traffic| {
            one.block.contains(&std::net::Ipv4Addr::from(address))
                && (one.ports.0..=one.ports.1).contains(&port)
        };
        all.iter().any(has)
    }

    #[test]
    fn what_is_left_is_what_no_other_has() {
        let whole = Traffic {
            block: "10.0.0.0/24".parse().unwrap(),
            ports: (1, 6),
        };
        for number in 0..40 {
            let others: Vec<Traffic> = (0..4).map(|more| traffic(number * 4 + more)).collect();
            let mut left = vec![whole];
            for other in &others {
                take(&mut left, other);
            }
            for address in 0x0a00_0000..0x0a00_0100 {
                for port in 0..8 {
                    let wanted = has(&[whole], address, port) && !has(&others, address, port);
                    assert_eq!(has(&left, address, port), wanted, "{others:?}");
                }
            }
        }
    }
}
