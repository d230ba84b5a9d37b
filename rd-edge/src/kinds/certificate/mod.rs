//! `certificate`: a certificate that ACM issues.
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
//!
//! A certificate exists as soon as it is requested; `certificate_validation` waits until it is issued. A certificate
//! with other names has another address, so that the new one is issued and attached before the old one is deleted.

pub mod list;
pub mod model;

use crate::aws_errors::incomplete_answer;
use crate::clients::Clients;
use aws_sdk_acm::types::{KeyAlgorithm, Tag, ValidationMethod};
use list::list_arns;
use model::{
    Live, Record, Spec, failure_reason, live, record_name_attribute, record_value_attribute,
};
use rd_common::aws::Explain;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{
    Attribute, Change, CreateRequest, Ctx, Deletion, Details, Diff, Error, Found, Kind, Readiness,
    Result, Retry, Tags, Timeouts, Wanted, attribute, sdk_tags, tags_from_sdk,
};
use std::time::Duration;

/// The kind `certificate`: a certificate that ACM issues for the domain.
pub struct Certificate;

impl Certificate {
    /// The DNS records that validate the domains.
    pub const VALIDATION_RECORDS: Attribute<Vec<Record>> = attribute!(Live, validation_records);

    /// The name of the DNS record that validates `domain`, on a certificate with these names.
    pub fn record_name(domain: &str, names: &[String]) -> Attribute<String, String> {
        Attribute::named(record_name_attribute(domain, names))
    }

    /// The value of the DNS record that validates `domain`, on a certificate with these names.
    pub fn record_value(domain: &str, names: &[String]) -> Attribute<String, String> {
        Attribute::named(record_value_attribute(domain, names))
    }
}

