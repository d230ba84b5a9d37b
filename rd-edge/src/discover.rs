//! What the settings leave to AWS to say: which hosted zones there are, and whether a certificate that waits for records
//! made by hand is issued.

use crate::clients::Clients;
use crate::config::{Config, NO_ZONE};
use crate::kinds::certificate::{self, live};
use crate::names::{is_in, normal};
use aws_sdk_route53::types::HostedZoneConfig;
use rd_common::aws::Explain;
use rd_common::{Document, Error, Result, Stack};
use std::collections::BTreeMap;

/// The facts.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// The hosted zone of each name that has one, those of the carried certificate included.
    pub zones: BTreeMap<String, String>,
    /// Whether our certificate is issued already.
    pub issued: bool,
    /// The certificate that the listener carries, where it is another than the wanted one: it stays until that one is
    /// issued.
    pub carried: Option<certificate::Spec>,
}

impl Discovered {
    /// Whether Route 53 has a zone for every name.
    pub fn all_in_route53(&self, hosts: &[String]) -> bool {
        hosts.iter().all(|host| self.zones.contains_key(host))
    }
}

/// Finds them.
pub async fn find(
    clients: Option<&Clients>,
    stack: &Stack,
    config: &Config,
    state: &Document,
) -> Result<Discovered> {
    let hosts = config.hosts(stack);
    let mut discovered = Discovered {
        zones: zones(clients, config, state, stack.domain.as_deref(), &hosts).await?,
        ..Discovered::default()
    };
    if hosts.is_empty() || config.certificate_arn.is_some() || discovered.all_in_route53(&hosts) {
        return Ok(discovered);
    }
    let wanted = certificate::Spec {
        names: hosts,
        key_algorithm: config.key_algorithm.clone(),
    };
    discovered.issued = issued(clients, state, &wanted).await?;
    if !discovered.issued {
        discovered.carried = carried(state).filter(|carried| *carried != wanted);
        let names = discovered.carried.iter().flat_map(|carried| &carried.names);
        discovered
            .zones
            .extend(names.filter_map(|name| stored_attribute(state, name)));
    }
    Ok(discovered)
}

async fn zones(
    clients: Option<&Clients>,
    config: &Config,
    state: &Document,
    domain: Option<&str>,
    hosts: &[String],
) -> Result<BTreeMap<String, String>> {
    if let Some(zone) = &config.hosted_zone {
        // It is the zone of `domain`; names elsewhere are for other hands.
        let domain = domain.unwrap_or_default();
        let inside = |host: &&String| zone != NO_ZONE && is_in(host, domain);
        let all = hosts.iter().filter(inside);
        return Ok(all.map(|host| (host.clone(), zone.clone())).collect());
    }
    // A zone that was found once stays the one.
    let known = hosts
        .iter()
        .filter_map(|host| stored_attribute(state, host));
    let known: BTreeMap<String, String> = known.collect();
    let Some(clients) = clients.filter(|_| known.len() < hosts.len()) else {
        return Ok(known);
    };
    let all = listed(clients).await?;
    let mut found = known;
    for host in hosts {
        if !found.contains_key(host)
            && let Some(zone) = best(host, &all)?
        {
            found.insert(host.clone(), zone);
        }
    }
    Ok(found)
}

/// The zone of a name that has a record in the state.
fn stored_attribute(state: &Document, host: &str) -> Option<(String, String)> {
    let mut records = state
        .resources
        .values()
        .filter(|one| one.kind == "dns_record");
    let record = records.find(|one| {
        let name = one.spec["name"].as_str();
        name.is_some_and(|name| normal(name) == host)
    });
    Some((
        host.to_owned(),
        record?.spec["zone_id"].as_str()?.to_owned(),
    ))
}

/// The public zones: name and id.
async fn listed(clients: &Clients) -> Result<Vec<(String, String)>> {
    let mut zones = Vec::new();
    let mut marker = None;
    loop {
        let call = clients.route53.list_hosted_zones().set_marker(marker);
        let page = call.send().await.doing("list the hosted zones");
        let page = page.map_err(|error| {
            if error.is(&["AccessDenied", "AccessDeniedException"]) {
                error.hint("ask for route53:ListHostedZones, or set hosted_zone in [edge] to the zone's id, or to \"none\"")
            } else {
                error
            }
        })?;
        for zone in page.hosted_zones {
            let private = zone.config().is_some_and(HostedZoneConfig::private_zone);
            if !private {
                let id = zone.id().trim_start_matches("/hostedzone/").to_owned();
                zones.push((normal(zone.name()), id));
            }
        }
        marker = page.next_marker.filter(|_| page.is_truncated);
        if marker.is_none() {
            return Ok(zones);
        }
    }
}

/// The zone nearest to a name.
fn best(host: &str, zones: &[(String, String)]) -> Result<Option<String>> {
    let holding = zones.iter().filter(|(name, _)| is_in(host, name));
    let Some(longest) = holding.clone().map(|(name, _)| name.len()).max() else {
        return Ok(None);
    };
    let nearest: Vec<&(String, String)> =
        holding.filter(|(name, _)| name.len() == longest).collect();
    match nearest[..] {
        [(_, id)] => Ok(Some(id.clone())),
        _ => {
            let ids: Vec<&str> = nearest.iter().map(|(_, id)| id.as_str()).collect();
            Err(Error::usage(format!(
                "there are {} hosted zones {}: {}",
                ids.len(),
                nearest[0].0,
                ids.join(", ")
            ))
            .hint(
                "set hosted_zone in [edge] to the id of the one that the domain's registrar names",
            ))
        }
    }
}

/// Whether the wanted certificate, as the state remembers it, is issued.
async fn issued(
    clients: Option<&Clients>,
    state: &Document,
    wanted: &certificate::Spec,
) -> Result<bool> {
    let address = format!("edge.certificate.{}", wanted.node_name());
    let arn = state
        .resources
        .get(&address)
        .and_then(|one| one.id.as_deref());
    let (Some(clients), Some(arn)) = (clients, arn) else {
        return Ok(false);
    };
    let detail = clients.reads.certificate_ahead(arn).await?;
    Ok(detail.is_some_and(|detail| live(&detail).status == "ISSUED"))
}

/// The certificate that the listener of the state carries, where it is one of ours.
fn carried(state: &Document) -> Option<certificate::Spec> {
    let listener = state.resources.get("edge.listener.https")?;
    let arn = listener.spec["certificate_arn"].as_str()?;
    let mut certificates = state
        .resources
        .values()
        .filter(|one| one.kind == "certificate");
    let certificate = certificates.find(|one| one.id.as_deref() == Some(arn))?;
    serde_json::from_value(certificate.spec.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str, id: &str) -> (String, String) {
        (name.to_owned(), id.to_owned())
    }

    #[test]
    fn the_nearest_zone_is_taken_and_two_are_asked_about() {
        let zones = [
            zone("example.com", "Z1"),
            zone("api.example.com", "Z2"),
            zone("ample.com", "Z3"),
        ];
        assert_eq!(best("api.example.com", &zones).unwrap(), Some("Z2".into()));
        assert_eq!(best("www.example.com", &zones).unwrap(), Some("Z1".into()));
        assert_eq!(best("example.org", &zones).unwrap(), None);
        let twice = [zone("example.com", "Z1"), zone("example.com", "Z4")];
        assert!(
            best("example.com", &twice)
                .unwrap_err()
                .summary
                .contains("Z1, Z4")
        );
    }
}
