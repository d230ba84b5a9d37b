//! Which zones, and which block of the layout each has. What was chosen once stays: AWS may list its zones in another
//! order tomorrow, and a zone that is taken out must not move the others.

use crate::clients::Clients;
use crate::config::{Azs, Config};
use crate::slice::likely_zones;
use aws_sdk_ec2::types::Filter;
use rd_common::aws::Explain;
use rd_common::{Document, Error, Result, Stack};

/// A zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    /// Its name: `us-east-1a`.
    pub name: String,
    /// Its place in the layout.
    pub slot: usize,
}

impl Zone {
    /// The letter at its end, by which its resources are named.
    pub fn letter(&self) -> &str {
        &self.name[self.name.len().saturating_sub(1)..]
    }
}

/// The zones that the state has, in the order of their blocks.
fn stored_attribute(state: &Document) -> Vec<String> {
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

/// Gives every name a slot: those that the state has keep theirs, the others take what is free.
fn slots(names: Vec<String>, state: &Document, config: &Config) -> Vec<Zone> {
    // Blocks that the file names are in the zones' order.
    let fixed = !config.private_cidrs.is_empty() || !config.public_cidrs.is_empty();
    let layout = crate::cidr::Layout::of(config).ok();
    let held = |zone: &str| -> Option<usize> {
        let letter = &zone[zone.len().saturating_sub(1)..];
        let subnet = state
            .resources
            .get(&format!("net.subnet.private-{letter}"))?;
        let block = subnet.spec.get("cidr_block")?.as_str()?;
        layout
            .as_ref()?
            .private
            .iter()
            .position(|there| there.to_string() == block)
    };
    let mut taken: Vec<usize> = if fixed {
        Vec::new()
    } else {
        names.iter().filter_map(|name| held(name)).collect()
    };
    let mut zones = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let slot = if fixed {
            index
        } else {
            held(&name).unwrap_or_else(|| {
                let free = (0..).find(|slot| !taken.contains(slot)).unwrap_or(index);
                taken.push(free);
                free
            })
        };
        zones.push(Zone { name, slot });
    }
    zones
}

/// Chooses the zones.
pub async fn choose(
    clients: Option<&Clients>,
    stack: &Stack,
    config: &Config,
    state: &Document,
) -> Result<Vec<Zone>> {
    let names = match (&config.azs, clients) {
        (Azs::Names(names), Some(clients)) => {
            let known = stored_attribute(state);
            if !names.iter().all(|name| known.contains(name)) {
                let there = available(clients).await?;
                if let Some(missing) = names.iter().find(|name| !there.contains(name)) {
                    return Err(Error::usage(format!(
                        "net.azs: `{missing}` is no zone that this account can use"
                    ))
                    .hint(format!("it can use {}", there.join(", "))));
                }
            }
            names.clone()
        }
        (Azs::Count(count), Some(clients)) => {
            let count = usize::from(*count);
            let mut names = stored_attribute(state);
            if names.len() < count {
                let there = available(clients).await?;
                if there.len() < count {
                    return Err(Error::usage(format!(
                        "net.azs: {count} zones, but {} has {}",
                        stack.region,
                        there.len()
                    ))
                    .hint(format!("it can use {}", there.join(", "))));
                }
                let new: Vec<String> = there
                    .into_iter()
                    .filter(|name| !names.contains(name))
                    .collect();
                names.extend(new);
            }
            names.truncate(count);
            names
        }
        (_, None) => likely_zones(stack, config),
    };
    Ok(slots(names, state, config))
}

/// The zones that are up and need no opt-in, by name: no local zones.
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
