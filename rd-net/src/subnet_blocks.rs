//! The CIDR blocks of the subnets: from the settings, kept from subnets that exist, or cut from the VPC's block.

use ipnet::Ipv4Net;
use rd_common::Problem;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// In the order of their addresses, blocks are reserved for this many zones, so that a zone that is added later moves
/// no subnet.
const MAX_ZONES: usize = 3;

/// What the settings say about the blocks.
#[derive(Clone, Copy, Debug)]
pub struct BlockSettings<'a> {
    /// The VPC's block, in CIDR notation.
    pub vpc: &'a str,
    /// The prefix length of computed public blocks.
    pub public_prefix: u8,
    /// The prefix length of computed private blocks.
    pub private_prefix: u8,
    /// The public blocks, one for each zone; empty where they are computed.
    pub public_cidrs: &'a [String],
    /// The private blocks, one for each zone; empty where they are computed.
    pub private_cidrs: &'a [String],
}

/// The tier of a subnet, in the order in which blocks are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Subnets without a route to the internet gateway.
    Private,
    /// Subnets with such a route.
    Public,
}

impl Tier {
    /// Both tiers, in the order of their blocks.
    pub const ALL: [Self; 2] = [Self::Private, Self::Public];

    /// The part of a subnet's address before its zone.
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Private => Self::Public,
            Self::Public => Self::Private,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Private => "private_cidrs",
            Self::Public => "public_cidrs",
        }
    }
}

/// Blocks by tier and name of the zone.
pub type Blocks = BTreeMap<(Tier, String), Ipv4Net>;

impl BlockSettings<'_> {
    fn listed(&self, tier: Tier) -> &[String] {
        match tier {
            Tier::Private => self.private_cidrs,
            Tier::Public => self.public_cidrs,
        }
    }

    fn prefix(&self, tier: Tier) -> u8 {
        match tier {
            Tier::Private => self.private_prefix,
            Tier::Public => self.public_prefix,
        }
    }

    /// Gives each zone a block in each tier: the one that the settings list, otherwise the one that its subnet has,
    /// otherwise one that no subnet has. `existing` are the blocks of the subnets in the VPC, also of zones that the
    /// settings no longer name: AWS frees a block only when its subnet is deleted. Fails where the blocks do not fit
    /// into the VPC's block, overlap, or belong to another subnet.
    pub fn assign(&self, zones: &[String], existing: &Blocks) -> Result<Blocks, Problem> {
        let vpc: Ipv4Net = self.vpc.parse().map_err(|_| {
            Problem::new(
                "cidr",
                format!("`{}` is not an IPv4 CIDR block", self.vpc),
                "an address and a prefix length, such as 10.0.0.0/16",
            )
        })?;
        let mut blocks = Blocks::new();
        for tier in Tier::ALL {
            for (zone, block) in zones.iter().zip(self.read_listed(tier, zones.len())?) {
                check_listed(tier, zone, block, &vpc, &blocks, existing)?;
                blocks.insert((tier, zone.clone()), block);
            }
        }
        let reserved = self.reserved(&vpc)?;
        let computed = |tier: Tier| self.listed(tier).is_empty();
        let missing = Tier::ALL.into_iter().filter(|tier| computed(*tier));
        let missing = missing.flat_map(|tier| zones.iter().map(move |zone| (tier, zone.clone())));
        let (kept, new): (Vec<_>, Vec<_>) = missing.partition(|slot| {
            let fits =
                |block: &Ipv4Net| block.prefix_len() == self.prefix(slot.0) && vpc.contains(block);
            existing.get(slot).is_some_and(fits)
        });
        for slot in kept {
            let block = existing[&slot];
            blocks.insert(slot, block);
        }
        for slot in new {
            let tier = slot.0;
            let of_others = existing.iter().filter(|(other, _)| **other != slot);
            let of_others = of_others.map(|(_, block)| *block);
            let taken: Vec<Ipv4Net> = of_others.chain(blocks.values().copied()).collect();
            let is_free = |block: &Ipv4Net, taken: &[Ipv4Net]| {
                !taken.iter().any(|other| overlap(other, block))
            };
            let first = reserved[&tier].iter().find(|block| is_free(block, &taken));
            let block = first.copied().or_else(|| {
                let mut all = vpc.subnets(self.prefix(tier)).ok()?;
                all.find(|block| is_free(block, &taken) && is_free(block, &reserved[&tier.other()]))
            });
            let block = block.ok_or_else(|| self.too_small(&vpc, !existing.is_empty()))?;
            blocks.insert(slot, block);
        }
        Ok(blocks)
    }

    /// The blocks that the settings list for a tier, in the order of the zones; none where they are computed.
    fn read_listed(&self, tier: Tier, zones: usize) -> Result<Vec<Ipv4Net>, Problem> {
        let texts = self.listed(tier);
        if !texts.is_empty() && texts.len() != zones {
            return Err(Problem::new(
                tier.key(),
                format!("{} blocks for {zones} zones", texts.len()),
                "one block for each zone, in the order of the zones",
            ));
        }
        let blocks = texts.iter().map(|text| {
            text.parse::<Ipv4Net>()
                .ok()
                .filter(|net| net.trunc() == *net && (16..=28).contains(&net.prefix_len()))
                .ok_or_else(|| {
                    Problem::new(
                        tier.key(),
                        format!("`{text}` is not a subnet's CIDR block"),
                        "blocks from /16 to /28",
                    )
                })
        });
        blocks.collect()
    }

    /// The first blocks that zones get in the tiers that the settings do not list: from the beginning of the VPC's
    /// block, the private ones before the public ones.
    fn reserved(&self, vpc: &Ipv4Net) -> Result<BTreeMap<Tier, Vec<Ipv4Net>>, Problem> {
        let mut next = u64::from(u32::from(vpc.network()));
        let end = u64::from(u32::from(vpc.broadcast())) + 1;
        let mut reserved = BTreeMap::from(Tier::ALL.map(|tier| (tier, Vec::new())));
        for tier in Tier::ALL {
            if !self.listed(tier).is_empty() {
                continue;
            }
            let size = 1u64 << (32 - u32::from(self.prefix(tier)));
            for _ in 0..MAX_ZONES {
                let start = next.next_multiple_of(size);
                next = start + size;
                let address = u32::try_from(start).ok().filter(|_| next <= end);
                let block = address
                    .and_then(|start| Ipv4Net::new(Ipv4Addr::from(start), self.prefix(tier)).ok());
                let block = block.ok_or_else(|| self.too_small(vpc, false))?;
                reserved.entry(tier).or_default().push(block);
            }
        }
        Ok(reserved)
    }

    fn too_small(&self, vpc: &Ipv4Net, in_use: bool) -> Problem {
        let (public, private) = (self.public_prefix, self.private_prefix);
        if in_use {
            return Problem::new(
                "cidr",
                format!(
                    "{vpc} has no free block left for a new subnet: AWS frees the block of a subnet only when it is deleted"
                ),
                "a new zone once an old one is gone: remove that one from `azs` and apply, then add the new one",
            );
        }
        Problem::new(
            "cidr",
            format!(
                "{vpc} is too small for subnets of /{public} and /{private} in {MAX_ZONES} zones"
            ),
            "a larger block (/18 is enough for the default sizes), or smaller subnets: a larger public_prefix or private_prefix",
        )
    }
}

