//! `listener_certificate`: one more certificate of the HTTPS listener. The load balancer chooses among them by the name that
//! a client asks for.
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html>

use crate::aws_errors::{deleted, is_not_found, retry_if_temporary};
use crate::clients::Clients;
use crate::kinds::listener::explain_certificate;
use aws_sdk_elasticloadbalancingv2::types::Certificate;
use rd_common::aws::Explain;
use rd_common::{
    Change, CreateRequest, Ctx, Deletion, Diff, Error, Found, Input, Kind, Result, Wanted,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The kind `listener_certificate`, whose id is the ARNs of the listener and of the certificate with a comma in between.
pub struct ListenerCertificate;

/// The certificate and its listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The ARN of the listener.
    pub listener_arn: Input,
    /// The ARN of the certificate.
    pub certificate_arn: String,
}

/// The certificate and its listener, as AWS lists them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The ARN of the listener.
    pub listener_arn: String,
    /// The ARN of the certificate.
    pub certificate_arn: String,
}

fn id(listener: &str, certificate: &str) -> String {
    format!("{listener},{certificate}")
}

fn arns(id: &str) -> Result<(&str, &str)> {
    id.split_once(',').ok_or_else(|| {
        Error::failed(format!("`{id}` is not the id of a listener's certificate"))
            .hint("the ARN of the listener, a comma, and the ARN of the certificate")
    })
}

/// The certificates of a listener besides its default one; empty if the listener does not exist.
pub async fn read_certificates(ctx: &Ctx<Clients>, listener: &str) -> Result<Vec<String>> {
    let call = ctx.clients.elb.describe_listener_certificates();
    let pages = call.listener_arn(listener).into_paginator().items().send();
    let all = match pages
        .try_collect()
        .await
        .doing("read the listener's certificates")
    {
        Err(error) if is_not_found(&error) => return Ok(Vec::new()),
        other => other?,
    };
    // The default certificate belongs to the listener itself, also where it was one of the others before.
    let (default, mut more): (Vec<_>, Vec<_>) = all
        .into_iter()
        .partition(|one| one.is_default() == Some(true));
    more.retain(|one| {
        let mut default = default.iter();
        !default.any(|default| default.certificate_arn == one.certificate_arn)
    });
    let more = more.into_iter();
    Ok(more.filter_map(|one| one.certificate_arn).collect())
}

fn certificate(arn: &str) -> Certificate {
    Certificate::builder().certificate_arn(arn).build()
}

impl Kind for ListenerCertificate {
    const NAME: &'static str = "listener_certificate";
    type Spec = Spec;
    type Live = Live;
    type Clients = Clients;

    async fn find(ctx: &Ctx<Clients>, wanted: &[Wanted<Spec>]) -> Result<Vec<Found<Live>>> {
        let mut places = Vec::new();
        for one in wanted {
            let place = match (&one.id, &one.spec) {
                (Some(id), _) => {
                    let (listener, certificate) = arns(id)?;
                    Some((listener.to_owned(), certificate.to_owned()))
                }
                (None, Some(spec)) => {
                    let listener = spec.listener_arn.known().cloned();
                    listener.map(|listener| (listener, spec.certificate_arn.clone()))
                }
                (None, None) => None,
            };
            places.extend(place.map(|place| (one, place)));
        }
        let listeners: BTreeSet<&String> =
            places.iter().map(|(_, (listener, _))| listener).collect();
        let reads = listeners.iter().map(async |listener| {
            let all = read_certificates(ctx, listener).await?;
            Ok::<_, Error>((*listener, all))
        });
        let all: BTreeMap<&String, Vec<String>> = futures_util::future::try_join_all(reads)
            .await?
            .into_iter()
            .collect();
        let is_there = |(_, (listener, certificate)): &&(_, (String, String))| {
            all.get(listener)
                .is_some_and(|all| all.contains(certificate))
        };
        let found = places
            .iter()
            .filter(is_there)
            .map(|(one, (listener, certificate))| Found {
                address: one.address.clone(),
                id: id(listener, certificate),
                live: Live {
                    listener_arn: listener.clone(),
                    certificate_arn: certificate.clone(),
                },
                tags: None,
            });
        Ok(found.collect())
    }

    async fn create(ctx: &Ctx<Clients>, request: CreateRequest<'_, Spec>) -> Result<String> {
        let spec = request.spec;
        let listener = spec.listener_arn.text();
        let call = ctx.clients.elb.add_listener_certificates();
        let call = call
            .listener_arn(listener)
            .certificates(certificate(&spec.certificate_arn));
        call.send()
            .await
            .doing("add the certificate to the listener")
            .map_err(explain_certificate)
            .map_err(retry_if_temporary)?;
        Ok(id(listener, &spec.certificate_arn))
    }

    async fn update(_: &Ctx<Clients>, _: &str, _: &Live, _: &Spec, _: &[Change]) -> Result<()> {
        Ok(())
    }

    async fn delete(ctx: &Ctx<Clients>, id: &str) -> Result<Deletion> {
        let (listener, arn) = arns(id)?;
        let call = ctx.clients.elb.remove_listener_certificates();
        let call = call.listener_arn(listener).certificates(certificate(arn));
        let answer = call.send().await;
        // The default certificate cannot be removed, and also one that was made the default a moment ago: it is no longer
        // one of the others, which is what the delete wants.
        deleted(
            answer.doing("remove the certificate from the listener"),
            &["ListenerNotFound", "OperationNotPermitted"],
        )
    }

    fn diff(spec: &Spec, live: &Live, _last: Option<&Spec>) -> Vec<Change> {
        Diff::new()
            .fixed("listener_arn", &live.listener_arn, &spec.listener_arn)
            .fixed(
                "certificate_arn",
                &live.certificate_arn,
                &spec.certificate_arn,
            )
            .finish()
    }
}
