//! `dns_record`: a record in a hosted zone of Route 53.
//! <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ResourceRecordSet.html>
//!
//! A record has no tags; its zone, name and type identify it. A change is done once all name servers of Route 53 have it:
//! what the record led to before may go only then.

pub mod model;
mod record_sets;

use crate::clients::Clients;
use crate::domain_names::{base, normal};
use crate::kinds::certificate::list::list_arns;
use crate::kinds::certificate::model::live as live_certificate;
use aws_sdk_route53::types::{ChangeAction, ResourceRecordSet};
use model::{Live, RecordKey, Spec, live};
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Readiness, Result,
    Retry, Timeouts, Wanted, touches,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The kind `dns_record`: a record in a hosted zone of Route 53.
pub struct DnsRecord;

impl Kind for DnsRecord {
    const NAME: &'static str = "dns_record";
    const WHILE_GONE: Option<&'static str> = Some("its name does not resolve");
    // Clients use the old name until the new one points to the load balancer.
    const DELETE_LAST: bool = true;
    // Mostly within a minute; an account may make five requests a second, whatever they are.
    // https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::from_secs(5),
        pause: Duration::from_secs(5),
        limit: Duration::from_secs(30 * 60),
    };
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
                let mut live = live(set);
                live.is_syncing = is_syncing(ctx, &id).await?;
                found.push(Found {
                    address: one.address.clone(),
                    id,
                    live,
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
            &ctx.clients.route53,
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
                let types: Vec<String> = existing.iter().map(described).collect();
                Err(error.hint(format!(
                    "{} has records that cannot exist next to this one ({}): delete them in the zone {}, then apply",
                    spec.name.text(),
                    types.join(", "),
                    spec.zone_id
                )))
            }
            other => {
                let change = other.map_err(retry_new_zone)?;
                let mut unsynced = ctx.clients.unsynced.borrow_mut();
                unsynced.insert(key.id(), change);
                Ok(key.id())
            }
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
        let change = record_sets::change(
            &ctx.clients.route53,
            &zone,
            ChangeAction::Upsert,
            record_sets::from_spec(spec)?,
            "change the DNS record",
        )
        .await?;
        let mut unsynced = ctx.clients.unsynced.borrow_mut();
        unsynced.insert(id.to_owned(), change);
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let Some(key) = RecordKey::parse(id) else {
            return Ok(Deletion::NotFound);
        };
        // The only CNAMEs of a stack are validation records. All certificates of the account for that name need the same
        // one, in every region, and those of other regions are not seen here.
        let may_delete = key.kind != "CNAME"
            || ctx.clients.delete_validation_records.get()
                && !validates_other_certificate(ctx, &key.name).await?;
        if !may_delete {
            let mut retained = ctx.clients.retained_records.borrow_mut();
            retained.insert(id.to_owned());
            return Ok(Deletion::Accepted);
        }
        // A delete must name the exact current values.
        let names = BTreeSet::from([key.name.clone()]);
        let existing = record_sets::read(ctx, &key.zone, &names).await?;
        let Some(set) = existing.into_iter().find(|set| key.matches(set)) else {
            return Ok(Deletion::NotFound);
        };
        let deleted = record_sets::change(
            &ctx.clients.route53,
            &key.zone,
            ChangeAction::Delete,
            set,
            "delete the DNS record",
        );
        match deleted.await {
            // The record was changed or deleted since it was read; the retry reads it again.
            Err(error) if error.is(&["InvalidChangeBatch"]) => Err(error.retry(Retry::Later)),
            other => Deletion::of(other, &["NoSuchHostedZone"]),
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

    fn ready(live: &Live) -> Readiness {
        if live.is_syncing {
            let reason = "Route 53 copies it to its name servers";
            return Readiness::Pending(reason.to_owned());
        }
        Readiness::Ready
    }

    /// An existing record with the same target, such as a validation record that was created manually; with `overwrite`,
    /// any record.
    fn may_import(spec: &Spec, changes: &[Change]) -> bool {
        let same_target = !["name", "value", "alias", "alias.dns_name", "alias.zone_id"]
            .iter()
            .any(|path| touches(changes, path));
        spec.overwrite || same_target
    }

    fn validate(spec: &Spec, live: &Live, last: Option<&Spec>, changes: &[Change]) -> Result<()> {
        if last.is_some() || Self::may_import(spec, changes) {
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

/// Whether Route 53 still copies the last change of a record by this run to its name servers.
async fn is_syncing(ctx: &Ctx<Clients>, id: &str) -> Result<bool> {
    let change = ctx.clients.unsynced.borrow().get(id).cloned();
    let Some(change) = change else {
        return Ok(false);
    };
    let is_syncing = record_sets::is_pending(ctx, &change).await?;
    if !is_syncing {
        ctx.clients.unsynced.borrow_mut().remove(id);
    }
    Ok(is_syncing)
}

/// A record set as the type and, where several sets have the same name and type, the identifier.
fn described(set: &ResourceRecordSet) -> String {
    let kind = set.r#type().as_str();
    match set.set_identifier() {
        Some(identifier) => format!("{kind} `{identifier}`"),
        None => kind.to_owned(),
    }
}

/// Marks an error to be retried if the zone may have been created a moment ago.
fn retry_new_zone(error: Error) -> Error {
    if error.is(&["NoSuchHostedZone"]) {
        return error
            .retry(Retry::Later)
            .hint("check hosted_zone in [edge], and that the zone still exists");
    }
    error
}

/// Whether the record `name` validates a certificate that is in no state of this slice. All certificates of a domain
/// have the same validation record, and ACM cannot renew them without it; a certificate that was just requested does not
/// tell its record yet.
async fn validates_other_certificate(ctx: &Ctx<Clients>, name: &str) -> Result<bool> {
    let domain = name.split_once('.').map_or("", |(_, domain)| domain);
    for arn in list_arns(ctx, None).await? {
        if ctx.knows(&arn) {
            continue;
        }
        if let Some(detail) = ctx.clients.reads.certificate(&arn).await? {
            let names = live_certificate(&detail).names;
            if names.iter().any(|name| normal(base(name)) == domain) {
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
    fn a_zone_that_was_just_created_is_tried_again() {
        let refused = |code: &str| {
            let error = Error::failed("cannot create the DNS record");
            retry_new_zone(error.with_code(Some(code.to_owned()), None))
        };
        assert_eq!(refused("NoSuchHostedZone").retry, Retry::Later);
        assert_eq!(refused("AccessDenied").retry, Retry::Never);
    }

    #[test]
    fn a_record_is_ready_once_all_name_servers_have_it() {
        let mut live = Live {
            name: "api.shop.com".to_owned(),
            ttl: Some(300),
            values: Vec::new(),
            alias: None,
            is_syncing: true,
        };
        assert!(matches!(DnsRecord::ready(&live), Readiness::Pending(_)));
        // Nothing of it is in the state.
        live.is_syncing = false;
        assert_eq!(DnsRecord::ready(&live), Readiness::Ready);
        let attributes = serde_json::to_value(&live).unwrap();
        assert_eq!(attributes.get("is_syncing"), None);
    }
}
