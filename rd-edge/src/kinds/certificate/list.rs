//! Listing the certificates of the account, of which ACM returns only those with the key types that a request names.

use crate::clients::Clients;
use aws_sdk_acm::types::{Filters, KeyAlgorithm};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};

/// The ARNs of the certificates whose common name is `first_name`, or of all certificates that rd may have requested.
pub async fn list_arns(ctx: &Ctx<Clients>, first_name: Option<&str>) -> Result<Vec<String>> {
    let key_types = [
        KeyAlgorithm::Rsa2048,
        KeyAlgorithm::EcPrime256v1,
        KeyAlgorithm::EcSecp384r1,
    ];
    let filter = Filters::builder()
        .set_key_types(Some(key_types.to_vec()))
        .build();
    let certificates = ctx.clients.acm.list_certificates().includes(filter);
    let certificates = certificates.into_paginator().items().send();
    let certificates = certificates.try_collect().await;
    Ok(certificates
        .doing("list the certificates")?
        .into_iter()
        .filter(|one| first_name.is_none() || one.domain_name.as_deref() == first_name)
        .filter_map(|one| one.certificate_arn)
        .collect())
}
