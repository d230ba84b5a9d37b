//! What the kinds share of Elastic Load Balancing: tags, and what its refusals mean.

use crate::clients::Clients;
use aws_sdk_elasticloadbalancingv2::types::Tag;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result, Retry, Tags};

/// Tags as it takes them.
pub fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// Sets and removes tags.
pub async fn tag(ctx: &Ctx<Clients>, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    if !set.is_empty() {
        let call = ctx.clients.elb.add_tags().resource_arns(arn);
        call.set_tags(Some(list(set)))
            .send()
            .await
            .doing("set the tags")?;
    }
    if !remove.is_empty() {
        let call = ctx.clients.elb.remove_tags().resource_arns(arn);
        call.set_tag_keys(Some(remove.to_vec()))
            .send()
            .await
            .doing("remove the tags")?;
    }
    Ok(())
}

/// Whether it says that something is not there: `LoadBalancerNotFound`, `TargetGroupNotFound`, `ListenerNotFound`.
pub fn is_gone(error: &Error) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.ends_with("NotFound") || code.ends_with("NotFoundException")
}

/// Success, where what is to be deleted is not there any more.
pub fn deleted(answer: Result<()>) -> Result<()> {
    match answer {
        Err(error) if is_gone(&error) => Ok(()),
        other => other.map_err(for_now),
    }
}

/// Refusals that go away by themselves: what uses it is going, or what it uses is not known everywhere yet. A
/// certificate that was just issued is one of the latter.
pub fn for_now(error: Error) -> Error {
    const SOON: [&str; 5] = [
        "ResourceInUse",
        "ResourceInUseException",
        "CertificateNotFound",
        "UnsupportedCertificate",
        "OperationInProgress",
    ];
    let gateway = error.is(&["InvalidSubnet"]) && error.summary.contains("internet gateway");
    if error.retry == Retry::Never && (error.is(&SOON) || gateway) {
        error.retry(Retry::Later)
    } else {
        error
    }
}

/// The end of an ARN that CloudWatch's dimensions want: `app/shop-alb/50dc6c495c0c9188`.
pub fn suffix(arn: &str) -> String {
    let resource = arn.split(':').nth(5).unwrap_or_default();
    resource
        .strip_prefix("loadbalancer/")
        .unwrap_or(resource)
        .to_owned()
}

/// An answer that lacks what it must have.
pub fn incomplete(what: impl std::fmt::Display) -> Error {
    Error::failed(format!("AWS's answer has no {what}"))
}
