//! Chooses the availability zones, the subnet blocks of each, and the zone of a single NAT gateway. A choice is kept: AWS
//! or the settings may list the zones in another order later, and removing a zone must not move the subnets of the
//! others.

use crate::clients::Clients;
use crate::config::{Azs, Config};
use crate::subnet_blocks::{Blocks, Tier};
use aws_sdk_ec2::types::Filter;
use ipnet::Ipv4Net;
use rd_common::aws::Explain;
use rd_common::{Document, Error, Problem, Result, Stack};
use serde_json::Value;

/// An availability zone of the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// AWS's name of the zone, such as `us-east-1a`.
    pub name: String,
    /// The block of its public subnet.
    pub public_block: Ipv4Net,
    /// The block of its private subnet.
    pub private_block: Ipv4Net,
}

impl Zone {
    /// The last letter of the name, which is part of the addresses of its resources.
    pub fn letter(&self) -> &str {
        letter(&self.name)
    }
}

fn letter(zone: &str) -> &str {
    &zone[zone.len().saturating_sub(1)..]
}

/// The zones of the stack. Those that have subnets come first, in the order of their private blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    /// The zones, at least one.
    pub all: Vec<Zone>,
    /// The letter of the zone of a single NAT gateway: the zone that has one already, otherwise the first one.
    pub nat: String,
    /// The last part of the name of the private route table that all zones share: of the one that exists already, so
    /// that only its route changes where the NAT gateway moves to another zone; otherwise the letter of `nat`.
    pub shared_table: String,
}

/// The names of the zones that the state has, in the order of their private blocks.
fn zones_in_state(state: &Document) -> Vec<String> {
    let mut subnets: Vec<(Ipv4Net, &str)> = state
        .resources
        .iter()
        .filter(|(address, _)| address.starts_with("net.subnet.private-"))
        .filter_map(|(_, resource)| {
            let block = resource.spec.get("cidr_block")?.as_str()?.parse().ok()?;
            Some((block, resource.spec.get("availability_zone")?.as_str()?))
        })
        .collect();
    subnets.sort_unstable();
    subnets
        .into_iter()
        .map(|(_, zone)| zone.to_owned())
        .collect()
}

/// The blocks of the subnets that exist in the VPC of the settings, by tier and zone. A VPC with another block is replaced,
/// and the blocks in its successor are free. A zone can have a subnet too many, such as one of another run that the state has
/// taken over: its block is taken, but is not that of the zone.
fn existing_blocks(
    state: &Document,
    config: &Config,
    seen: &dyn Fn(&str) -> Option<Value>,
) -> Blocks {
    let vpc = state.resources.get("net.vpc.main");
    if vpc.is_none_or(|vpc| vpc.spec["cidr_block"] != config.cidr.as_str()) {
        return Blocks::new();
    }
    let subnets = Tier::ALL.into_iter().flat_map(|tier| {
        let prefix = format!("net.subnet.{}-", tier.name());
        let addresses = state.resources.keys();
        addresses.filter_map(move |address| Some((tier, address, address.strip_prefix(&prefix)?)))
    });
    subnets
        .filter_map(|(tier, address, suffix)| {
            let live = seen(address)?;
            let zone = live.get("availability_zone")?.as_str()?;
            let of_zone = if letter(zone) == suffix { zone } else { suffix };
            Some((
                (tier, of_zone.to_owned()),
                live.get("cidr_block")?.as_str()?.parse().ok()?,
            ))
        })
        .collect()
}

