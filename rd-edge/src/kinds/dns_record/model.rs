//! The desired DNS record and the one that Route 53 has, and the id by which a record is known.

use crate::domain_names::normal;
use aws_sdk_route53::types::ResourceRecordSet;
use rd_common::Input;
use serde::{Deserialize, Serialize};

/// The target of an alias record, a form of A record that only Route 53 has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alias<T> {
    /// The DNS name of the target.
    pub dns_name: T,
    /// The hosted zone of the target, which belongs to AWS for a load balancer.
    pub zone_id: T,
    /// Whether Route 53 returns the record only while the target is healthy: useful only next to other records.
    pub evaluate_target_health: bool,
}

/// The desired DNS record, either with a value or an alias.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The id of the hosted zone.
    pub zone_id: String,
    /// The name of the record.
    pub name: Input,
    /// The type of the record: `A` or `CNAME`.
    pub r#type: String,
    /// For how many seconds resolvers cache the record; none for an alias.
    pub ttl: Option<i64>,
    /// The value of the record; none for an alias.
    pub value: Option<Input>,
    /// The target of an alias; none for a record with a value.
    pub alias: Option<Alias<Input>>,
    /// Whether an existing record that does not belong to the stack may be overwritten.
    pub overwrite: bool,
}

/// The DNS record that Route 53 has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name of the record, normalised.
    pub name: String,
    /// For how many seconds resolvers cache the record; none for an alias.
    pub ttl: Option<i64>,
    /// The values of the record; empty for an alias.
    pub values: Vec<String>,
    /// The target of an alias.
    pub alias: Option<Alias<String>>,
}

/// What identifies a record: records have no tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordKey {
    /// The id of the hosted zone.
    pub zone: String,
    /// The name of the record, normalised.
    pub name: String,
    /// The type of the record, such as `CNAME`.
    pub kind: String,
}

impl RecordKey {
    /// The key of a desired record; none while its name is unknown.
    pub fn from_spec(spec: &Spec) -> Option<Self> {
        Some(Self {
            zone: spec.zone_id.clone(),
            name: normal(spec.name.known()?),
            kind: spec.r#type.clone(),
        })
    }

    /// Parses an id, `<zone>/<name>/<type>`; a name contains no `/`.
    pub fn parse(id: &str) -> Option<Self> {
        let (zone, rest) = id.split_once('/')?;
        let (name, kind) = rest.rsplit_once('/')?;
        Some(Self {
            zone: zone.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
        })
    }

    /// The id of the record, such as `Z123/api.example.com/A`.
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.zone, self.name, self.kind)
    }

    /// Whether a record set of the zone has this name and type.
    pub fn matches(&self, set: &ResourceRecordSet) -> bool {
        normal(set.name()) == self.name && set.r#type().as_str() == self.kind
    }
}

/// Converts Route 53's answer, with normalised names.
pub fn live(set: &ResourceRecordSet) -> Live {
    // The Route 53 console adds this prefix to the names of load balancers, for IPv6.
    let target_name = |name: &str| {
        let name = normal(name);
        name.strip_prefix("dualstack.")
            .map(str::to_owned)
            .unwrap_or(name)
    };
    Live {
        name: normal(set.name()),
        ttl: set.ttl(),
        values: set
            .resource_records()
            .iter()
            .map(|record| normal(record.value()))
            .collect(),
        alias: set.alias_target().map(|target| Alias {
            dns_name: target_name(target.dns_name()),
            zone_id: target.hosted_zone_id().to_owned(),
            evaluate_target_health: target.evaluate_target_health(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_parsed_again() {
        let key = RecordKey {
            zone: "Z1".to_owned(),
            name: "_x.api.example.com".to_owned(),
            kind: "CNAME".to_owned(),
        };
        assert_eq!(key.id(), "Z1/_x.api.example.com/CNAME");
        assert_eq!(RecordKey::parse(&key.id()), Some(key));
    }
}
