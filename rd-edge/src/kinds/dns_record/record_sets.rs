//! Reading and changing the record sets of a hosted zone.

use super::model::Spec;
use crate::aws_errors::incomplete_answer;
use crate::clients::Clients;
use crate::domain_names::{normal, reversed_labels};
use aws_sdk_route53::types::{
    AliasTarget, Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecord,
    ResourceRecordSet, RrType,
};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};
use std::collections::BTreeSet;

/// The number of record sets to read in one call. Records of related names are next to each other in a zone.
const PAGE_SIZE: i32 = 100;

/// Reads the record sets of a zone with these names; none if the zone does not exist.
///
/// The SDK has no paginator for this call, and reading the whole zone would take a call for every 100 record sets. So
/// this reads a page that begins with the first name and, if names beyond its end remain, a page that begins with the
/// next one.
pub async fn read(
    ctx: &Ctx<Clients>,
    zone: &str,
    names: &BTreeSet<String>,
) -> Result<Vec<ResourceRecordSet>> {
    let mut remaining: Vec<(Vec<String>, String)> = names
        .iter()
        .map(|name| (reversed_labels(name), name.clone()))
        .collect();
    remaining.sort();
    let mut found = Vec::new();
    while let Some((_, first)) = remaining.first().cloned() {
        let call = ctx.clients.route53.list_resource_record_sets();
        let page = call
            .hosted_zone_id(zone)
            .start_record_name(&first)
            .max_items(PAGE_SIZE)
            .send()
            .await
            .doing("read the DNS records");
        let page = match page {
            Err(error) if error.is(&["NoSuchHostedZone"]) => return Ok(found),
            other => other?,
        };
        let end = page.next_record_name().map(reversed_labels);
        for set in page.resource_record_sets {
            if names.contains(&normal(set.name())) {
                found.push(set);
            }
        }
        match end {
            Some(end) if page.is_truncated => {
                let before = remaining.len();
                remaining.retain(|(order, _)| *order >= end);
                // No name of the stack has more record sets than a page, so the rest of this one is skipped.
                if remaining.len() == before {
                    remaining.remove(0);
                }
            }
            _ => break,
        }
    }
    Ok(found)
}

/// The record set that a spec asks for, all of whose inputs are known.
pub fn from_spec(spec: &Spec) -> Result<ResourceRecordSet> {
    let mut set = ResourceRecordSet::builder()
        .name(spec.name.text())
        .r#type(RrType::from(spec.r#type.as_str()))
        .set_ttl(spec.ttl);
    if let Some(value) = &spec.value {
        let record = ResourceRecord::builder().value(value.text());
        set = set.resource_records(record.build().map_err(incomplete_answer)?);
    }
    if let Some(alias) = &spec.alias {
        let target = AliasTarget::builder()
            .dns_name(alias.dns_name.text())
            .hosted_zone_id(alias.zone_id.text())
            .evaluate_target_health(alias.evaluate_target_health);
        set = set.alias_target(target.build().map_err(incomplete_answer)?);
    }
    set.build().map_err(incomplete_answer)
}

/// Creates, replaces or deletes a record set, and returns the id of the change. `doing` is for the error, such as "create
/// the DNS record".
pub async fn change(
    client: &aws_sdk_route53::Client,
    zone: &str,
    action: ChangeAction,
    set: ResourceRecordSet,
    doing: &str,
) -> Result<String> {
    let change = Change::builder().action(action).resource_record_set(set);
    let batch = ChangeBatch::builder()
        .changes(change.build().map_err(incomplete_answer)?)
        .build()
        .map_err(incomplete_answer)?;
    let call = client.change_resource_record_sets().hosted_zone_id(zone);
    let answer = call.change_batch(batch).send().await.doing(doing)?;
    let change = answer
        .change_info
        .ok_or_else(|| incomplete_answer("id of the change"))?;
    Ok(change.id.trim_start_matches("/change/").to_owned())
}

/// Whether Route 53 still copies a change to its name servers. Without the permission to ask, or once Route 53 has
/// forgotten the change, it counts as copied.
pub async fn is_pending(ctx: &Ctx<Clients>, change: &str) -> Result<bool> {
    let call = ctx.clients.route53.get_change().id(change);
    match call.send().await.doing("read the change of the DNS record") {
        Err(error) if error.is(&["NoSuchChange", "AccessDenied", "AccessDeniedException"]) => {
            Ok(false)
        }
        other => {
            let status = other?.change_info.map(|change| change.status);
            Ok(status == Some(ChangeStatus::Pending))
        }
    }
}
