//! The DNS records that somebody has to create for domains that are not in Route 53: which they are, how they are
//! printed, and the note about them after a plan or an apply.

use crate::addresses::{Record as Validates, certificate_address};
use crate::config::Config;
use crate::discover::Discovered;
use crate::kinds::certificate::model::{Live, Record, Spec};
use crate::kinds::load_balancer::{self, LoadBalancer};
use rd_common::output::table::table;
use rd_common::{Document, Note, Stack};
use serde::Serialize;

/// For how many seconds resolvers cache a record, in a zone file.
const TTL_SECONDS: u32 = 300;

/// A DNS record to create, and its purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ManualRecord {
    name: String,
    r#type: String,
    value: String,
    purpose: String,
    /// Whether ACM has found the record; none for a record that ACM does not need.
    seen: Option<bool>,
}

fn validation_record(record: &Record, seen: bool) -> ManualRecord {
    ManualRecord {
        name: record.name.clone(),
        r#type: record.r#type.clone(),
        value: record.value.clone(),
        purpose: format!("validates {}", record.domains.join(" and ")),
        seen: Some(seen),
    }
}

/// The record that routes clients of `host` to the load balancer. The name of a zone itself cannot be a CNAME;
/// providers call the replacement ALIAS or ANAME.
fn address_record(host: &str, load_balancer: &str) -> ManualRecord {
    let is_apex = host.split('.').count() == 2;
    ManualRecord {
        name: host.to_owned(),
        r#type: if is_apex { "ALIAS" } else { "CNAME" }.to_owned(),
        value: load_balancer.to_owned(),
        purpose: "routes clients to the load balancer".to_owned(),
        seen: None,
    }
}

/// The records to create for `hosts`: those that validate the certificate, then those that point to the load balancer.
pub fn manual_records(
    hosts: &[String],
    certificate: Option<&Live>,
    load_balancer: Option<&str>,
) -> Vec<ManualRecord> {
    let mut records: Vec<ManualRecord> = Vec::new();
    if let Some(certificate) = certificate {
        let needed = certificate
            .validation_records
            .iter()
            .filter(|one| one.domains.iter().any(|name| hosts.contains(name)));
        records
            .extend(needed.map(|one| validation_record(one, certificate.seen.contains(&one.name))));
    }
    if let Some(load_balancer) = load_balancer {
        records.extend(hosts.iter().map(|host| address_record(host, load_balancer)));
    }
    records
}

/// The records as a table with a heading.
pub fn as_table(records: &[ManualRecord]) -> String {
    let cells: Vec<Vec<String>> = records
        .iter()
        .map(|record| {
            let seen = match record.seen {
                Some(true) => "seen",
                Some(false) => "not seen yet",
                None => "-",
            };
            vec![
                record.name.clone(),
                record.r#type.clone(),
                record.value.clone(),
                seen.to_owned(),
                record.purpose.clone(),
            ]
        })
        .collect();
    table(&["NAME", "TYPE", "VALUE", "ACM", "PURPOSE"], &cells)
}

/// The records as lines of a zone file (RFC 1035). An ALIAS, for which zone files have no type, is a comment.
pub fn as_zone_file(records: &[ManualRecord]) -> String {
    records
        .iter()
        .map(|record| {
            let line = format!(
                "{}. {TTL_SECONDS} IN {} {}.",
                record.name, record.r#type, record.value
            );
            let comment = if record.r#type == "CNAME" { "" } else { "; " };
            format!("; {}\n{comment}{line}\n", record.purpose)
        })
        .collect()
}

/// The hosts for which Route 53 has no zone.
pub fn hosts_without_zone(hosts: Vec<String>, discovered: &Discovered) -> Vec<String> {
    hosts
        .into_iter()
        .filter(|host| !discovered.zones.contains_key(host))
        .collect()
}

/// The DNS name of the load balancer in the state; none before it is created.
pub fn load_balancer_name(state: &Document) -> Option<String> {
    LoadBalancer::DNS_NAME.stored(state.resources.get(load_balancer::ADDRESS)?)
}

