//! The desired certificate and the one that ACM has, with the DNS records that validate its domains.

use crate::domain_names::{base, normal, slug};
use aws_sdk_acm::types::{CertificateDetail, DomainStatus, FailureReason, KeyAlgorithm};
use rd_common::stack::short_hash;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The default key algorithm of ACM, which is not part of a certificate's address.
const DEFAULT_KEY_ALGORITHM: &str = "RSA_2048";

/// The maximum length of a certificate's common name (RFC 5280); its other names may be longer.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
pub const MAX_COMMON_NAME_LENGTH: usize = 64;

/// The desired certificate: its names and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The domain names on the certificate, the common name first.
    pub names: Vec<String>,
    /// The key algorithm in ACM's form, such as `RSA_2048`.
    pub key_algorithm: String,
}

impl Spec {
    /// The certificate for `hosts`: the first one that is short enough is the common name.
    pub fn new(hosts: &[String], key_algorithm: &str) -> Self {
        let mut names = hosts.to_vec();
        let short = names
            .iter()
            .position(|name| name.len() <= MAX_COMMON_NAME_LENGTH);
        if let Some(at) = short {
            names[..=at].rotate_right(1);
        }
        Self {
            names,
            key_algorithm: key_algorithm.to_owned(),
        }
    }

    /// The spec in a state; none where another version wrote another form.
    pub fn stored(spec: &Value) -> Option<Self> {
        Self::deserialize(spec).ok()
    }

    /// Whether a certificate of one spec is one of the other, too: only the place of the first name counts.
    pub fn is_same_certificate(&self, other: &Self) -> bool {
        let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
        self.key_algorithm == other.key_algorithm
            && self.names.first() == other.names.first()
            && set(&self.names) == set(&other.names)
    }

    /// Whether it has one name and a key of the default algorithm.
    pub fn is_plain(&self) -> bool {
        self.names.len() == 1 && self.key_algorithm == DEFAULT_KEY_ALGORITHM
    }
}

/// A DNS record by which ACM validates that the domain's owner wants the certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The names on the certificate that this record validates.
    pub domains: Vec<String>,
    /// The name of the DNS record.
    pub name: String,
    /// The type of the DNS record: `CNAME`.
    pub r#type: String,
    /// The value of the DNS record.
    pub value: String,
}

/// The certificate that ACM has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The certificate's ARN, which is its id.
    pub arn: String,
    /// The domain names on the certificate, the common name first.
    pub names: Vec<String>,
    /// The key algorithm in ACM's form, such as `RSA_2048`.
    pub key_algorithm: String,
    /// The status: `PENDING_VALIDATION`, `ISSUED`, `FAILED`, …
    pub status: String,
    /// The reason of a failure or of a revocation, such as `CAA_ERROR` or `KEY_COMPROMISE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The time when the certificate expires, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_till: Option<String>,
    /// The validation records, each once; ACM creates them after the request, not all at once.
    pub validation_records: Vec<Record>,
    /// The names that have no validation record yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unassigned: Vec<String>,
    /// The names of the validation records that ACM has found in DNS.
    pub seen: Vec<String>,
    /// The validation records as attributes of their own, by domain; see [`record_name_attribute`] and
    /// [`record_value_attribute`].
    #[serde(flatten)]
    pub by_domain: BTreeMap<String, String>,
}

/// The name of the attribute with the name of a domain's validation record. `names` are all names of the certificate.
pub fn record_name_attribute(domain: &str, names: &[String]) -> String {
    format!("record_name_{}", attribute_part(domain, names))
}

/// The name of the attribute with the value of a domain's validation record. `names` are all names of the certificate.
pub fn record_value_attribute(domain: &str, names: &[String]) -> String {
    format!("record_value_{}", attribute_part(domain, names))
}

/// The domain in the name of an attribute, where `a.b` and `a-b` would be the same, with a hash if both are there.
fn attribute_part(domain: &str, names: &[String]) -> String {
    let domain = normal(base(domain));
    let short = slug(&domain);
    let others = names.iter().map(|name| normal(base(name)));
    let is_shared = others
        .filter(|other| *other != domain)
        .any(|other| slug(&other) == short);
    if is_shared {
        format!("{short}-{}", short_hash(&domain))
    } else {
        short
    }
}

impl Live {
    /// The names of the validation records that ACM has not found in DNS yet.
    pub fn unseen(&self) -> impl Iterator<Item = &str> {
        self.validation_records
            .iter()
            .map(|record| record.name.as_str())
            .filter(|name| !self.seen.iter().any(|seen| seen == name))
    }
}

