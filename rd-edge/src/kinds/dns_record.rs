//! `dns_record`: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>
//!
//! It has no tags; zone, name and type are its identity.

use crate::clients::Clients;
use crate::elb::incomplete;
use crate::names::{normal, reversed};
use aws_sdk_route53::types::{
    AliasTarget, Change as RecordChange, ChangeAction, ChangeBatch, ResourceRecord,
    ResourceRecordSet, RrType,
};
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Error, Found, Input, Kind, ReplaceOrder, Result, Retry,
    Wanted, touches,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The kind.
pub struct DnsRecord;

/// How many records one call lists: what belongs together stands together.
const PAGE: i32 = 100;

/// Where an alias leads.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Alias<T> {
    /// The name.
    pub dns_name: T,
    /// The zone of that name.
    pub zone_id: T,
    /// Whether it answers only while what it leads to is well: of use where there is another record to fall back on.
    pub evaluate_target_health: bool,
}

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The hosted zone.
    pub zone_id: String,
    /// The name.
    pub name: Input,
    /// `A`, `CNAME`.
    pub r#type: String,
    /// For how many seconds it is remembered; an alias has none.
    pub ttl: Option<i64>,
    /// Its value; none for an alias.
    pub value: Option<Input>,
    /// Where it leads; none for a value.
    pub alias: Option<Alias<Input>>,
    /// Whether one that is there and not ours may be written over.
    pub overwrite: bool,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name.
    pub name: String,
    /// Seconds.
    pub ttl: Option<i64>,
    /// Its values.
    pub values: Vec<String>,
    /// Where it leads.
    pub alias: Option<Alias<String>>,
}

/// `Z123/api.example.com/A`.
fn id(zone: &str, name: &str, kind: &str) -> String {
    format!("{zone}/{name}/{kind}")
}

fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let (zone, rest) = id.split_once('/')?;
    let (name, kind) = rest.rsplit_once('/')?;
    Some((zone, name, kind))
}

fn live(set: &ResourceRecordSet) -> Live {
    let host = |name: &str| {
        // The console puts this before names of load balancers, for IPv6.
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
            dns_name: host(target.dns_name()),
            zone_id: target.hosted_zone_id().to_owned(),
            evaluate_target_health: target.evaluate_target_health(),
        }),
    }
}

/// The record sets of a zone with these names: from the first name on, as far as one page goes, then from the next one
/// that is still to be seen.
async fn sets(
    ctx: &Ctx<Clients>,
    zone: &str,
    names: &BTreeSet<String>,
) -> Result<Vec<ResourceRecordSet>> {
    let mut left: Vec<(Vec<String>, String)> = names
        .iter()
        .map(|name| (reversed(name), name.clone()))
        .collect();
    left.sort();
    let mut found = Vec::new();
    while let Some((_, first)) = left.first().cloned() {
        let call = ctx.clients.route53.list_resource_record_sets();
        let page = call
            .hosted_zone_id(zone)
            .start_record_name(&first)
            .max_items(PAGE)
            .send()
            .await
            .doing("read the DNS records");
        let page = match page {
            Err(error) if error.is(&["NoSuchHostedZone"]) => return Ok(found),
            other => other?,
        };
        let end = page.next_record_name().map(reversed);
        for set in page.resource_record_sets {
            if names.contains(&normal(set.name())) {
                found.push(set);
            }
        }
        match end {
            Some(end) if page.is_truncated => {
                let before = left.len();
                left.retain(|(order, _)| *order >= end);
                // One name with more record sets than a page has is not ours to care about.
                if left.len() == before {
                    left.remove(0);
                }
            }
            _ => break,
        }
    }
    Ok(found)
}

