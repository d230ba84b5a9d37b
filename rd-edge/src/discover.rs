//! What the resource list needs beyond the settings: the hosted zones of the names, and whether a certificate whose
//! records are created manually is issued.

use crate::addresses::{RecordNames, certificate_address, certificate_name};
use crate::clients::Clients;
use crate::config::{Config, NO_ZONE};
use crate::domain_names::{is_in, normal};
use crate::kinds::certificate::model::Spec as CertificateSpec;
use aws_sdk_route53::types::{HostedZone, HostedZoneConfig};
use rd_common::aws::Explain;
use rd_common::state::adopted::Adopted;
use rd_common::{Document, Error, Result, Stack};
use serde_json::Value;
use std::collections::BTreeMap;

/// The hosted zones and the certificates that the resource list depends on.
#[derive(Clone, Debug, Default)]
pub struct Discovered {
    /// The id of the hosted zone of each name that has one, including the names of the previous certificate.
    pub zones: BTreeMap<String, String>,
    /// Whether the desired certificate is issued.
    pub issued: bool,
    /// The certificate that the listener serves, if it is not the desired one: it is kept until that one is issued.
    pub previous: Option<CertificateSpec>,
    /// The name of the desired certificate in its address.
    pub certificate_name: String,
    /// The name of the previous certificate in its address.
    pub previous_name: String,
    /// The names of the DNS records in their addresses.
    pub record_names: RecordNames,
    /// Whether the listener was adopted with a default action that does not forward to the group of the service; a rule
    /// does then.
    pub forwards_elsewhere: bool,
}

impl Discovered {
    /// Whether Route 53 has a zone for each of `hosts`.
    pub fn all_in_route53(&self, hosts: &[String]) -> bool {
        hosts.iter().all(|host| self.zones.contains_key(host))
    }
}

/// Takes them from the state and from what AWS reports of its resources (`seen`), and reads the rest from AWS; without
/// clients, as offline, only the state counts.
pub async fn discover(
    clients: Option<&Clients>,
    stack: &Stack,
    config: &Config,
    state: &Document,
    seen: &dyn Fn(&str) -> Option<Value>,
) -> Result<Discovered> {
    let hosts = config.hosts(stack);
    let desired = CertificateSpec::new(&hosts, &config.key_algorithm);
    let mut discovered = Discovered {
        zones: find_zones(clients, config, state, stack.domain.as_deref(), &hosts).await?,
        certificate_name: certificate_name(state, &desired),
        record_names: RecordNames::new(state, &hosts),
        forwards_elsewhere: forwards_elsewhere(state),
        ..Discovered::default()
    };
    if hosts.is_empty() || config.certificate_arn.is_some() || discovered.all_in_route53(&hosts) {
        return Ok(discovered);
    }
    let address = certificate_address(state, &desired);
    discovered.issued = is_issued(&address, seen);
    if !discovered.issued {
        discovered.previous = served_certificate(state).filter(|served| *served != desired);
    }
    if let Some(previous) = &discovered.previous {
        let names = previous.names.iter();
        discovered
            .zones
            .extend(names.filter_map(|name| stored_zone(state, name)));
        discovered.previous_name = certificate_name(state, previous);
        discovered.record_names = RecordNames::new(state, hosts.iter().chain(&previous.names));
    }
    Ok(discovered)
}

/// The hosted zone of each host that has one.
async fn find_zones(
    clients: Option<&Clients>,
    config: &Config,
    state: &Document,
    domain: Option<&str>,
    hosts: &[String],
) -> Result<BTreeMap<String, String>> {
    if let Some(zone) = &config.hosted_zone {
        // It is the zone of `domain`; the records of other names are created manually.
        let domain = domain.unwrap_or_default();
        let inside = |host: &&String| zone != NO_ZONE && is_in(host, domain);
        let all = hosts.iter().filter(inside);
        return Ok(all.map(|host| (host.clone(), zone.clone())).collect());
    }
    // A zone that was found once is kept, even if a closer one appears.
    let known = hosts.iter().filter_map(|host| stored_zone(state, host));
    let known: BTreeMap<String, String> = known.collect();
    let Some(clients) = clients.filter(|_| known.len() < hosts.len()) else {
        return Ok(known);
    };
    let all = list_public_zones(clients).await?;
    let mut found = known;
    for host in hosts {
        if !found.contains_key(host)
            && let Some(zone) = closest_zone(host, &all)?
        {
            found.insert(host.clone(), zone);
        }
    }
    Ok(found)
}

