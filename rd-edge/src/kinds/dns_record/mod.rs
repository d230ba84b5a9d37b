//! `dns_record`: a record in a hosted zone of Route 53.
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>
//!
//! A record has no tags; its zone, name and type identify it.

pub mod model;
mod record_sets;

use crate::clients::Clients;
use crate::domain_names::normal;
use crate::kinds::certificate::list::list_arns;
use crate::kinds::certificate::model::live as live_certificate;
use aws_sdk_route53::types::ChangeAction;
use model::{Live, RecordKey, Spec, live};
use rd_common::{
    Change, CreateRequest, Ctx, Diff, Error, Found, Input, Kind, Result, Retry, Wanted, touches,
};
use std::collections::{BTreeMap, BTreeSet};

/// The kind `dns_record`: a record in a hosted zone of Route 53.
pub struct DnsRecord;

impl Kind for DnsRecord {
    const NAME: &'static str = "dns_record";
    // Clients use the old name until the new one points to the load balancer.
    const DELETE_LAST: bool = true;
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let key = |one: &Wanted<Spec>| {
            let of_spec = || RecordKey::from_spec(one.spec.as_ref()?);
            one.id
                .as_deref()
                .and_then(RecordKey::parse)
                .or_else(of_spec)
        };
        let mut names_by_zone: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for key in wanted.iter().filter_map(key) {
            names_by_zone.entry(key.zone).or_default().insert(key.name);
        }
        let mut sets_by_zone = BTreeMap::new();
        for (zone, names) in &names_by_zone {
            sets_by_zone.insert(zone, record_sets::read(ctx, zone, names).await?);
        }
        let mut found = Vec::new();
        for one in wanted {
            let Some(key) = key(one) else {
                continue;
            };
            let sets = sets_by_zone.get(&key.zone).into_iter().flatten();
            let set = sets.into_iter().find(|set| key.matches(set));
            let id = key.id();
            let is_retained = ctx.clients.retained_records.borrow().contains(&id);
            if let Some(set) = set.filter(|_| !is_retained) {
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
        let key = RecordKey {
            zone: spec.zone_id.clone(),
            name: normal(spec.name.text()),
            kind: spec.r#type.clone(),
        };
        // CREATE instead of UPSERT: a record that somebody has created since the plan is not overwritten.
        let created = record_sets::change(
            &ctx.clients.route53_once,
            &spec.zone_id,
            ChangeAction::Create,
            record_sets::from_spec(spec)?,
            "create the DNS record",
        );
        match created.await {
            Err(error) if error.is(&["InvalidChangeBatch"]) => {
                let names = BTreeSet::from([key.name.clone()]);
                let existing = record_sets::read(ctx, &spec.zone_id, &names).await?;
                if existing.iter().any(|set| key.matches(set)) {
                    // Created by an attempt whose answer was lost, or by somebody just now: the comparison that follows
                    // finds any difference.
                    return Ok(key.id());
                }
                let types: Vec<&str> = existing.iter().map(|set| set.r#type().as_str()).collect();
                Err(error.hint(format!(
                    "{} has records that cannot exist next to this one ({}): delete them in the zone {}, then apply",
                    spec.name.text(),
                    types.join(", "),
                    spec.zone_id
                )))
            }
            other => other.map(|()| key.id()),
        }
    }

    async fn update(
        ctx: &Ctx<Clients>,
        id: &str,
        _live: &Live,
        spec: &Spec,
        _changes: &[Change],
    ) -> Result<()> {
        let zone = RecordKey::parse(id).map_or(spec.zone_id.clone(), |key| key.zone);
        record_sets::change(
            &ctx.clients.route53,
            &zone,
            ChangeAction::Upsert,
            record_sets::from_spec(spec)?,
            "change the DNS record",
        )
        .await
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let Some(key) = RecordKey::parse(id) else {
            return Ok(());
        };
        if key.kind == "CNAME" && validates_other_certificate(ctx, &key.name).await? {
            let mut retained = ctx.clients.retained_records.borrow_mut();
            retained.insert(id.to_owned());
            return Ok(());
        }
        // A delete must name the exact current values.
        let names = BTreeSet::from([key.name.clone()]);
        let existing = record_sets::read(ctx, &key.zone, &names).await?;
        let Some(set) = existing.into_iter().find(|set| key.matches(set)) else {
            return Ok(());
        };
        let deleted = record_sets::change(
            &ctx.clients.route53,
            &key.zone,
            ChangeAction::Delete,
            set,
            "delete the DNS record",
        );
        match deleted.await {
            Err(error) if error.is(&["NoSuchHostedZone"]) => Ok(()),
            // The record was changed or deleted since it was read; the retry reads it again.
            Err(error) if error.is(&["InvalidChangeBatch"]) => Err(error.retry(Retry::Later)),
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
            (Some(live), Some(desired)) => {
                let name = desired.dns_name.known().map(|name| normal(name));
                if name.as_ref() != Some(&live.dns_name) {
                    diff.field("alias.dns_name", &live.dns_name, &desired.dns_name);
                }
                diff.field("alias.zone_id", &live.zone_id, &desired.zone_id)
                    .field(
                        "alias.evaluate_target_health",
                        live.evaluate_target_health,
                        desired.evaluate_target_health,
                    );
            }
            (live, desired) => {
                diff.field("alias", live, desired);
            }
        }
        diff.finish()
    }

    fn validate(spec: &Spec, live: &Live, last: Option<&Spec>, changes: &[Change]) -> Result<()> {
        // An existing record with the same target may be taken over, such as a validation record that was created
        // manually.
        let same_target = !["name", "value", "alias", "alias.dns_name", "alias.zone_id"]
            .iter()
            .any(|path| touches(changes, path));
        if last.is_some() || spec.overwrite || same_target {
            return Ok(());
        }
        let target = live
            .alias
            .as_ref()
            .map_or_else(|| live.values.join(", "), |alias| alias.dns_name.clone());
        Err(Error::refused(format!(
            "{} {} already exists, points to {target}, and does not belong to this stack",
            live.name, spec.r#type
        ))
        .hint("nothing was changed; to replace it, set overwrite_dns = true in [edge], or choose another host"))
    }
}

/// Whether the record `name` validates a certificate that is in no state of this slice. All certificates of a domain
/// have the same validation record, and ACM cannot renew them without it.
async fn validates_other_certificate(ctx: &Ctx<Clients>, name: &str) -> Result<bool> {
    for arn in list_arns(ctx, None).await? {
        if ctx.knows(&arn) {
            continue;
        }
        if let Some(detail) = ctx.clients.reads.certificate(&arn).await? {
            let records = live_certificate(&detail).validation_records;
            if records.iter().any(|record| record.name == name) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