fn set(spec: &Spec) -> Result<ResourceRecordSet> {
    let mut set = ResourceRecordSet::builder()
        .name(spec.name.text())
        .r#type(RrType::from(spec.r#type.as_str()))
        .set_ttl(spec.ttl);
    if let Some(value) = &spec.value {
        let record = ResourceRecord::builder().value(value.text());
        set = set.resource_records(record.build().map_err(incomplete)?);
    }
    if let Some(alias) = &spec.alias {
        let target = AliasTarget::builder()
            .dns_name(alias.dns_name.text())
            .hosted_zone_id(alias.zone_id.text())
            .evaluate_target_health(alias.evaluate_target_health);
        set = set.alias_target(target.build().map_err(incomplete)?);
    }
    set.build().map_err(incomplete)
}

async fn change(
    client: &aws_sdk_route53::Client,
    zone: &str,
    action: ChangeAction,
    set: ResourceRecordSet,
    doing: &str,
) -> Result<()> {
    let change = RecordChange::builder()
        .action(action)
        .resource_record_set(set);
    let batch = ChangeBatch::builder()
        .changes(change.build().map_err(incomplete)?)
        .build()
        .map_err(incomplete)?;
    let call = client.change_resource_record_sets().hosted_zone_id(zone);
    call.change_batch(batch)
        .send()
        .await
        .doing(doing)
        .map(|_| ())
}

