//! The CIDR blocks of the subnets, from the settings or cut from the VPC's block.

use ipnet::Ipv4Net;
use rd_common::Problem;
use std::net::Ipv4Addr;

/// Blocks are reserved for this many zones, so that a zone that is added later moves no subnet.
const MAX_ZONES: usize = 3;

/// What the settings say about the blocks.
#[derive(Clone, Copy, Debug)]
pub struct BlockSettings<'a> {
    /// The VPC's block, in CIDR notation.
    pub vpc: &'a str,
    /// The number of zones.
    pub zones: usize,
    /// The prefix length of computed public blocks.
    pub public_prefix: u8,
    /// The prefix length of computed private blocks.
    pub private_prefix: u8,
    /// The public blocks, one for each zone; empty where they are computed.
    pub public_cidrs: &'a [String],
    /// The private blocks, one for each zone; empty where they are computed.
    pub private_cidrs: &'a [String],
}

/// The blocks of each tier by slot. A zone has one slot in both tiers and keeps it; see
/// [`crate::availability_zones::Zone`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubnetBlocks {
    /// The blocks of the public subnets.
    pub public: Vec<Ipv4Net>,
    /// The blocks of the private subnets.
    pub private: Vec<Ipv4Net>,
}

impl SubnetBlocks {
    /// The blocks from the settings. Where these name none: three private blocks from the beginning of the VPC's block,
    /// then three public ones. Fails where the blocks do not fit into the VPC's block or overlap.
    pub fn new(settings: &BlockSettings<'_>) -> Result<Self, Problem> {
        let vpc: Ipv4Net = settings.vpc.parse().map_err(|_| {
            Problem::new(
                "cidr",
                format!("`{}` is not an IPv4 CIDR block", settings.vpc),
                "an address and a prefix length, such as 10.0.0.0/16",
            )
        })?;
        let mut next = u64::from(u32::from(vpc.network()));
        let private = match configured("private_cidrs", settings.private_cidrs, settings.zones)? {
            Some(blocks) => blocks,
            None => cut(&vpc, &mut next, settings.private_prefix, settings)?,
        };
        let public = match configured("public_cidrs", settings.public_cidrs, settings.zones)? {
            Some(blocks) => blocks,
            None => cut(&vpc, &mut next, settings.public_prefix, settings)?,
        };
        let blocks = Self { public, private };
        blocks.check_fit(&vpc)?;
        Ok(blocks)
    }

    /// Refuses blocks outside of the VPC's block, and blocks that overlap.
    fn check_fit(&self, vpc: &Ipv4Net) -> Result<(), Problem> {
        let with_key = |key: &'static str, blocks: &[Ipv4Net]| {
            blocks.iter().map(|b| (key, *b)).collect::<Vec<_>>()
        };
        let mut all = with_key("private_cidrs", &self.private);
        all.extend(with_key("public_cidrs", &self.public));
        for (index, (key, block)) in all.iter().enumerate() {
            if !vpc.contains(block) {
                return Err(Problem::new(
                    key,
                    format!("{block} is outside of the VPC's block {vpc}"),
                    format!("blocks inside of {vpc}"),
                ));
            }
            if let Some((_, other)) = all[..index].iter().find(|(_, other)| overlap(other, block)) {
                return Err(Problem::new(
                    key,
                    format!("{block} overlaps {other}"),
                    "blocks that do not overlap, neither public nor private",
                ));
            }
        }
        Ok(())
    }
}

fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

/// The blocks that a key of the settings lists; none where it is empty.
fn configured(key: &str, texts: &[String], zones: usize) -> Result<Option<Vec<Ipv4Net>>, Problem> {
    if texts.is_empty() {
        return Ok(None);
    }
    if texts.len() != zones {
        return Err(Problem::new(
            key,
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
                    key,
                    format!("`{text}` is not a subnet's CIDR block"),
                    "blocks from /16 to /28",
                )
            })
    });
    blocks.collect::<Result<_, _>>().map(Some)
}

/// Cuts a block for each of [`MAX_ZONES`] zones, from the address `next` on, and moves `next` behind them.
fn cut(
    vpc: &Ipv4Net,
    next: &mut u64,
    prefix: u8,
    settings: &BlockSettings<'_>,
) -> Result<Vec<Ipv4Net>, Problem> {
    let size = 1u64 << (32 - u32::from(prefix));
    let end = u64::from(u32::from(vpc.broadcast())) + 1;
    (0..MAX_ZONES)
        .map(|_| {
            let start = next.next_multiple_of(size);
            *next = start + size;
            let address = u32::try_from(start).ok().filter(|_| start + size <= end).map(Ipv4Addr::from);
            address.and_then(|address| Ipv4Net::new(address, prefix).ok()).ok_or_else(|| {
                Problem::new(
                    "cidr",
                    format!(
                        "{vpc} is too small for subnets of /{} and /{} in {MAX_ZONES} zones",
                        settings.public_prefix, settings.private_prefix
                    ),
                    "a larger block (/18 is enough for the default sizes), or smaller subnets: a larger public_prefix or private_prefix",
                )
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults of the section `[net]`.
    const DEFAULTS: BlockSettings<'_> = BlockSettings {
        vpc: "10.0.0.0/16",
        zones: 2,
        public_prefix: 24,
        private_prefix: 20,
        public_cidrs: &[],
        private_cidrs: &[],
    };

    fn texts(blocks: &[Ipv4Net]) -> Vec<String> {
        blocks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_default_blocks() {
        let blocks = SubnetBlocks::new(&DEFAULTS).unwrap();
        assert_eq!(
            texts(&blocks.private),
            ["10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"]
        );
        assert_eq!(
            texts(&blocks.public),
            ["10.0.48.0/24", "10.0.49.0/24", "10.0.50.0/24"]
        );
    }

    #[test]
    fn blocks_that_do_not_fit_are_refused() {
        let small = BlockSettings {
            vpc: "10.0.0.0/20",
            ..DEFAULTS
        };
        let problem = SubnetBlocks::new(&small).unwrap_err();
        assert!(problem.what.contains("too small"));
        let fitting = BlockSettings {
            vpc: "192.168.0.0/24",
            public_prefix: 28,
            private_prefix: 27,
            ..DEFAULTS
        };
        assert_eq!(
            texts(&SubnetBlocks::new(&fitting).unwrap().public)[0],
            "192.168.0.96/28"
        );
        let (inside, around) = (["10.0.8.0/24".to_owned()], ["10.0.0.0/20".to_owned()]);
        let overlapping = BlockSettings {
            zones: 1,
            public_cidrs: &inside,
            private_cidrs: &around,
            ..DEFAULTS
        };
        let problem = SubnetBlocks::new(&overlapping).unwrap_err();
        assert!(problem.what.contains("overlaps"));
        let elsewhere = ["10.1.0.0/24".to_owned()];
        let outside = BlockSettings {
            zones: 1,
            public_cidrs: &elsewhere,
            ..DEFAULTS
        };
        let problem = SubnetBlocks::new(&outside).unwrap_err();
        assert!(problem.what.contains("outside"));
    }
}
