//! `certificate`: <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
//!
//! It is there as soon as it is requested; whether it is issued is another kind's question. One with other names is
//! another certificate at another address, so that the new one is issued and attached before the old one goes.

use crate::clients::Clients;
use crate::elb::incomplete;
use crate::names::{base, normal, slug};
use aws_sdk_acm::types::{
    CertificateDetail, DomainStatus, Filters, KeyAlgorithm, Tag, ValidationMethod,
};
use rd_common::aws::Explain;
use rd_common::stack::ADDRESS_TAG;
use rd_common::{
    Change, CreateRequest, Ctx, Details, Diff, Error, Found, Kind, Readiness, Result, Retry, Tags,
    Timeouts, Wanted,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The kind.
pub struct Certificate;

/// What we want.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Its names, the first one first.
    pub names: Vec<String>,
    /// The key.
    pub key_algorithm: String,
}

impl Spec {
    /// Its name in addresses: of its first name, and of all else that makes it another certificate.
    pub fn node_name(&self) -> String {
        let first = self.names.first().map_or("", String::as_str);
        if self.names.len() == 1 && self.key_algorithm == "RSA_2048" {
            return slug(first);
        }
        let all = format!("{} {}", self.names.join(" "), self.key_algorithm);
        format!("{}-{}", slug(first), rd_common::stack::short_hash(&all))
    }
}

/// A record to be made, so that ACM sees whose domain it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The names on the certificate that need it.
    pub domains: Vec<String>,
    /// The record's name.
    pub name: String,
    /// `CNAME`.
    pub r#type: String,
    /// Its value.
    pub value: String,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its ARN.
    pub arn: String,
    /// Its names, the first one first.
    pub names: Vec<String>,
    /// The key.
    pub key_algorithm: String,
    /// AWS's word: `PENDING_VALIDATION`, `ISSUED`, `FAILED`, …
    pub status: String,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Until when it is valid, in ISO 8601.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_till: Option<String>,
    /// The records that prove its domains, each once; empty until ACM has thought of them.
    pub validation_records: Vec<Record>,
    /// The names of those that ACM has seen.
    pub seen: Vec<String>,
    /// The same by domain, for references: [`record_name`] and [`record_value`].
    #[serde(flatten)]
    pub by_domain: BTreeMap<String, String>,
}

/// The attribute that has the name of a domain's validation record.
pub fn record_name(domain: &str) -> String {
    format!("record_name_{}", slug(base(domain)))
}

/// The attribute that has its value.
pub fn record_value(domain: &str) -> String {
    format!("record_value_{}", slug(base(domain)))
}

impl Live {
    /// The records that ACM does not see in DNS.
    pub fn unseen(&self) -> impl Iterator<Item = &str> {
        self.validation_records
            .iter()
            .map(|record| record.name.as_str())
            .filter(|name| !self.seen.iter().any(|seen| seen == name))
    }
}

/// Reads a certificate.
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
        by_domain.insert(record_name(&domain), name.clone());
        by_domain.insert(record_value(&domain), value.clone());
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
        key_algorithm: detail
            .key_algorithm()
            .map_or("RSA_2048", KeyAlgorithm::as_str)
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

/// Why ACM gave a certificate up; none while it has not.
pub fn given_up(status: &str, failure: Option<&String>) -> Option<String> {
    const ENDS: [&str; 5] = [
        "FAILED",
        "VALIDATION_TIMED_OUT",
        "REVOKED",
        "EXPIRED",
        "INACTIVE",
    ];
    let what = match (status, failure) {
        ("VALIDATION_TIMED_OUT", _) => {
            "VALIDATION_TIMED_OUT: its DNS records were not seen within 72 hours: rd-edge records shows them".to_owned()
        }
        ("FAILED", Some(reason)) if reason == "CAA_ERROR" => {
            "FAILED: CAA_ERROR: the domain's CAA records must name amazon.com, or there must be none".to_owned()
        }
        (status, Some(reason)) => format!("{status}: {reason}"),
        (status, None) => status.to_owned(),
    };
    ENDS.contains(&status).then_some(what)
}

fn list(tags: &Tags) -> Result<Vec<Tag>> {
    let tags = tags
        .iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build());
    tags.collect::<std::result::Result<_, _>>()
        .map_err(|e| Error::failed(format!("a tag is incomplete: {e}")))
}