/// Refuses a block of the settings that is outside of the VPC's block, or overlaps another one or that of another
/// subnet.
fn check_listed(
    tier: Tier,
    zone: &str,
    block: Ipv4Net,
    vpc: &Ipv4Net,
    listed: &Blocks,
    existing: &Blocks,
) -> Result<(), Problem> {
    if !vpc.contains(&block) {
        return Err(Problem::new(
            tier.key(),
            format!("{block} is outside of the VPC's block {vpc}"),
            format!("blocks inside of {vpc}"),
        ));
    }
    if let Some(other) = listed.values().find(|other| overlap(other, &block)) {
        return Err(Problem::new(
            tier.key(),
            format!("{block} overlaps {other}"),
            "blocks that do not overlap, neither public nor private",
        ));
    }
    let mut others = existing
        .iter()
        .filter(|((of, place), _)| (*of, place.as_str()) != (tier, zone));
    if let Some(((of, place), other)) = others.find(|(_, other)| overlap(other, &block)) {
        return Err(Problem::new(
            tier.key(),
            format!(
                "{block} for {zone} overlaps {other}, which the {} subnet in {place} has: AWS frees a block only when \
                 its subnet is deleted",
                of.name()
            ),
            format!(
                "a block that no subnet has; or remove {place} from `azs` with its blocks and apply before you use its \
                 block"
            ),
        ));
    }
    Ok(())
}

fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults of the section `[net]`.
    const DEFAULTS: BlockSettings<'_> = BlockSettings {
        vpc: "10.0.0.0/16",
        public_prefix: 24,
        private_prefix: 20,
        public_cidrs: &[],
        private_cidrs: &[],
    };

    fn zones(letters: &str) -> Vec<String> {
        letters.chars().map(|letter| letter.to_string()).collect()
    }

    /// `a 10.0.0.0/20 10.0.48.0/24` for each zone: the private block, then the public one.
    fn texts(blocks: &Blocks) -> Vec<String> {
        let private = blocks
            .iter()
            .filter(|((tier, _), _)| *tier == Tier::Private);
        private
            .map(|((_, zone), block)| {
                let public = blocks[&(Tier::Public, zone.clone())];
                format!("{zone} {block} {public}")
            })
            .collect()
    }

    fn list(blocks: &[&str]) -> Vec<String> {
        blocks.iter().map(|block| (*block).to_owned()).collect()
    }

    fn first(letters: &str) -> Blocks {
        DEFAULTS.assign(&zones(letters), &Blocks::new()).unwrap()
    }

    #[test]
    fn the_default_blocks() {
        assert_eq!(
            texts(&first("abc")),
            [
                "a 10.0.0.0/20 10.0.48.0/24",
                "b 10.0.16.0/20 10.0.49.0/24",
                "c 10.0.32.0/20 10.0.50.0/24"
            ]
        );
    }

    #[test]
    fn a_new_zone_gets_no_block_of_a_subnet_that_is_still_there() {
        let existing = first("ab");
        for letters in ["ac", "ca"] {
            assert_eq!(
                texts(&DEFAULTS.assign(&zones(letters), &existing).unwrap()),
                ["a 10.0.0.0/20 10.0.48.0/24", "c 10.0.32.0/20 10.0.50.0/24"]
            );
        }
        // Nothing that is reserved is left.
        assert_eq!(
            texts(&DEFAULTS.assign(&zones("ade"), &first("abc")).unwrap()),
            [
                "a 10.0.0.0/20 10.0.48.0/24",
                "d 10.0.64.0/20 10.0.51.0/24",
                "e 10.0.80.0/20 10.0.52.0/24"
            ]
        );
        let full = BlockSettings {
            vpc: "10.0.0.0/24",
            public_prefix: 27,
            private_prefix: 27,
            ..DEFAULTS
        };
        let existing = full.assign(&zones("abc"), &Blocks::new()).unwrap();
        assert!(full.assign(&zones("abd"), &existing).is_ok());
        let problem = full.assign(&zones("ade"), &existing).unwrap_err();
        assert!(problem.what.contains("no free block"), "{}", problem.what);
    }

    #[test]
    fn a_tier_stays_where_it_is_when_the_other_is_listed_or_resized() {
        let existing = first("ab");
        let private = list(&["10.0.128.0/20", "10.0.144.0/20"]);
        let listed = BlockSettings {
            private_cidrs: &private,
            ..DEFAULTS
        };
        assert_eq!(
            texts(&listed.assign(&zones("ab"), &existing).unwrap()),
            [
                "a 10.0.128.0/20 10.0.48.0/24",
                "b 10.0.144.0/20 10.0.49.0/24"
            ]
        );
        let smaller = BlockSettings {
            private_prefix: 21,
            ..DEFAULTS
        };
        // Each new block may overlap only the one that the same subnet gives up.
        assert_eq!(
            texts(&smaller.assign(&zones("ab"), &existing).unwrap()),
            ["a 10.0.0.0/21 10.0.48.0/24", "b 10.0.16.0/21 10.0.49.0/24"]
        );
    }

    #[test]
    fn computed_blocks_avoid_listed_ones() {
        let private = list(&["10.0.0.0/20", "10.0.16.0/20"]);
        let listed = BlockSettings {
            private_cidrs: &private,
            ..DEFAULTS
        };
        assert_eq!(
            texts(&listed.assign(&zones("ab"), &Blocks::new()).unwrap()),
            ["a 10.0.0.0/20 10.0.32.0/24", "b 10.0.16.0/20 10.0.33.0/24"]
        );
    }

    #[test]
    fn a_listed_block_of_another_subnet_is_refused() {
        let private = list(&["10.0.0.0/20", "10.0.16.0/20"]);
        let listed = BlockSettings {
            private_cidrs: &private,
            ..DEFAULTS
        };
        assert!(listed.assign(&zones("ab"), &first("ab")).is_ok());
        for letters in ["ac", "ba"] {
            let refused = listed.assign(&zones(letters), &first("ab")).unwrap_err();
            assert!(refused.what.contains("subnet in"), "{}", refused.what);
        }
    }

    #[test]
    fn blocks_that_do_not_fit_are_refused() {
        let refused = |settings: BlockSettings<'_>, letters: &str| {
            let problem = settings.assign(&zones(letters), &Blocks::new());
            problem.unwrap_err().what
        };
        let small = BlockSettings {
            vpc: "10.0.0.0/20",
            ..DEFAULTS
        };
        assert!(refused(small, "ab").contains("too small"));
        let fitting = BlockSettings {
            vpc: "192.168.0.0/24",
            public_prefix: 28,
            private_prefix: 27,
            ..DEFAULTS
        };
        let fitting = fitting.assign(&zones("ab"), &Blocks::new()).unwrap();
        assert_eq!(texts(&fitting)[0], "a 192.168.0.0/27 192.168.0.96/28");
        let (inside, around) = (list(&["10.0.8.0/24"]), list(&["10.0.0.0/20"]));
        let overlapping = BlockSettings {
            public_cidrs: &inside,
            private_cidrs: &around,
            ..DEFAULTS
        };
        assert!(refused(overlapping, "a").contains("overlaps"));
        let elsewhere = list(&["10.1.0.0/24"]);
        let outside = BlockSettings {
            public_cidrs: &elsewhere,
            ..DEFAULTS
        };
        assert!(refused(outside, "a").contains("outside"));
        assert!(refused(outside, "ab").contains("1 blocks for 2 zones"));
    }
}