/// A name and the id of its zone, if the state has a DNS record of that name.
fn stored_zone(state: &Document, host: &str) -> Option<(String, String)> {
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

/// Lists the public zones of the account: name and id.
pub async fn list_public_zones(clients: &Clients) -> Result<Vec<(String, String)>> {
    let zones = clients.route53.list_hosted_zones();
    let zones = zones.into_paginator().items().send();
    let zones = zones.try_collect().await.doing("list the hosted zones");
    let zones = zones.map_err(|error| {
        if error.is(&["AccessDenied", "AccessDeniedException"]) {
            error.hint(
                "ask for the permission route53:ListHostedZones, or set hosted_zone in [edge] to the zone's id, or to \
                 \"none\"",
            )
        } else {
            error
        }
    })?;
    Ok(public_zones(&zones))
}

/// The name and the id of each public zone.
fn public_zones(zones: &[HostedZone]) -> Vec<(String, String)> {
    zones
        .iter()
        .filter(|zone| !zone.config().is_some_and(HostedZoneConfig::private_zone))
        .map(|zone| {
            let id = zone.id().trim_start_matches("/hostedzone/");
            (normal(zone.name()), id.to_owned())
        })
        .collect()
}

/// The id of the zone with the longest name that contains `host`; an error if several zones have that name.
fn closest_zone(host: &str, zones: &[(String, String)]) -> Result<Option<String>> {
    let containing = zones.iter().filter(|(name, _)| is_in(host, name));
    let Some(longest) = containing.clone().map(|(name, _)| name.len()).max() else {
        return Ok(None);
    };
    let closest: Vec<&(String, String)> = containing
        .filter(|(name, _)| name.len() == longest)
        .collect();
    match closest[..] {
        [(_, id)] => Ok(Some(id.clone())),
        _ => {
            let ids: Vec<&str> = closest.iter().map(|(_, id)| id.as_str()).collect();
            Err(Error::usage(format!(
                "there are {} hosted zones named {}: {}",
                ids.len(),
                closest[0].0,
                ids.join(", ")
            ))
            .hint(
                "set hosted_zone in [edge] to the id of the one whose name servers the domain's registrar has",
            ))
        }
    }
}

/// Whether the certificate at this address is in the state and issued.
fn is_issued(address: &str, seen: &dyn Fn(&str) -> Option<Value>) -> bool {
    seen(address).is_some_and(|certificate| certificate["status"] == "ISSUED")
}

/// Whether the default action of the adopted listener is another one than to forward to the group of the service.
fn forwards_elsewhere(state: &Document) -> bool {
    let get = |address: &str| state.resources.get(address);
    let listener = get("edge.listener.https").or_else(|| get("edge.listener.http"));
    let (Some(listener), Some(group)) = (listener, get("edge.target_group.api")) else {
        return false;
    };
    // While it is being adopted, nothing is given yet.
    let is_given = listener.adopted.as_ref().is_some_and(|adopted| {
        *adopted == Adopted::default() || adopted.given.contains_key("target_group_arn")
    });
    is_given && listener.spec["target_group_arn"].as_str() != group.id.as_deref()
}

/// The certificate that the HTTPS listener in the state serves, if rd requested it.
fn served_certificate(state: &Document) -> Option<CertificateSpec> {
    let listener = state.resources.get("edge.listener.https")?;
    let arn = listener.spec["certificate_arn"].as_str()?;
    let mut certificates = state
        .resources
        .values()
        .filter(|one| one.kind == "certificate");
    let certificate = certificates.find(|one| one.id.as_deref() == Some(arn))?;
    CertificateSpec::stored(&certificate.spec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn zone(name: &str, id: &str) -> (String, String) {
        (name.to_owned(), id.to_owned())
    }

    #[tokio::test]
    async fn zones_of_other_services_and_private_ones_are_left_out() {
        let route53 = crate::recorded::route53(
            "<ListHostedZonesResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><HostedZones>\
             <HostedZone><Id>/hostedzone/Z2UGBO0SA2RMJ1</Id><Name>local.</Name><CallerReference>a</CallerReference>\
             <Config><Comment>Created by Route 53 Auto Naming</Comment><PrivateZone>true</PrivateZone></Config>\
             <ResourceRecordSetCount>2</ResourceRecordSetCount><LinkedService>\
             <ServicePrincipal>servicediscovery.amazonaws.com</ServicePrincipal><Description>a namespace</Description>\
             </LinkedService></HostedZone>\
             <HostedZone><Id>/hostedzone/Z20H1474487I0O</Id><Name>shop.com.</Name><CallerReference>b</CallerReference>\
             <Config><PrivateZone>false</PrivateZone></Config><ResourceRecordSetCount>2</ResourceRecordSetCount>\
             </HostedZone></HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>\
             </ListHostedZonesResponse>",
        );
        let zones = route53.list_hosted_zones().send().await.unwrap();
        assert_eq!(
            public_zones(zones.hosted_zones()),
            [zone("shop.com", "Z20H1474487I0O")]
        );
    }

    #[test]
    fn an_adopted_listener_can_answer_by_itself() {
        let document = |adopted: Value, target: Value| -> Document {
            let resource = |id: &str, spec: Value, adopted: Value| {
                serde_json::from_value(
                    json!({"kind": "x", "id": id, "phase": "ready", "since": "2026-01-01T00:00:00Z",
                    "spec": spec, "attributes": {}, "adopted": adopted}),
                )
                .unwrap()
            };
            let mut document = Document::empty(&Stack::default(), "edge");
            document.resources.insert(
                "edge.target_group.api".to_owned(),
                resource("tg-1", json!({}), Value::Null),
            );
            let listener = resource("l-1", json!({"target_group_arn": target}), adopted);
            document
                .resources
                .insert("edge.listener.https".to_owned(), listener);
            document
        };
        let given =
            json!({"given": {"target_group_arn": {"value": null, "instead_of": {"$ref": "x"}}}});
        assert!(forwards_elsewhere(&document(json!({}), Value::Null)));
        assert!(forwards_elsewhere(&document(given.clone(), Value::Null)));
        assert!(!forwards_elsewhere(&document(given, json!("tg-1"))));
        assert!(!forwards_elsewhere(&document(Value::Null, json!("tg-0"))));
        // A group that was replaced after the adoption: the listener still has the old one for a moment.
        let tags = json!({"tags_before": {"rd:adopted": null}});
        assert!(!forwards_elsewhere(&document(tags, json!("tg-0"))));
    }

    #[test]
    fn the_closest_zone_is_used_and_two_of_the_same_name_are_an_error() {
        let zones = [
            zone("example.com", "Z1"),
            zone("api.example.com", "Z2"),
            zone("ample.com", "Z3"),
        ];
        assert_eq!(
            closest_zone("api.example.com", &zones).unwrap(),
            Some("Z2".into())
        );
        assert_eq!(
            closest_zone("www.example.com", &zones).unwrap(),
            Some("Z1".into())
        );
        assert_eq!(closest_zone("example.org", &zones).unwrap(), None);
        let twice = [zone("example.com", "Z1"), zone("example.com", "Z4")];
        assert!(
            closest_zone("example.com", &twice)
                .unwrap_err()
                .summary
                .contains("Z1, Z4")
        );
    }
}
