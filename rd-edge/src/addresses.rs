//! The names of certificates and DNS records in addresses, which no two of them share.
//!
//! An address holds a domain name without dots: `api-example-com` for `api.example.com`. So `a.b` and `a-b`, `*.shop` and
//! `star.shop`, and an alias for `validation.shop` and the validation record of `shop` would have one address. What has
//! an address in the state keeps it; of what is new, everything that would share an address gets a hash of its own name.

use crate::domain_names::{base, normal, slug};
use crate::kinds::certificate::model::Spec as CertificateSpec;
use rd_common::Document;
use rd_common::stack::short_hash;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A DNS record of the stack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Record {
    /// The alias record of a host.
    Alias(String),
    /// The record by which ACM validates a domain.
    Validation(String),
}

impl Record {
    /// The alias record of `host`.
    pub fn alias(host: &str) -> Self {
        Self::Alias(normal(host))
    }

    /// The validation record of `host`, which it shares with `*.host`.
    pub fn validation(host: &str) -> Self {
        Self::Validation(normal(base(host)))
    }

    /// The record that a spec in the state describes; none where it cannot be told.
    pub fn stored(spec: &Value) -> Option<Self> {
        let name = spec["name"].as_str()?;
        // What AWS reports of a record that is being adopted has no type: those of a stack are aliases or CNAMEs.
        let by_target = || {
            spec.get("alias")
                .map(|alias| if alias.is_null() { "CNAME" } else { "A" })
        };
        match spec["type"].as_str().or_else(by_target)? {
            // ACM's label comes before the domain: `_6d5c….example.com`.
            "CNAME" => Some(Self::validation(name.split_once('.')?.1)),
            _ => Some(Self::alias(name)),
        }
    }

    /// The name in the address, unless it would be shared.
    fn short_name(&self) -> String {
        match self {
            Self::Alias(host) => slug(host),
            Self::Validation(domain) => format!("validation-{}", slug(domain)),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Alias(host) => host.clone(),
            Self::Validation(domain) => format!("validation {domain}"),
        }
    }
}

/// The names of DNS records in addresses.
#[derive(Clone, Debug, Default)]
pub struct RecordNames(BTreeMap<Record, String>);

impl RecordNames {
    /// The names of the alias records and the validation records of `hosts`.
    pub fn new<'a>(state: &Document, hosts: impl IntoIterator<Item = &'a String>) -> Self {
        let wanted: BTreeSet<Record> = hosts
            .into_iter()
            .flat_map(|host| [Record::alias(host), Record::validation(host)])
            .collect();
        let mut names = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for (name, spec) in stored(state, "edge.dns_record.") {
            // Without a readable spec, it is what its name says.
            if let Some(record) = Record::stored(spec) {
                taken.insert(name.to_owned());
                if wanted.contains(&record) {
                    names.entry(record).or_insert_with(|| name.to_owned());
                }
            }
        }
        let fresh: Vec<&Record> = wanted
            .iter()
            .filter(|record| !names.contains_key(*record))
            .collect();
        let mut shared = BTreeMap::new();
        for record in &fresh {
            *shared.entry(record.short_name()).or_insert(0) += 1;
        }
        let mut found = Vec::new();
        for record in fresh {
            let short = record.short_name();
            let is_shared = shared.get(&short) != Some(&1);
            let name = free_name(&short, &record.text(), |name| {
                taken.contains(name) || (is_shared && name == short)
            });
            taken.insert(name.clone());
            found.push((record.clone(), name));
        }
        names.extend(found);
        Self(names)
    }

    /// The name of a record in its address.
    pub fn of(&self, record: &Record) -> String {
        self.0
            .get(record)
            .cloned()
            .unwrap_or_else(|| record.short_name())
    }
}

/// The name of a certificate in its address: its first name and, unless that is the only one and the key the default
/// one, a hash of everything that makes it another certificate.
pub fn certificate_name(state: &Document, spec: &CertificateSpec) -> String {
    let mut others = BTreeSet::new();
    for (name, stored) in stored(state, "edge.certificate.") {
        match CertificateSpec::stored(stored) {
            Some(stored) if stored.is_same_certificate(spec) => return name.to_owned(),
            Some(_) => {
                others.insert(name);
            }
            None => {}
        }
    }
    let first = slug(spec.names.first().map_or("", String::as_str));
    let all = format!("{} {}", spec.names.join(" "), spec.key_algorithm);
    let short = if spec.is_plain() {
        first
    } else {
        format!("{first}-{}", short_hash(&all))
    };
    free_name(&short, &all, |name| others.contains(name))
}

/// The address of a certificate.
pub fn certificate_address(state: &Document, spec: &CertificateSpec) -> String {
    format!("edge.certificate.{}", certificate_name(state, spec))
}

/// The resources whose addresses begin with `prefix`: the rest of the address, and the spec.
fn stored<'a>(
    state: &'a Document,
    prefix: &'static str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    state
        .resources
        .iter()
        .filter_map(move |(address, one)| Some((address.strip_prefix(prefix)?, &one.spec)))
}

