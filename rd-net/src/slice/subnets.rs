//! A public and a private subnet in each zone.

use crate::availability_zones::Zone;
use crate::config::Config;
use crate::kinds::subnet::{self, Subnet};
use crate::subnet_blocks::SubnetBlocks;
use rd_common::{Input, Part, Parts};

/// The subnets of each tier, in the order of the zones.
pub struct Subnets {
    /// The subnets with a route to the internet gateway.
    pub public: Vec<Part>,
    /// The subnets that reach the internet through a NAT gateway, or not at all.
    pub private: Vec<Part>,
}

/// References to the ids of resources.
pub fn ids(parts: &[Part]) -> Vec<Input> {
    parts.iter().map(Part::id).collect()
}

/// Adds the subnets. Each zone keeps the block of its slot.
pub fn subnets(parts: &mut Parts, config: &Config, zones: &[Zone], vpc: &Part) -> Subnets {
    let blocks = config.subnet_blocks().unwrap_or(SubnetBlocks {
        public: Vec::new(),
        private: Vec::new(),
    });
    let mut add = |tier: &str, blocks: &[ipnet::Ipv4Net]| -> Vec<Part> {
        zones
            .iter()
            .filter_map(|zone| Some((zone, blocks.get(zone.slot)?)))
            .map(|(zone, block)| {
                parts.add::<Subnet>(
                    &format!("{tier}-{}", zone.letter()),
                    subnet::Spec {
                        vpc_id: vpc.id(),
                        availability_zone: zone.name.clone(),
                        cidr_block: block.to_string(),
                        map_public_ip_on_launch: false,
                    },
                )
            })
            .collect()
    };
    Subnets {
        public: add("public", &blocks.public),
        private: add("private", &blocks.private),
    }
}
