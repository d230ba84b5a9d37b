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
    /// Whether Route 53 still copies the last change of this run to its name servers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_syncing: bool,
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

    /// Whether a record set of the zone has this name and type, and is the only one: one with an identifier is among
    /// several, such as weighted ones.
    pub fn matches(&self, set: &ResourceRecordSet) -> bool {
        normal(set.name()) == self.name
            && set.r#type().as_str() == self.kind
            && set.set_identifier().is_none()
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
        is_syncing: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;

    /// As Route 53 answers to ListResourceRecordSets.
    async fn listed(sets: &str) -> Vec<ResourceRecordSet> {
        let route53 = recorded::route53(&format!(
            "<ListResourceRecordSetsResponse xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
             <ResourceRecordSets>{sets}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>\
             </ListResourceRecordSetsResponse>"
        ));
        let call = route53.list_resource_record_sets().hosted_zone_id("Z1");
        call.send().await.unwrap().resource_record_sets
    }

    fn key(name: &str, kind: &str) -> RecordKey {
        RecordKey {
            zone: "Z1".to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
        }
    }

    #[test]
    fn an_id_is_parsed_again() {
        let key = key("_x.api.example.com", "CNAME");
        assert_eq!(key.id(), "Z1/_x.api.example.com/CNAME");
        assert_eq!(RecordKey::parse(&key.id()), Some(key));
    }

    #[tokio::test]
    async fn an_alias_in_the_form_of_route_53() {
        let sets = listed(
            "<ResourceRecordSet><Name>\\052.shop.com.</Name><Type>A</Type><AliasTarget>\
             <HostedZoneId>Z35SXDOTRQ7X7K</HostedZoneId>\
             <DNSName>dualstack.shop-alb-33.us-east-1.elb.amazonaws.com.</DNSName>\
             <EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget></ResourceRecordSet>",
        )
        .await;
        assert!(key("*.shop.com", "A").matches(&sets[0]));
        let live = live(&sets[0]);
        assert_eq!((live.name.as_str(), live.ttl), ("*.shop.com", None));
        let alias = live.alias.unwrap();
        assert_eq!(alias.dns_name, "shop-alb-33.us-east-1.elb.amazonaws.com");
        assert_eq!(alias.zone_id, "Z35SXDOTRQ7X7K");
        assert!(live.values.is_empty() && !alias.evaluate_target_health);
    }

    #[tokio::test]
    async fn a_cname_in_the_form_of_route_53_and_a_record_among_several() {
        let sets = listed(
            "<ResourceRecordSet><Name>_6d5c.shop.com.</Name><Type>CNAME</Type><TTL>300</TTL><ResourceRecords>\
             <ResourceRecord><Value>_1ABB.tljz.acm-validations.aws.</Value></ResourceRecord></ResourceRecords>\
             </ResourceRecordSet>\
             <ResourceRecordSet><Name>shop.com.</Name><Type>A</Type><SetIdentifier>eu</SetIdentifier>\
             <Weight>255</Weight><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord>\
             </ResourceRecords></ResourceRecordSet>",
        )
        .await;
        let live = live(&sets[0]);
        assert_eq!(
            (live.name.as_str(), live.ttl),
            ("_6d5c.shop.com", Some(300))
        );
        assert_eq!(live.values, ["_1abb.tljz.acm-validations.aws"]);
        assert!(!key("shop.com", "A").matches(&sets[1]));
    }
}