/// `short` or, where that is taken, `short` with a hash of `text`.
fn free_name(short: &str, text: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut text = text.to_owned();
    let mut name = short.to_owned();
    while taken(&name) {
        name = format!("{short}-{}", short_hash(&text));
        text.push(' ');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_common::Stack;
    use serde_json::json;

    fn empty() -> Document {
        Document::empty(&Stack::default(), "edge")
    }

    fn state(resources: &[(&str, Value)]) -> Document {
        let mut state = empty();
        for (address, spec) in resources {
            let kind = address.split('.').nth(1).unwrap();
            let resource = json!({
                "kind": kind, "phase": "ready", "since": "2026-01-01T00:00:00Z", "spec": spec, "attributes": {},
            });
            let resource = serde_json::from_value(resource).unwrap();
            state.resources.insert((*address).to_owned(), resource);
        }
        state
    }

    fn names(state: &Document, hosts: &[&str]) -> Vec<String> {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let names = RecordNames::new(state, &hosts);
        hosts
            .iter()
            .flat_map(|host| [Record::alias(host), Record::validation(host)])
            .map(|record| names.of(&record))
            .collect()
    }

    fn alias(name: &str) -> Value {
        json!({"zone_id": "Z1", "name": name, "type": "A"})
    }

    fn certificate(names: &[&str], key: &str) -> CertificateSpec {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        CertificateSpec::new(&names, key)
    }

    #[test]
    fn a_name_that_nothing_shares_is_short() {
        let none = empty();
        assert_eq!(
            names(&none, &["api.example.com", "*.example.com"]),
            [
                "api-example-com",
                "validation-api-example-com",
                "star-example-com",
                "validation-example-com"
            ]
        );
    }

    #[test]
    fn names_that_would_be_shared_have_a_hash_whatever_their_order() {
        let none = empty();
        for pair in [
            ["a.b.com", "a-b.com"],
            ["shop.example.com", "shop-example.com"],
            ["star.shop.com", "*.shop.com"],
            ["validation.shop.com", "shop.com"],
        ] {
            let [first, second] = pair;
            let there = names(&none, &[first, second]);
            let back = names(&none, &[second, first]);
            assert_eq!((&there[..2], &there[2..]), (&back[2..], &back[..2]));
            let records: BTreeSet<Record> = pair
                .iter()
                .flat_map(|host| [Record::alias(host), Record::validation(host)])
                .collect();
            let all: BTreeSet<String> = there.into_iter().collect();
            assert_eq!(all.len(), records.len(), "{all:?}");
        }
    }

    #[test]
    fn what_is_in_the_state_keeps_its_address() {
        let old = state(&[
            ("edge.dns_record.star-shop-com", alias("*.shop.com")),
            (
                "edge.dns_record.validation-shop-com",
                json!({"zone_id": "Z1", "name": "_6d5c.shop.com", "type": "CNAME"}),
            ),
        ]);
        let both = names(&old, &["*.shop.com", "star.shop.com"]);
        assert_eq!(both[0], "star-shop-com");
        assert_eq!(both[1], "validation-shop-com");
        assert!(both[2].starts_with("star-shop-com-"), "{both:?}");
        // As soon as the other one is in the state, both are stable: also when the first one goes.
        let address = format!("edge.dns_record.{}", both[2]);
        let later = state(&[(&address, alias("star.shop.com"))]);
        assert_eq!(names(&later, &["star.shop.com"])[0], both[2]);
    }

    #[test]
    fn the_address_of_another_record_is_not_taken_over() {
        let old = state(&[("edge.dns_record.a-b-com", alias("a.b.com"))]);
        assert!(names(&old, &["a-b.com"])[0].starts_with("a-b-com-"));
        let (dot, dash) = (
            certificate(&["a.b.com"], "RSA_2048"),
            certificate(&["a-b.com"], "RSA_2048"),
        );
        let spec = serde_json::to_value(&dot).unwrap();
        let old = state(&[("edge.certificate.a-b-com", spec)]);
        assert_eq!(certificate_name(&old, &dot), "a-b-com");
        assert!(certificate_name(&old, &dash).starts_with("a-b-com-"));
    }

    #[test]
    fn the_order_of_further_names_does_not_make_another_certificate() {
        let (kept, desired) = (
            certificate(&["a.com", "c.com", "b.com"], "RSA_2048"),
            certificate(&["a.com", "b.com", "c.com"], "RSA_2048"),
        );
        let old = state(&[("edge.certificate.a", serde_json::to_value(&kept).unwrap())]);
        assert_eq!(certificate_name(&old, &desired), "a");
        let other_first = certificate(&["b.com", "a.com", "c.com"], "RSA_2048");
        assert_ne!(certificate_name(&old, &other_first), "a");
    }

    #[test]
    fn what_aws_reports_of_a_record_tells_which_one_it_is() {
        let alias = json!({"name": "api.example.com", "alias": {"dns_name": "x"}});
        assert_eq!(
            Record::stored(&alias),
            Some(Record::alias("api.example.com"))
        );
        let cname = json!({"name": "_6d5c.shop.com", "alias": null, "values": ["x"]});
        assert_eq!(Record::stored(&cname), Some(Record::validation("shop.com")));
    }

    #[test]
    fn other_names_or_another_key_are_another_certificate() {
        let none = empty();
        let name = |names: &[&str], key: &str| certificate_name(&none, &certificate(names, key));
        let one = name(&["api.example.com"], "RSA_2048");
        assert_eq!(one, "api-example-com");
        let two = name(&["api.example.com", "example.com"], "RSA_2048");
        let three = name(&["api.example.com", "example.org"], "RSA_2048");
        let key = name(&["api.example.com"], "EC_prime256v1");
        let all = BTreeSet::from([&one, &two, &three, &key]);
        assert_eq!(all.len(), 4, "{all:?}");
        assert!(all.iter().all(|one| one.starts_with("api-example-com")));
    }
}
