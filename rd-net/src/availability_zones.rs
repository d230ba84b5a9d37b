//! Chooses the availability zones and the subnet blocks of each. A choice is kept: AWS may list its zones in another
//! order later, and removing a zone must not move the subnets of the others.

use crate::clients::Clients;
use crate::config::{Azs, Config};
use aws_sdk_ec2::types::Filter;
use rd_common::aws::Explain;
use rd_common::{Document, Error, Result, Stack};

/// An availability zone of the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// AWS's name of the zone, such as `us-east-1a`.
    pub name: String,
    /// The position of its blocks in [`crate::subnet_blocks::SubnetBlocks`].
    pub slot: usize,
}

impl Zone {
    /// The last letter of the name, which is part of the addresses of its resources.
    pub fn letter(&self) -> &str {
        &self.name[self.name.len().saturating_sub(1)..]
    }
}

/// The names of the zones that the state has, in the order of their blocks.
fn zones_in_state(state: &Document) -> Vec<String> {
    let mut subnets: Vec<(&str, &str)> = state
        .resources
        .iter()
        .filter(|(address, _)| address.starts_with("net.subnet.private-"))
        .filter_map(|(_, resource)| {
            Some((
                resource.spec.get("cidr_block")?.as_str()?,
                resource.spec.get("availability_zone")?.as_str()?,
            ))
        })
        .collect();
    subnets.sort_by_key(|(block, _)| block.parse::<ipnet::Ipv4Net>().ok());
    subnets
        .into_iter()
        .map(|(_, zone)| zone.to_owned())
        .collect()
}

/// Gives every zone a slot: zones in the state keep theirs, new zones get the free ones.
fn assign_slots(names: Vec<String>, state: &Document, config: &Config) -> Vec<Zone> {
    // Blocks in the settings are listed in the order of the zones.
    let listed = !config.private_cidrs.is_empty() || !config.public_cidrs.is_empty();
    let blocks = config.subnet_blocks().ok();
    let slot_in_state = |zone: &str| -> Option<usize> {
        let letter = &zone[zone.len().saturating_sub(1)..];
        let subnet = state
            .resources
            .get(&format!("net.subnet.private-{letter}"))?;
        let block = subnet.spec.get("cidr_block")?.as_str()?;
        blocks
            .as_ref()?
            .private
            .iter()
            .position(|private| private.to_string() == block)
    };
    let mut taken: Vec<usize> = if listed {
        Vec::new()
    } else {
        names
            .iter()
            .filter_map(|name| slot_in_state(name))
            .collect()
    };
    let mut zones = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let slot = if listed {
            index
        } else {
            slot_in_state(&name).unwrap_or_else(|| {
                let free = (0..).find(|slot| !taken.contains(slot)).unwrap_or(index);
                taken.push(free);
                free
            })
        };
        zones.push(Zone { name, slot });
    }
    zones
}

/// Chooses the zones that `[net]` asks for: first those in the state, then those that AWS has. Without clients
/// (offline), assumes that the region has the zones a, b and c.
pub async fn choose(
    clients: Option<&Clients>,
    stack: &Stack,
    config: &Config,
    state: &Document,
) -> Result<Vec<Zone>> {
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
    Ok(assign_slots(names, state, config))
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