async fn tags(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Tags>> {
    let call = ctx.clients.acm.list_tags_for_certificate();
    let answer = call.certificate_arn(arn).send().await;
    match answer.doing("read the certificate's tags") {
        Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(None),
        other => {
            let tags = other?.tags.unwrap_or_default().into_iter();
            Ok(Some(
                tags.map(|tag| (tag.key, tag.value.unwrap_or_default()))
                    .collect(),
            ))
        }
    }
}

/// The ARNs of all certificates of the account that may be ours: with this first name, or any.
pub async fn arns(ctx: &Ctx<Clients>, first_name: Option<&str>) -> Result<Vec<String>> {
    let keys = [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::EcPrime256v1,
        KeyAlgorithm::EcSecp384r1,
    ];
    let filter = Filters::builder()
        .set_key_types(Some(keys.to_vec()))
        .build();
    let mut arns = Vec::new();
    let mut token = None;
    loop {
        let call = ctx.clients.acm.list_certificates().includes(filter.clone());
        let page = call
            .set_next_token(token)
            .send()
            .await
            .doing("list the certificates")?;
        let ours = page.certificate_summary_list.unwrap_or_default();
        arns.extend(
            ours.into_iter()
                .filter(|one| first_name.is_none() || one.domain_name.as_deref() == first_name)
                .filter_map(|one| one.certificate_arn),
        );
        token = page.next_token;
        if token.is_none() {
            return Ok(arns);
        }
    }
}

async fn found(ctx: &Ctx<Clients>, address: &str, arn: &str) -> Result<Option<Found<Live>>> {
    let (detail, tags) = tokio::try_join!(ctx.clients.reads.certificate(arn), tags(ctx, arn))?;
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
                all.extend(found(ctx, &one.address, arn).await?);
                continue;
            }
            let first = one.spec.as_ref().and_then(|spec| spec.names.first());
            for arn in arns(ctx, first.map(String::as_str)).await? {
                let Some(tags) = tags(ctx, &arn).await? else {
                    continue;
                };
                let Some(address) = tags.get(ADDRESS_TAG) else {
                    continue;
                };
                let here = one.is_any() || *address == one.address;
                if here && ctx.stack.owns(ctx.slice, &tags) {
                    all.extend(found(ctx, address, &arn).await?);
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
        // ACM's tokens are of 32 letters and digits at most; a token makes the request idempotent for an hour.
        let token = request.token.replace('-', "");
        let call = ctx
            .clients
            .acm_once
            .request_certificate()
            .domain_name(first)
            .set_subject_alternative_names((!others.is_empty()).then(|| others.to_vec()))
            .validation_method(ValidationMethod::Dns)
            .key_algorithm(KeyAlgorithm::from(request.spec.key_algorithm.as_str()))
            .idempotency_token(token)
            .set_tags(Some(list(request.tags)?));
        let answer = call.send().await.doing("request the certificate")?;
        answer
            .certificate_arn
            .ok_or_else(|| incomplete("certificate's ARN"))
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
        let call = ctx.clients.acm.delete_certificate().certificate_arn(id);
        match call.send().await.doing("delete the certificate") {
            Err(error) if error.is(&["ResourceNotFoundException"]) => Ok(()),
            // A listener that carried it a moment ago holds it for up to 20 minutes.
            Err(error) if error.is(&["ResourceInUseException"]) => Err(error.retry(Retry::Later)),
            other => other.map(|_| ()),
        }
    }

    async fn tag(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
        let acm = &ctx.clients.acm;
        if !set.is_empty() {
            let call = acm.add_tags_to_certificate().certificate_arn(id);
            call.set_tags(Some(list(set)?))
                .send()
                .await
                .doing("set the certificate's tags")?;
        }
        if !remove.is_empty() {
            let gone: Tags = remove
                .iter()
                .map(|key| (key.clone(), String::new()))
                .collect();
            let gone = list(&gone)?.into_iter().map(|tag| {
                let builder = Tag::builder().key(tag.key);
                builder.build().map_err(incomplete)
            });
            let call = acm.remove_tags_from_certificate().certificate_arn(id);
            call.set_tags(Some(gone.collect::<Result<_>>()?))
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
        if let Some(reason) = given_up(&live.status, live.failure.as_ref()) {
            return Readiness::Failed(reason);
        }
        if live.validation_records.is_empty() && live.status == "PENDING_VALIDATION" {
            return Readiness::Pending("ACM thinks of the validation records".to_owned());
        }
        Readiness::Ready
    }

    fn pending(live: &Live) -> Option<String> {
        (live.status == "PENDING_VALIDATION").then(|| {
            let names: Vec<&str> = live.unseen().collect();
            format!("for ACM to see {} in DNS", names.join(", "))
        })
    }

    async fn details(ctx: &Ctx<Clients>, id: &str, live: &Live) -> Result<Details> {
        let _ = (ctx, id);
        let mut details = Details::new();
        details.insert("names".to_owned(), live.names.join(", ").into());
        details.insert("status".to_owned(), live.status.clone().into());
        if let Some(till) = &live.valid_till {
            details.insert("valid until".to_owned(), till.clone().into());
        }
        Ok(details)
    }

    async fn in_use_by(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
        let detail = ctx.clients.reads.certificate(id).await?;
        let users = detail.map(|detail| detail.in_use_by().join(", "));
        Ok(users.filter(|users| !users.is_empty()))
    }
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
    fn what_acm_gave_up_says_why() {
        assert!(
            given_up("FAILED", Some(&"CAA_ERROR".to_owned()))
                .unwrap()
                .contains("amazon.com")
        );
        assert!(
            given_up("VALIDATION_TIMED_OUT", None)
                .unwrap()
                .contains("rd-edge records")
        );
        assert_eq!(given_up("PENDING_VALIDATION", None), None);
        assert_eq!(record_name("*.example.com"), record_name("example.com"));
    }
}
