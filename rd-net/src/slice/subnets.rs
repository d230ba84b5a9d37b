//! A public and a private subnet in each zone.

use crate::availability_zones::Zone;
use crate::kinds::subnet::{self, Subnet};
use crate::subnet_blocks::Tier;
use ipnet::Ipv4Net;
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

/// Adds the subnets of each zone, with its blocks.
pub fn subnets(parts: &mut Parts, zones: &[Zone], vpc: &Part) -> Subnets {
    let mut add = |tier: Tier, block: &dyn Fn(&Zone) -> Ipv4Net| -> Vec<Part> {
        let zones = zones.iter();
        zones
            .map(|zone| {
                parts.add::<Subnet>(
                    &format!("{}-{}", tier.name(), zone.letter()),
                    subnet::Spec {
                        vpc_id: vpc.id(),
                        availability_zone: zone.name.clone(),
                        cidr_block: block(zone).to_string(),
                        map_public_ip_on_launch: false,
                    },
                )
            })
            .collect()
    };
    Subnets {
        public: add(Tier::Public, &|zone| zone.public_block),
        private: add(Tier::Private, &|zone| zone.private_block),
    }
}