/// The notes about HTTPS that is not enabled yet, with the records to create, and about records that stay.
pub fn notes(
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    state: &Document,
) -> Vec<Note> {
    let mut notes = https_notes(stack, config, discovered, state);
    let hosts = config.hosts(stack);
    let kept = kept_records(config, &hosts, discovered, state);
    if !kept.is_empty() {
        notes.push(Note {
            summary: format!(
                "these records stay in Route 53 when they leave the stack: {}",
                kept.join(", ")
            ),
            hint: "certificates of the same name need them, in every region: delete them manually only if there are none"
                .to_owned(),
        });
    }
    notes
}

/// The names of the validation records in the state that the settings no longer ask for.
fn kept_records(
    config: &Config,
    hosts: &[String],
    discovered: &Discovered,
    state: &Document,
) -> Vec<String> {
    let wanted: Vec<Validates> = hosts
        .iter()
        .filter(|host| config.certificate_arn.is_none() && discovered.zones.contains_key(*host))
        .map(|host| Validates::validation(host))
        .collect();
    let records = state
        .resources
        .values()
        .filter(|one| one.kind == "dns_record" && one.spec["type"] == "CNAME");
    records
        .filter(|one| Validates::stored(&one.spec).is_none_or(|record| !wanted.contains(&record)))
        .filter_map(|one| one.spec["name"].as_str().map(str::to_owned))
        .collect()
}

fn https_notes(
    stack: &Stack,
    config: &Config,
    discovered: &Discovered,
    state: &Document,
) -> Vec<Note> {
    let hosts = config.hosts(stack);
    if config.certificate_arn.is_some() {
        return Vec::new();
    }
    if hosts.is_empty() {
        return vec![Note {
            summary: "there is no HTTPS: the load balancer answers on plain HTTP, which everyone on the network path can read \
                      and change"
                .to_owned(),
            hint: "set `domain` in rd.toml, or certificate_arn in [edge]".to_owned(),
        }];
    }
    if discovered.all_in_route53(&hosts) || discovered.issued {
        return Vec::new();
    }
    let desired = Spec::new(&hosts, &config.key_algorithm);
    let stored = state.resources.get(&certificate_address(state, &desired));
    let certificate: Option<Live> =
        stored.and_then(|one| serde_json::from_value(one.attributes.clone()).ok());
    let Some(certificate) = certificate else {
        return vec![Note {
            summary: format!(
                "Route 53 has no zone for {}: HTTPS needs DNS records that you create, and another apply after that",
                hosts.join(", ")
            ),
            hint: "apply shows the records".to_owned(),
        }];
    };
    let effect = match &discovered.previous {
        Some(previous) => format!(
            "to switch to it (until then {} is served)",
            previous.names.join(", ")
        ),
        None => "to enable HTTPS".to_owned(),
    };
    let load_balancer = load_balancer_name(state);
    let records = manual_records(
        &hosts_without_zone(hosts, discovered),
        Some(&certificate),
        load_balancer.as_deref(),
    );
    vec![Note {
        summary: format!(
            "the certificate is pending validation: create these DNS records, then apply again {effect}:\n{}",
            as_table(&records).trim_end()
        ),
        hint:
            "create them at the domain's DNS provider, then run: rd-edge wait && rd-edge apply -y"
                .to_owned(),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_file_has_full_names_and_no_cname_at_the_apex() {
        let record = Record {
            domains: vec!["example.com".into(), "*.example.com".into()],
            name: "_x.example.com".into(),
            r#type: "CNAME".into(),
            value: "_y.acm-validations.aws".into(),
        };
        let records = [
            validation_record(&record, false),
            address_record("api.example.com", "alb.elb.amazonaws.com"),
            address_record("example.com", "alb.elb.amazonaws.com"),
        ];
        assert_eq!(
            as_zone_file(&records),
            "; validates example.com and *.example.com\n\
             _x.example.com. 300 IN CNAME _y.acm-validations.aws.\n\
             ; routes clients to the load balancer\n\
             api.example.com. 300 IN CNAME alb.elb.amazonaws.com.\n\
             ; routes clients to the load balancer\n\
             ; example.com. 300 IN ALIAS alb.elb.amazonaws.com.\n"
        );
    }
}
