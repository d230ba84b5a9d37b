//! The desired certificate and the one that ACM has, with the DNS records that validate its domains.

use crate::domain_names::{base, normal, slug};
use aws_sdk_acm::types::{CertificateDetail, DomainStatus, KeyAlgorithm};
use rd_common::stack::short_hash;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The default key algorithm of ACM, which is not part of a certificate's address.
const DEFAULT_KEY_ALGORITHM: &str = "RSA_2048";

/// The desired certificate: its names and its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The domain names on the certificate, the common name first.
    pub names: Vec<String>,
    /// The key algorithm in ACM's form, such as `RSA_2048`.
    pub key_algorithm: String,
}

impl Spec {
    /// The last part of the certificate's address: its first name and, unless that is the only name and the key the
    /// default one, a hash of everything that makes it another certificate.
    pub fn node_name(&self) -> String {
        let first = self.names.first().map_or("", String::as_str);
        if self.names.len() == 1 && self.key_algorithm == DEFAULT_KEY_ALGORITHM {
            return slug(first);
        }
        let all = format!("{} {}", self.names.join(" "), self.key_algorithm);
        format!("{}-{}", slug(first), short_hash(&all))
    }

    /// The address of the certificate.
    pub fn address(&self) -> String {
        format!("edge.certificate.{}", self.node_name())
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
    /// The reason of a failure, such as `CAA_ERROR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The time when the certificate expires, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_till: Option<String>,
    /// The validation records, each once; empty until ACM has created them.
    pub validation_records: Vec<Record>,
    /// The names of the validation records that ACM has found in DNS.
    pub seen: Vec<String>,
    /// The validation records as attributes of their own, by domain; see [`record_name_attribute`] and
    /// [`record_value_attribute`].
    #[serde(flatten)]
    pub by_domain: BTreeMap<String, String>,
}

/// The name of the attribute with the name of a domain's validation record.
pub fn record_name_attribute(domain: &str) -> String {
    format!("record_name_{}", slug(base(domain)))
}

/// The name of the attribute with the value of a domain's validation record.
pub fn record_value_attribute(domain: &str) -> String {
    format!("record_value_{}", slug(base(domain)))
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
    for option in detail.domain_validation_options() {
        let Some(record) = option.resource_record() else {
            continue;
        };
        let domain = option.domain_name().to_owned();
        let (name, value) = (normal(record.name()), normal(record.value()));
        by_domain.insert(record_name_attribute(&domain), name.clone());
        by_domain.insert(record_value_attribute(&domain), value.clone());
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
    Live {
        arn: detail.certificate_arn().unwrap_or_default().to_owned(),
        names,
        // ACM's requests have `RSA_2048`, its answers `RSA-2048`.
        key_algorithm: detail
            .key_algorithm()
            .map_or(DEFAULT_KEY_ALGORITHM, KeyAlgorithm::as_str)
            .replace("RSA-", "RSA_"),
        status: detail
            .status()
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        failure: detail
            .failure_reason()
            .map(|reason| reason.as_str().to_owned()),
        valid_till: detail.not_after().map(ToString::to_string),
        validation_records: records,
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

    fn spec(names: &[&str]) -> Spec {
        Spec {
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            key_algorithm: "RSA_2048".into(),
        }
    }

    #[test]
    fn other_names_are_another_address() {
        assert_eq!(spec(&["api.example.com"]).node_name(), "api-example-com");
        let two = spec(&["api.example.com", "example.com"]).node_name();
        assert!(two.starts_with("api-example-com-") && two.len() > "api-example-com-".len());
        assert_ne!(two, spec(&["api.example.com", "example.org"]).node_name());
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
        assert_eq!(
            record_name_attribute("*.example.com"),
            record_name_attribute("example.com")
        );
    }
}