/// Gives the zones their blocks, puts them in order, and chooses the zone of a single NAT gateway.
fn arrange(
    names: &[String],
    state: &Document,
    config: &Config,
    existing: &Blocks,
) -> std::result::Result<Zones, Problem> {
    let blocks = config.block_settings().assign(names, existing)?;
    let known = zones_in_state(state);
    let place = |name: &String| known.iter().position(|one| one == name);
    let mut ordered: Vec<&String> = names.iter().collect();
    ordered.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
    let all: Vec<Zone> = ordered
        .into_iter()
        .map(|name| Zone {
            name: name.clone(),
            public_block: blocks[&(Tier::Public, name.clone())],
            private_block: blocks[&(Tier::Private, name.clone())],
        })
        .collect();
    let letters: Vec<&str> = all.iter().map(Zone::letter).collect();
    let with = |kind: &str| -> Vec<&str> {
        let names = state.resources.keys();
        names
            .filter_map(|address| address.strip_prefix(kind))
            .collect()
    };
    let tables = with("net.route_table.private-");
    let of_zone = |names: &[&str]| {
        letters
            .iter()
            .find(|letter| names.contains(letter))
            .copied()
    };
    let nat = of_zone(&with("net.nat_gateway."))
        .or_else(|| of_zone(&tables))
        .or_else(|| letters.first().copied())
        .unwrap_or_default();
    let shared = tables
        .contains(&nat)
        .then_some(nat)
        .or_else(|| of_zone(&tables))
        .or_else(|| tables.first().copied())
        .unwrap_or(nat);
    Ok(Zones {
        nat: nat.to_owned(),
        shared_table: shared.to_owned(),
        all,
    })
}

/// Chooses the zones that `[net]` asks for: first those in the state, then those that AWS has. `seen` returns what AWS
/// reports of a resource in the state. Without clients (offline), assumes that the region has the zones a, b and c.
pub async fn choose(
    clients: Option<&Clients>,
    stack: &Stack,
    config: &Config,
    state: &Document,
    seen: &dyn Fn(&str) -> Option<Value>,
) -> Result<Zones> {
    let names = match (&config.azs, clients) {
        (Azs::Names(names), Some(clients)) => {
            let known = zones_in_state(state);
            if !names.iter().all(|name| known.contains(name)) {
                let available = available(clients).await?;
                if let Some(missing) = names.iter().find(|name| !available.contains(name)) {
                    return Err(Error::usage(format!(
                        "net.azs: zone `{missing}` is not available to this account"
                    ))
                    .hint(format!("available zones: {}", available.join(", "))));
                }
            }
            names.clone()
        }
        (Azs::Count(count), Some(clients)) => {
            let count = usize::from(*count);
            let mut names = zones_in_state(state);
            if names.len() < count {
                let available = available(clients).await?;
                if available.len() < count {
                    return Err(Error::usage(format!(
                        "net.azs: {count} zones requested, but {} has {}",
                        stack.region,
                        available.len()
                    ))
                    .hint(format!("available zones: {}", available.join(", "))));
                }
                let new: Vec<String> = available
                    .into_iter()
                    .filter(|name| !names.contains(name))
                    .collect();
                names.extend(new);
            }
            names.truncate(count);
            names
        }
        (_, None) => assumed_zones(stack, config),
    };
    let existing = existing_blocks(state, config, seen);
    arrange(&names, state, config, &existing).map_err(|problem| {
        Error::refused(format!("net.{}: {}", problem.key, problem.what))
            .hint(format!("nothing was changed; allowed: {}", problem.allowed))
    })
}

/// The zones of the region that are available, by name, without local zones and wavelength zones.
async fn available(clients: &Clients) -> Result<Vec<String>> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let answer = clients
        .ec2
        .describe_availability_zones()
        .filters(filter("state", "available"))
        .filters(filter("zone-type", "availability-zone"))
        .send()
        .await
        .doing("read the availability zones")?;
    let mut names: Vec<String> = answer
        .availability_zones()
        .iter()
        .filter_map(|zone| zone.zone_name().map(str::to_owned))
        .collect();
    names.sort();
    Ok(names)
}

/// The zones to assume where AWS is not asked.
fn assumed_zones(stack: &Stack, config: &Config) -> Vec<String> {
    match &config.azs {
        Azs::Names(names) => names.clone(),
        Azs::Count(count) => ["a", "b", "c"]
            .iter()
            .take(usize::from(*count))
            .map(|letter| format!("{}{letter}", stack.region))
            .collect(),
    }
}
