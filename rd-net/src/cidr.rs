//! The blocks of the subnets, cut from the VPC's.

use crate::config::Config;
use ipnet::Ipv4Net;
use rd_common::Problem;
use std::net::Ipv4Addr;

/// Room is kept for this many zones, so that a zone added later moves nothing.
const MOST_ZONES: usize = 3;

/// The blocks by slot; a zone keeps its slot as long as it is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Public blocks.
    pub public: Vec<Ipv4Net>,
    /// Private blocks.
    pub private: Vec<Ipv4Net>,
}

impl Layout {
    /// The blocks that the configuration names, or, where it names none: three private ones from the beginning of the
    /// VPC's block, then three public ones.
    pub fn of(config: &Config) -> Result<Self, Problem> {
        let vpc: Ipv4Net = config.cidr.parse().map_err(|_| {
            Problem::new(
                "cidr",
                format!("`{}` is no IPv4 block", config.cidr),
                "such as 10.0.0.0/16",
            )
        })?;
        let zones = config.azs.count();
        let mut next = u64::from(u32::from(vpc.network()));
        let private = match named("private_cidrs", &config.private_cidrs, zones)? {
            Some(blocks) => blocks,
            None => cut(&vpc, &mut next, config.private_prefix, config)?,
        };
        let public = match named("public_cidrs", &config.public_cidrs, zones)? {
            Some(blocks) => blocks,
            None => cut(&vpc, &mut next, config.public_prefix, config)?,
        };
        let layout = Self { public, private };
        layout.fits(&vpc, config)?;
        Ok(layout)
    }

    fn fits(&self, vpc: &Ipv4Net, config: &Config) -> Result<(), Problem> {
        let keyed = |key: &'static str, blocks: &[Ipv4Net]| {
            blocks.iter().map(|b| (key, *b)).collect::<Vec<_>>()
        };
        let mut all = keyed("private_cidrs", &self.private);
        all.extend(keyed("public_cidrs", &self.public));
        for (index, (key, block)) in all.iter().enumerate() {
            if !vpc.contains(block) {
                return Err(Problem::new(
                    key,
                    format!("{block} is outside of the VPC's {vpc}"),
                    format!("blocks inside of {}", config.cidr),
                ));
            }
            if let Some((_, other)) = all[..index].iter().find(|(_, other)| overlap(other, block)) {
                return Err(Problem::new(
                    key,
                    format!("{block} overlaps {other}"),
                    "blocks that do not overlap, public and private ones together",
                ));
            }
        }
        Ok(())
    }
}

fn overlap(a: &Ipv4Net, b: &Ipv4Net) -> bool {
    a.contains(b) || b.contains(a)
}

fn named(key: &str, texts: &[String], zones: usize) -> Result<Option<Vec<Ipv4Net>>, Problem> {
    if texts.is_empty() {
        return Ok(None);
    }
    if texts.len() != zones {
        return Err(Problem::new(
            key,
            format!("{} blocks for {zones} zones", texts.len()),
            "one block a zone, in the zones' order",
        ));
    }
    let blocks = texts.iter().map(|text| {
        text.parse::<Ipv4Net>()
            .ok()
            .filter(|net| net.trunc() == *net && (16..=28).contains(&net.prefix_len()))
            .ok_or_else(|| {
                Problem::new(
                    key,
                    format!("`{text}` is no subnet block"),
                    "blocks from /16 to /28",
                )
            })
    });
    blocks.collect::<Result<_, _>>().map(Some)
}

fn cut(
    vpc: &Ipv4Net,
    next: &mut u64,
    prefix: u8,
    config: &Config,
) -> Result<Vec<Ipv4Net>, Problem> {
    let size = 1u64 << (32 - u32::from(prefix));
    let end = u64::from(u32::from(vpc.broadcast())) + 1;
    (0..MOST_ZONES)
        .map(|_| {
            let start = next.next_multiple_of(size);
            *next = start + size;
            let address = u32::try_from(start).ok().filter(|_| start + size <= end).map(Ipv4Addr::from);
            address.and_then(|address| Ipv4Net::new(address, prefix).ok()).ok_or_else(|| {
                Problem::new(
                    "cidr",
                    format!(
                        "{vpc} is too small for subnets of /{} and /{} in {MOST_ZONES} zones",
                        config.public_prefix, config.private_prefix
                    ),
                    "a larger block (/18 takes the default sizes), or smaller subnets by public_prefix and private_prefix",
                )
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Azs;

    fn texts(blocks: &[Ipv4Net]) -> Vec<String> {
        blocks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_default_layout() {
        let layout = Layout::of(&Config::default()).unwrap();
        assert_eq!(
            texts(&layout.private),
            ["10.0.0.0/20", "10.0.16.0/20", "10.0.32.0/20"]
        );
        assert_eq!(
            texts(&layout.public),
            ["10.0.48.0/24", "10.0.49.0/24", "10.0.50.0/24"]
        );
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let small = Config {
            cidr: "10.0.0.0/20".into(),
            ..Config::default()
        };
        assert!(Layout::of(&small).unwrap_err().what.contains("too small"));
        let fitting = Config {
            cidr: "192.168.0.0/24".into(),
            public_prefix: 28,
            private_prefix: 27,
            ..Config::default()
        };
        assert_eq!(
            texts(&Layout::of(&fitting).unwrap().public)[0],
            "192.168.0.96/28"
        );
        let clash = Config {
            azs: Azs::Count(1),
            public_cidrs: vec!["10.0.8.0/24".into()],
            private_cidrs: vec!["10.0.0.0/20".into()],
            ..Config::default()
        };
        assert!(Layout::of(&clash).unwrap_err().what.contains("overlaps"));
        let outside = Config {
            azs: Azs::Count(1),
            public_cidrs: vec!["10.1.0.0/24".into()],
            ..Config::default()
        };
        assert!(Layout::of(&outside).unwrap_err().what.contains("outside"));
    }
}
