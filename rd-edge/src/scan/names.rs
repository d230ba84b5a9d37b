//! The certificates that listeners serve, and the DNS records of their names.

use crate::clients::Clients;
use crate::discover::list_public_zones;
use crate::domain_names::{is_in, normal};
use crate::kinds::certificate::model::{Live, live};
use aws_sdk_acm::types::{CertificateDetail, CertificateType};
use aws_sdk_route53::Client;
use aws_sdk_route53::types::ResourceRecordSet;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, TerraformResources};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Adds the certificate of each listener, and the records in those public zones that can have their names. Records that point
/// elsewhere are none of the stack: only aliases of a load balancer that was found, and records that validate a certificate.
pub async fn add(ctx: &Ctx<Clients>, all: &mut TerraformResources) -> Result<()> {
    let served = all.texts("aws_lb_listener", "certificate_arn").into_iter();
    let served: BTreeSet<String> = served.map(str::to_owned).collect();
    let mut certificates = Vec::new();
    for arn in &served {
        if let Some(detail) = ctx.clients.reads.certificate(arn).await? {
            certificates.push(live(&detail));
            all.add("aws_acm_certificate", arn, certificate(&detail));
        }
    }
    if certificates.is_empty() {
        return Ok(());
    }
    for (name, id) in list_public_zones(&ctx.clients).await? {
        let is_asked = |one: &Live| {
            let mut names = one.names.iter().map(|name| normal(name));
            names.any(|one| is_in(one.trim_start_matches("*."), &name))
        };
        if !certificates.iter().any(is_asked) {
            continue;
        }
        let sets = list(&ctx.clients.route53, &id).await?;
        let records = records(&id, &sets, &certificates, all);
        if records.is_empty() {
            continue;
        }
        all.add("aws_route53_zone", &id, json!({"name": name}));
        for (record, values) in records {
            all.add("aws_route53_record", &record, values);
        }
    }
    Ok(())
}

/// The records of a zone. Its list has no token: a page begins with the record that the one before it names.
async fn list(route53: &Client, zone: &str) -> Result<Vec<ResourceRecordSet>> {
    let mut sets = Vec::new();
    let mut call = route53.list_resource_record_sets().hosted_zone_id(zone);
    loop {
        let page = call.send().await.doing("list the DNS records")?;
        sets.extend(page.resource_record_sets);
        if !page.is_truncated {
            return Ok(sets);
        }
        call = route53
            .list_resource_record_sets()
            .hosted_zone_id(zone)
            .set_start_record_name(page.next_record_name)
            .set_start_record_type(page.next_record_type)
            .set_start_record_identifier(page.next_record_identifier);
    }
}

fn certificate(detail: &CertificateDetail) -> Value {
    let one = live(detail);
    let options = one.validation_records.iter().flat_map(|record| {
        let domains = record.domains.iter();
        domains.map(|domain| {
            json!({"domain_name": domain, "resource_record_name": record.name,
                   "resource_record_type": record.r#type, "resource_record_value": record.value})
        })
    });
    let is_issued_by_acm = detail.r#type() == Some(&CertificateType::AmazonIssued);
    // Terraform has the method of imported certificates as `NONE`.
    let method = match (is_issued_by_acm, one.validation_records.is_empty()) {
        (true, false) => "DNS",
        (true, true) => "EMAIL",
        (false, _) => "NONE",
    };
    json!({
        "arn": one.arn,
        "domain_name": one.names.first(),
        "subject_alternative_names": one.names,
        "key_algorithm": one.key_algorithm,
        "validation_method": method,
        "domain_validation_options": options.collect::<Vec<_>>(),
    })
}

/// The records of a zone that are the stack's, each with its id. Pure.
fn records(
    zone: &str,
    sets: &[ResourceRecordSet],
    certificates: &[Live],
    all: &TerraformResources,
) -> Vec<(String, Value)> {
    let target = |name: &str| {
        let name = normal(name);
        let plain = name.strip_prefix("dualstack.").map(str::to_owned);
        plain.unwrap_or(name)
    };
    let balancers = all.texts("aws_lb", "dns_name").into_iter();
    let balancers: BTreeSet<String> = balancers.map(target).collect();
    let mut found = Vec::new();
    for set in sets {
        let name = normal(set.name());
        let kind = set.r#type().as_str();
        let alias = set.alias_target();
        let points = alias.is_some_and(|one| balancers.contains(&target(one.dns_name())));
        let validates = kind == "CNAME"
            && certificates
                .iter()
                .flat_map(|one| &one.validation_records)
                .any(|record| normal(&record.name) == name);
        if !points && !validates {
            continue;
        }
        let aliases = alias.iter().map(|one| {
            json!({"name": one.dns_name(), "zone_id": one.hosted_zone_id(),
                   "evaluate_target_health": one.evaluate_target_health()})
        });
        let aliases: Vec<Value> = aliases.collect();
        let values = json!({"zone_id": zone, "name": name, "fqdn": name, "type": kind,
                            "set_identifier": set.set_identifier().unwrap_or_default(), "alias": aliases});
        found.push((format!("{zone}_{name}_{kind}"), values));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_route53::types::{AliasTarget, RrType};

    #[test]
    fn only_records_of_the_load_balancer_and_of_its_certificates_are_the_stacks() {
        let alias = |name: &str, to: &str| {
            let target = AliasTarget::builder()
                .dns_name(to)
                .hosted_zone_id("Z2")
                .evaluate_target_health(false)
                .build()
                .unwrap();
            ResourceRecordSet::builder()
                .name(name)
                .r#type(RrType::A)
                .alias_target(target)
                .build()
                .unwrap()
        };
        let plain = |name: &str, kind| {
            let set = ResourceRecordSet::builder().name(name).r#type(kind);
            set.build().unwrap()
        };
        let sets = [
            alias("api.example.com.", "dualstack.web-1.elb.amazonaws.com."),
            alias("www.example.com.", "other-1.elb.amazonaws.com."),
            plain("_x.api.example.com.", RrType::Cname),
            plain("_y.api.example.com.", RrType::Cname),
            plain("example.com.", RrType::Mx),
        ];
        let mut all = TerraformResources::default();
        all.add(
            "aws_lb",
            "arn",
            json!({"dns_name": "web-1.elb.amazonaws.com"}),
        );
        let detail = json!({"arn": "c", "names": ["api.example.com"], "key_algorithm": "RSA_2048", "status": "ISSUED",
            "seen": [], "validation_records": [{"domains": ["api.example.com"], "name": "_x.api.example.com",
            "type": "CNAME", "value": "y"}]});
        let certificate: Live = serde_json::from_value(detail).unwrap();
        let found = records("Z1", &sets, &[certificate], &all);
        let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["Z1_api.example.com_A", "Z1__x.api.example.com_CNAME"]);
    }
}
