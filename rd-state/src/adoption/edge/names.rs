//! The names of the load balancer: its certificate, and the DNS records that point to it.
//!
//! rd gives each name of its certificate a record. Where Terraform's certificate has other names than the records, it stays
//! in Terraform, and rd serves it by its ARN.

use crate::adoption::mapper::Mapper;
use crate::terraform::Resource;
use std::collections::BTreeSet;

/// The first label of the first name by default.
const DEFAULT_HOST: &str = "api";

/// The keys that a certificate of rd can have, the default first.
const KEYS: [&str; 3] = ["RSA_2048", "EC_prime256v1", "EC_secp384r1"];

/// How many names a certificate of rd can have.
const MAX_NAMES: usize = 10;

/// A name as DNS compares it.
fn normal(name: &str) -> String {
    name.trim_end_matches('.')
        .replace("\\052", "*")
        .to_lowercase()
}

/// A name as it is in addresses of rd.
fn slug(name: &str) -> String {
    name.replace('*', "star").replace('.', "-")
}

/// The name that ACM validates.
fn base(name: &str) -> &str {
    name.strip_prefix("*.").unwrap_or(name)
}

fn is_in(name: &str, zone: &str) -> bool {
    name == zone || name.ends_with(&format!(".{zone}"))
}

/// The names on a certificate, the first one first.
fn names_of(certificate: &Resource) -> Vec<String> {
    let mut names = vec![normal(certificate.text("domain_name"))];
    for name in certificate.texts("subject_alternative_names") {
        let name = normal(name);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The alias records that point to the load balancer, each alone of its name and type.
fn aliases<'a>(mapper: &Mapper<'a>, balancer: &Resource) -> Vec<&'a Resource> {
    let target = |name: &str| {
        let name = normal(name);
        name.strip_prefix("dualstack.")
            .map(str::to_owned)
            .unwrap_or(name)
    };
    let dns_name = target(balancer.text("dns_name"));
    let mut all = mapper.of("aws_route53_record");
    all.retain(|one| {
        let blocks = one.blocks("alias");
        let mut names = blocks.iter().map(|alias| target(alias.text("name")));
        one.text("type") == "A"
            && one.text("set_identifier").is_empty()
            && names.any(|name| !name.is_empty() && name == dns_name)
    });
    all
}

/// Decides whose certificate the HTTPS listener serves, and which records are rd's.
pub fn map<'a>(mapper: &mut Mapper<'a>, balancer: &Resource, https: &Resource) {
    let arn = https.text("certificate_arn");
    let certificates = mapper.of("aws_acm_certificate");
    let certificate = certificates.into_iter().find(|one| one.id() == arn);
    let aliases = aliases(mapper, balancer);
    let hosts: BTreeSet<String> = aliases.iter().map(|one| normal(one.text("fqdn"))).collect();
    let names = certificate.map(names_of).unwrap_or_default();
    let is_like_ours = certificate.is_some_and(|one| {
        let fits = hosts == names.iter().cloned().collect()
            || hosts.is_empty() && !names[0].starts_with('*');
        let key = one.text("key_algorithm");
        one.text("validation_method") == "DNS"
            && names.len() <= MAX_NAMES
            && (key.is_empty() || KEYS.contains(&key))
            && fits
    });
    match certificate.filter(|one| is_like_ours && !mapper.keeps(&one.address)) {
        Some(certificate) => {
            set_names(mapper, &names, &aliases);
            adopt_certificate(mapper, certificate, &names, !hosts.is_empty());
        }
        None => {
            mapper.mapping.set_text("edge", "certificate_arn", arn);
            let first = names.iter().find(|name| hosts.contains(*name));
            let plain = || hosts.iter().find(|name| !name.starts_with('*'));
            if let Some(first) = first.or_else(plain).or(hosts.first()) {
                let rest = hosts.iter().filter(|name| *name != first);
                let all: Vec<String> = [first].into_iter().chain(rest).cloned().collect();
                set_names(mapper, &all, &aliases);
            }
            if let Some(certificate) = certificate {
                leave_certificate(mapper, certificate);
            }
        }
    }
    for record in aliases {
        let name = normal(record.text("fqdn"));
        let id = format!("{}/{name}/A", record.text("zone_id"));
        let address = format!("edge.dns_record.{}", slug(&name));
        mapper.claim(record, &address, &id, "points to the load balancer");
    }
}