/// Converts ACM's answer. Domains that need the same validation record share one [`Record`].
pub fn live(detail: &CertificateDetail) -> Live {
    let first = detail.domain_name().unwrap_or_default().to_owned();
    let mut names = vec![first.clone()];
    let others = detail.subject_alternative_names().iter();
    names.extend(others.filter(|name| **name != first).cloned());
    let mut records: Vec<Record> = Vec::new();
    let (mut by_domain, mut seen) = (BTreeMap::new(), Vec::new());
    let mut unassigned = names.clone();
    for option in detail.domain_validation_options() {
        let Some(record) = option.resource_record() else {
            continue;
        };
        let domain = option.domain_name().to_owned();
        unassigned.retain(|name| base(name) != base(&domain));
        let (name, value) = (normal(record.name()), normal(record.value()));
        by_domain.insert(record_name_attribute(&domain, &names), name.clone());
        by_domain.insert(record_value_attribute(&domain, &names), value.clone());
        if option.validation_status() == Some(&DomainStatus::Success) && !seen.contains(&name) {
            seen.push(name.clone());
        }
        match records.iter_mut().find(|one| one.name == name) {
            Some(one) => one.domains.push(domain),
            None => records.push(Record {
                domains: vec![domain],
                name,
                r#type: record.r#type().as_str().to_owned(),
                value,
            }),
        }
    }
    let revoked = || Some(detail.revocation_reason()?.as_str());
    Live {
        arn: detail.certificate_arn().unwrap_or_default().to_owned(),
        names,
        // ACM's requests have `RSA_2048` and `EC_prime256v1`, its answers `RSA-2048` and `EC-prime256v1`.
        key_algorithm: detail
            .key_algorithm()
            .map_or(DEFAULT_KEY_ALGORITHM, KeyAlgorithm::as_str)
            .replace('-', "_"),
        status: detail
            .status()
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        failure: detail
            .failure_reason()
            .map(FailureReason::as_str)
            .or_else(revoked)
            .map(str::to_owned),
        valid_till: detail.not_after().map(ToString::to_string),
        validation_records: records,
        unassigned,
        seen,
        by_domain,
    }
}