async fn read_tags(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Tags>> {
    let call = ctx.clients.acm.list_tags_for_certificate();
    let answer = call.certificate_arn(arn).send().await;
    match answer.doing("read the certificate's tags") {
        Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(None),
        other => Ok(Some(tags_from_sdk!(other?.tags()))),
    }
}

async fn find_by_arn(ctx: &Ctx<Clients>, address: &str, arn: &str) -> Result<Option<Found<Live>>> {
    let (detail, tags) = tokio::try_join!(ctx.clients.reads.certificate(arn), read_tags(ctx, arn))?;
    let (Some(detail), Some(tags)) = (detail, tags) else {
        return Ok(None);
    };
    Ok(Some(Found {
        address: address.to_owned(),
        id: arn.to_owned(),
        live: live(&detail),
        tags: Some(tags),
    }))
}

impl Kind for Certificate {
    const NAME: &'static str = "certificate";
    const NO_UNIQUE_NAME: bool = true;
    const TIMEOUTS: Timeouts = Timeouts {
        first: Duration::ZERO,
        pause: Duration::from_millis(400),
        limit: Duration::from_secs(600),
    };
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut all = Vec::new();
        for one in wanted {
            if let Some(arn) = &one.id {
                all.extend(find_by_arn(ctx, &one.address, arn).await?);
                continue;
            }
            let first = one.spec.as_ref().and_then(|spec| spec.names.first());
            for arn in list_arns(ctx, first.map(String::as_str)).await? {
                let Some(tags) = read_tags(ctx, &arn).await? else {
                    continue;
                };
                let Some(address) = tags.get(ADDRESS_TAG) else {
                    continue;
                };
                let matches = one.is_any() || *address == one.address;
                if matches && ctx.stack.owns(ctx.slice, &tags) {
                    all.extend(find_by_arn(ctx, address, &arn).await?);
                }
            }
        }
        Ok(all)
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let (first, others) = request
            .spec
            .names
            .split_first()
            .ok_or_else(|| Error::failed("a certificate has no name"))?;
        // ACM's tokens have at most 32 letters and digits; the same token returns the same certificate for an hour.
        let token = request.token.replace('-', "");
        let call = ctx
            .clients
            .acm
            .request_certificate()
            .domain_name(first)
            .set_subject_alternative_names((!others.is_empty()).then(|| others.to_vec()))
            .validation_method(ValidationMethod::Dns)
            .key_algorithm(KeyAlgorithm::from(request.spec.key_algorithm.as_str()))
            .idempotency_token(token)
            .set_tags(Some(sdk_tags!(Tag, request.tags)));
        let answer = call.send().await.doing("request the certificate");
        let answer = answer.map_err(explain_quota)?;
        answer
            .certificate_arn
            .ok_or_else(|| incomplete_answer("certificate's ARN"))
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let call = ctx.clients.acm.delete_certificate().certificate_arn(id);
        match call.send().await.doing("delete the certificate") {
            // After a listener has switched to another certificate, ACM reports this one as in use for up to 20
            // minutes.
            Err(error) if error.is(&["ResourceInUseException"]) => Err(error.retry(Retry::Later)),
            other => Deletion::of(other, &["ResourceNotFoundException"]),
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let acm = &ctx.clients.acm;
        if !set.is_empty() {
            let call = acm.add_tags_to_certificate().certificate_arn(id);
            call.set_tags(Some(sdk_tags!(Tag, set)))
                .send()
                .await
                .doing("set the certificate's tags")?;
        }
        if !remove.is_empty() {
            // Without values, ACM removes the tags whatever their values are.
            let keys = remove.iter().map(|key| {
                let tag = Tag::builder().key(key);
                tag.build().map_err(incomplete_answer)
            });
            let call = acm.remove_tags_from_certificate().certificate_arn(id);
            call.set_tags(Some(keys.collect::<Result<_>>()?))
                .send()
                .await
                .doing("remove the certificate's tags")?;
        }
        Ok(())
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        let mut diff = Diff::new();
        if live.names.first() != spec.names.first() {
            diff.fixed("names", &live.names, &spec.names);
        } else {
            diff.fixed_set("names", &live.names, &spec.names);
        }
        diff.fixed("key_algorithm", &live.key_algorithm, &spec.key_algorithm)
            .finish()
    }

    fn ready(live: &Live) -> Readiness {
        if let Some(reason) = failure_reason(&live.status, live.failure.as_ref()) {
            return Readiness::Failed(reason);
        }
        // A record that comes later would be missing in Route 53, or in the list of records to create.
        if !live.unassigned.is_empty() && live.status == "PENDING_VALIDATION" {
            return Readiness::Pending(format!(
                "waiting for ACM to create the validation records of {}",
                live.unassigned.join(", ")
            ));
        }
        Readiness::Ready
    }

    fn pending(live: &Live) -> Option<String> {
        if live.status != "PENDING_VALIDATION" {
            return None;
        }
        let names: Vec<&str> = live.unseen().collect();
        Some(match names[..] {
            [] => "until ACM issues the certificate".to_owned(),
            _ => format!("until ACM finds {} in DNS", names.join(", ")),
        })
    }

    async fn details(_: &Ctx<Clients>, _: &str, live: &Live) -> Result<Details> {
        let mut details = Details::new();
        details.insert("names".to_owned(), live.names.join(", ").into());
        details.insert("status".to_owned(), live.status.clone().into());
        if let Some(expiry) = &live.valid_till {
            details.insert("valid until".to_owned(), expiry.clone().into());
        }
        Ok(details)
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        let detail = ctx.clients.reads.certificate(id).await?;
        let users = detail.map(|detail| detail.in_use_by().join(", "));
        Ok(users.filter(|users| !users.is_empty()))
    }
}

/// Makes `LimitExceededException` final, which elsewhere means that AWS throttles the call: here it is a quota of names
/// on a certificate, or of certificates within a year, which deleting some does not give back.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/14025>
fn explain_quota(error: Error) -> Error {
    if error.is(&["LimitExceededException"]) {
        return error.retry(Retry::Never).hint(
            "a quota of ACM is reached: ask for a raise in Service Quotas; a deleted certificate still counts for a year",
        );
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_not_throttling() {
        let code = |code: &str| Error::failed("no").with_code(Some(code.to_owned()), None);
        let quota = explain_quota(code("LimitExceededException").retry(Retry::NotDone));
        assert_eq!(quota.retry, Retry::Never);
        let throttled = explain_quota(code("ThrottlingException").retry(Retry::NotDone));
        assert_eq!(throttled.retry, Retry::NotDone);
    }
}