impl Kind for DnsRecord {
    const NAME: &'static str = "dns_record";
    // Clients use a name until the one that takes its place leads somewhere.
    const DELETE_LAST: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let identity = |one: &Wanted<Spec>| -> Option<(String, String, String)> {
            if let Some((zone, name, kind)) = one.id.as_deref().and_then(parts) {
                return Some((zone.to_owned(), name.to_owned(), kind.to_owned()));
            }
            let spec = one.spec.as_ref()?;
            let name = normal(spec.name.known()?);
            Some((spec.zone_id.clone(), name, spec.r#type.clone()))
        };
        let mut zones: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (zone, name, _) in wanted.iter().filter_map(identity) {
            zones.entry(zone).or_default().insert(name);
        }
        let mut by_zone = BTreeMap::new();
        for (zone, names) in &zones {
            by_zone.insert(zone.clone(), sets(ctx, zone, names).await?);
        }
        let mut found = Vec::new();
        for one in wanted {
            let Some((zone, name, kind)) = identity(one) else {
                continue;
            };
            let set = by_zone
                .get(&zone)
                .into_iter()
                .flatten()
                .find(|set| normal(set.name()) == name && set.r#type().as_str() == kind);
            let id = id(&zone, &name, &kind);
            let left = ctx.clients.left.borrow().contains(&id);
            if let Some(set) = set.filter(|_| !left) {
                found.push(Found {
                    address: one.address.clone(),
                    id,
                    live: live(set),
                    tags: None,
                });
            }
        }
        Ok(found)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let id = id(&spec.zone_id, &normal(spec.name.text()), &spec.r#type);
        // It was looked for: whoever made one since is not written over.
        let made = change(
            &ctx.clients.route53_once,
            &spec.zone_id,
            ChangeAction::Create,
            set(spec)?,
            "create the DNS record",
        );
        match made.await {
            Err(error) if error.is(&["InvalidChangeBatch"]) => {
                let names = BTreeSet::from([normal(spec.name.text())]);
                let there = sets(ctx, &spec.zone_id, &names).await?;
                if there.iter().any(|set| set.r#type().as_str() == spec.r#type) {
                    // What an attempt with a lost answer made, or somebody at this moment: what differs is seen next.
                    return Ok(id);
                }
                let others: Vec<&str> = there.iter().map(|set| set.r#type().as_str()).collect();
                Err(error.hint(format!(
                    "{} has records that do not go together with this one ({}): delete those in the zone {}, then apply",
                    spec.name.text(),
                    others.join(", "),
                    spec.zone_id
                )))
            }
            other => other.map(|()| id),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let zone = parts(id).map_or(spec.zone_id.as_str(), |(zone, _, _)| zone);
        let client = &ctx.clients.route53;
        change(
            client,
            zone,
            ChangeAction::Upsert,
            set(spec)?,
            "change the DNS record",
        )
        .await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let Some((zone, name, kind)) = parts(id) else {
            return Ok(());
        };
        if kind == "CNAME" && needed_by_others(ctx, name).await? {
            ctx.clients.left.borrow_mut().insert(id.to_owned());
            return Ok(());
        }
        // A delete must say exactly what there is.
        let names = BTreeSet::from([name.to_owned()]);
        let there = sets(ctx, zone, &names).await?;
        let Some(set) = there.into_iter().find(|set| set.r#type().as_str() == kind) else {
            return Ok(());
        };
        let client = &ctx.clients.route53;
        match change(
            client,
            zone,
            ChangeAction::Delete,
            set,
            "delete the DNS record",
        )
        .await
        {
            Err(error) if error.is(&["NoSuchHostedZone"]) => Ok(()),
            Err(error) if error.is(&["InvalidChangeBatch"]) => {
                // Gone, or changed, since it was read: it is read again.
                Err(error.retry(Retry::Later))
            }
            other => other,
        }
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        if let Some(name) = spec.name.known() {
            diff.fixed("name", &live.name, normal(name));
        }
        match &spec.value {
            Some(Input::Known(value)) if live.values == [normal(value)] => {}
            Some(value) => {
                diff.field("value", &live.values, value);
            }
            None => {
                diff.field("value", live.values.first(), None::<String>);
            }
        }
        diff.field("ttl", live.ttl, spec.ttl);
        match (&live.alias, &spec.alias) {
            (Some(live), Some(wanted)) => {
                let same = wanted.dns_name.known().map(|name| normal(name)).as_ref()
                    == Some(&live.dns_name);
                if !same {
                    diff.field("alias.dns_name", &live.dns_name, &wanted.dns_name);
                }
                diff.field("alias.zone_id", &live.zone_id, &wanted.zone_id)
                    .field(
                        "alias.evaluate_target_health",
                        live.evaluate_target_health,
                        wanted.evaluate_target_health,
                    );
            }
            (live, wanted) => {
                diff.field("alias", live, wanted);
            }
        }
        diff.finish()
    }

    fn validate(spec: &Spec, live: &Live, last: Option<&Spec>, changes: &[Change]) -> Result<()> {
        // One that leads to the same place is as good as ours, as the proof of a certificate made by other means.
        let leads_here = !["name", "value", "alias", "alias.dns_name", "alias.zone_id"]
            .iter()
            .any(|path| touches(changes, path));
        if last.is_some() || spec.overwrite || leads_here {
            return Ok(());
        }
        let leads = live
            .alias
            .as_ref()
            .map_or_else(|| live.values.join(", "), |alias| alias.dns_name.clone());
        Err(Error::refused(format!(
            "{} {} is there already, leads to {leads}, and is not this stack's",
            live.name, spec.r#type
        ))
        .hint("nothing was changed; to have it lead here, set overwrite_dns = true in [edge]; else choose another host"))
    }

    fn replace_order(_: &[Change]) -> ReplaceOrder {
        ReplaceOrder::CreateFirst
    }
}

/// Whether another certificate than ours that go is proved by this record: all certificates of a name need the same
/// one, and without it they are not renewed.
async fn needed_by_others(ctx: &Ctx<Clients>, name: &str) -> Result<bool> {
    let listed = super::certificate::arns(ctx, None).await?;
    for arn in listed {
        if ctx.knows(&arn) {
            continue;
        }
        if let Some(detail) = ctx.clients.reads.certificate(&arn).await? {
            let other = super::certificate::live(&detail);
            if other
                .validation_records
                .iter()
                .any(|record| record.name == name)
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_taken_apart_again() {
        let id = id("Z1", "_x.api.example.com", "CNAME");
        assert_eq!(parts(&id), Some(("Z1", "_x.api.example.com", "CNAME")));
    }
}