/// Sets the domain and the names below it, and the zone of the records.
fn set_names(mapper: &mut Mapper<'_>, names: &[String], aliases: &[&Resource]) {
    let Some((first, rest)) = names.split_first() else {
        return;
    };
    let domain = domain_of(mapper, first, aliases);
    let mapping = &mut mapper.mapping;
    mapping.set_text("", "domain", &domain);
    let host = first.strip_suffix(&format!(".{domain}"));
    let host = host.unwrap_or_default();
    if host != DEFAULT_HOST {
        mapping.set_text("edge", "host", host);
    }
    if !rest.is_empty() {
        mapping.set_list("edge", "names", rest);
    }
    let zones: BTreeSet<&str> = aliases.iter().map(|one| one.text("zone_id")).collect();
    let zones: Vec<&str> = zones.into_iter().collect();
    match zones.as_slice() {
        // Whoever has the records of these names keeps them.
        [] => mapping.set_text("edge", "hosted_zone", "none"),
        [zone] if names.iter().all(|name| is_in(name, &domain)) => {
            mapping.set_text("edge", "hosted_zone", zone);
        }
        // rd finds the zone of each name.
        _ => {}
    }
}

/// The domain that a name belongs to: its zone's name where the state has it, otherwise all but the first label.
fn domain_of(mapper: &Mapper<'_>, name: &str, aliases: &[&Resource]) -> String {
    let record = aliases.iter().find(|one| normal(one.text("fqdn")) == name);
    let zone = record.and_then(|record| {
        let of_state = mapper.of("aws_route53_zone").into_iter();
        let mut of_state = of_state.filter(|zone| zone.id() == record.text("zone_id"));
        let by_zone = of_state.next().map(|zone| normal(zone.text("name")));
        // A record's name can be written without that of its zone.
        let short = normal(record.text("name"));
        let by_name = || {
            name.strip_suffix(&short)
                .and(name.strip_prefix(&format!("{short}.")))
        };
        by_zone.or_else(|| by_name().map(str::to_owned))
    });
    match zone.filter(|zone| is_in(name, zone) && zone.contains('.')) {
        Some(zone) => zone,
        None => match name.split_once('.') {
            Some((_, rest)) if rest.contains('.') => rest.to_owned(),
            _ => name.to_owned(),
        },
    }
}

/// The certificate with what validates it.
fn adopt_certificate<'a>(
    mapper: &mut Mapper<'a>,
    certificate: &'a Resource,
    names: &[String],
    has_records: bool,
) {
    let address = format!("edge.certificate.{}", slug(&names[0]));
    let how = "the certificate of the HTTPS listener";
    mapper.claim(certificate, &address, certificate.id(), how);
    let key = certificate.text("key_algorithm");
    if !key.is_empty() && key != KEYS[0] {
        mapper.mapping.set_text("edge", "key_algorithm", key);
    }
    for one in mapper.of("aws_acm_certificate_validation") {
        if one.text("certificate_arn") == certificate.id() {
            mapper.claim(one, &address, "", "waits for that certificate");
        }
    }
    if !has_records {
        return;
    }
    let mut claimed = BTreeSet::new();
    for (domain, record) in validation_records(mapper, certificate) {
        let address = format!("edge.dns_record.validation-{}", slug(base(&domain)));
        let id = format!(
            "{}/{}/CNAME",
            record.text("zone_id"),
            normal(record.text("fqdn"))
        );
        // A name and its wildcard have the same record, which Terraform may have twice.
        if claimed.insert(address.clone()) {
            mapper.claim(record, &address, &id, "validates that certificate");
        } else {
            mapper.claim(record, &address, "", "the same record");
        }
    }
}

/// The records of a certificate with the domains that they validate.
fn validation_records<'a>(
    mapper: &Mapper<'a>,
    certificate: &Resource,
) -> Vec<(String, &'a Resource)> {
    let records = mapper.of("aws_route53_record").into_iter();
    let options = certificate.blocks("domain_validation_options");
    let found = records.filter_map(|record| {
        let name = normal(record.text("fqdn"));
        let mut options = options.iter();
        let option = options.find(|one| {
            let theirs = normal(one.text("resource_record_name"));
            !name.is_empty() && theirs == name && record.text("type") == "CNAME"
        })?;
        Some((normal(option.text("domain_name")), record))
    });
    found.collect()
}

/// The certificate and what validates it stay in Terraform.
fn leave_certificate<'a>(mapper: &mut Mapper<'a>, certificate: &'a Resource) {
    let why = "rd serves it by its ARN: its names are not those of the DNS records, or rd could not request it";
    mapper.leave(certificate, why);
    let validations = mapper.of("aws_acm_certificate_validation").into_iter();
    let validations = validations.filter(|one| one.text("certificate_arn") == certificate.id());
    let records = validation_records(mapper, certificate);
    let all = validations.chain(records.into_iter().map(|(_, record)| record));
    for one in all.collect::<Vec<_>>() {
        mapper.leave(one, "validates that certificate");
    }
}