/// Why a certificate will never be issued, or is no longer valid, with what to do; none as long as it can be issued.
pub fn failure_reason(status: &str, failure: Option<&String>) -> Option<String> {
    const FINAL: [&str; 5] = [
        "FAILED",
        "VALIDATION_TIMED_OUT",
        "REVOKED",
        "EXPIRED",
        "INACTIVE",
    ];
    let reason = match (status, failure) {
        ("VALIDATION_TIMED_OUT", _) => {
            "VALIDATION_TIMED_OUT: ACM did not find its DNS records within 72 hours; rd-edge records shows them".to_owned()
        }
        ("FAILED", Some(reason)) if reason == "CAA_ERROR" => {
            "FAILED: CAA_ERROR: the domain's CAA records must name amazon.com, or there must be none".to_owned()
        }
        (status, Some(reason)) => format!("{status}: {reason}"),
        (status, None) => status.to_owned(),
    };
    FINAL.contains(&status).then_some(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded;
    use serde_json::json;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// As ACM answers to DescribeCertificate with these members.
    async fn described(certificate: Value) -> Live {
        let acm = recorded::acm(&json!({"Certificate": certificate}).to_string());
        let call = acm.describe_certificate().certificate_arn("arn:aws:acm:…");
        live(&call.send().await.unwrap().certificate.unwrap())
    }

    fn option(domain: &str, record: Option<&str>, status: &str) -> Value {
        let mut option = json!({
            "DomainName": domain, "ValidationDomain": domain, "ValidationStatus": status, "ValidationMethod": "DNS",
        });
        if let Some(name) = record {
            option["ResourceRecord"] = json!({
                "Name": name, "Type": "CNAME", "Value": "_1abb.tljz.acm-validations.aws.",
            });
        }
        option
    }

    #[tokio::test]
    async fn an_issued_certificate_with_two_names_and_one_record() {
        let record = Some("_ec80.Shop.com.");
        let live = described(json!({
            "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/291f",
            "DomainName": "shop.com",
            "SubjectAlternativeNames": ["*.shop.com", "shop.com"],
            "DomainValidationOptions": [
                option("*.shop.com", record, "SUCCESS"),
                option("shop.com", record, "SUCCESS"),
            ],
            "Serial": "03:a4", "Subject": "CN=shop.com", "Issuer": "Amazon",
            "CreatedAt": 1_544_180_198.0, "IssuedAt": 1_544_180_454.0,
            "Status": "ISSUED", "NotBefore": 1_544_140_800.0, "NotAfter": 1_578_405_600.0,
            "KeyAlgorithm": "EC-prime256v1", "SignatureAlgorithm": "SHA256WITHRSA",
            "InUseBy": ["arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/1e0a"],
            "Type": "AMAZON_ISSUED", "KeyUsages": [{"Name": "DIGITAL_SIGNATURE"}],
            "RenewalEligibility": "ELIGIBLE",
            "Options": {"CertificateTransparencyLoggingPreference": "ENABLED", "Export": "DISABLED"},
        }))
        .await;
        assert_eq!(live.names, names(&["shop.com", "*.shop.com"]));
        assert_eq!(live.key_algorithm, "EC_prime256v1");
        assert_eq!(live.status, "ISSUED");
        assert_eq!(live.valid_till.as_deref(), Some("2020-01-07T14:00:00Z"));
        assert_eq!(live.seen, names(&["_ec80.shop.com"]));
        assert_eq!(live.unassigned, names(&[]));
        let record = &live.validation_records[..];
        assert_eq!(record.len(), 1);
        assert_eq!(record[0].domains, names(&["*.shop.com", "shop.com"]));
        assert_eq!(record[0].value, "_1abb.tljz.acm-validations.aws");
        let attribute = record_name_attribute("shop.com", &live.names);
        assert_eq!(live.by_domain[&attribute], "_ec80.shop.com");
    }

    #[tokio::test]
    async fn a_certificate_without_all_of_its_records() {
        let options = |options: Value| {
            json!({
                "DomainName": "a.com", "SubjectAlternativeNames": ["a.com", "*.a.com", "b.com"],
                "DomainValidationOptions": options, "Subject": "CN=a.com", "Status": "PENDING_VALIDATION",
                "KeyAlgorithm": "RSA-2048", "InUseBy": [], "Type": "AMAZON_ISSUED", "KeyUsages": [],
                "ExtendedKeyUsages": [], "RenewalEligibility": "INELIGIBLE",
            })
        };
        let (unset, name) = ("PENDING_VALIDATION", Some("_x.a.com."));
        let none = described(options(json!([option("a.com", None, unset)]))).await;
        assert_eq!(none.unassigned, names(&["a.com", "*.a.com", "b.com"]));
        assert_eq!((none.valid_till, none.failure), (None, None));
        let some = json!([option("a.com", name, unset), option("b.com", None, unset)]);
        let some = described(options(some)).await;
        assert_eq!(some.unassigned, names(&["b.com"]));
        assert_eq!(some.key_algorithm, "RSA_2048");
    }

    #[tokio::test]
    async fn a_revoked_certificate_has_its_reason_in_another_member() {
        let live = described(json!({
            "DomainName": "a.com", "Status": "REVOKED", "RevocationReason": "KEY_COMPROMISE",
        }))
        .await;
        let reason = failure_reason(&live.status, live.failure.as_ref());
        assert_eq!(reason.as_deref(), Some("REVOKED: KEY_COMPROMISE"));
        let live = described(json!({
            "DomainName": "a.com", "Status": "FAILED", "FailureReason": "ADDITIONAL_VERIFICATION_REQUIRED",
        }))
        .await;
        let reason = failure_reason(&live.status, live.failure.as_ref());
        assert_eq!(
            reason.as_deref(),
            Some("FAILED: ADDITIONAL_VERIFICATION_REQUIRED")
        );
    }

    #[test]
    fn a_final_failure_says_what_to_do() {
        assert!(
            failure_reason("FAILED", Some(&"CAA_ERROR".to_owned()))
                .unwrap()
                .contains("amazon.com")
        );
        assert!(
            failure_reason("VALIDATION_TIMED_OUT", None)
                .unwrap()
                .contains("rd-edge records")
        );
        assert_eq!(failure_reason("PENDING_VALIDATION", None), None);
    }

    #[test]
    fn the_attributes_of_a_wildcard_and_its_parent_are_the_same_and_no_others() {
        let all = names(&["a.b.com", "a-b.com", "*.c.com"]);
        let name = |domain: &str| record_name_attribute(domain, &all);
        assert_eq!(name("*.c.com"), name("c.com"));
        assert_eq!(name("c.com"), "record_name_c-com");
        assert_ne!(name("a.b.com"), name("a-b.com"));
    }

    #[test]
    fn the_common_name_is_short_enough() {
        let long = format!("{}.example.com", "a".repeat(60));
        let hosts = [long.clone(), "b.com".to_owned(), "c.com".to_owned()];
        let spec = Spec::new(&hosts, "RSA_2048");
        assert_eq!(spec.names, names(&["b.com", &long, "c.com"]));
        // Where none is, the settings are refused.
        let spec = Spec::new(&hosts[..1], "RSA_2048");
        assert_eq!(spec.names, [long]);
    }
}
