//! What the kinds share of ElastiCache: tags, and what its refusals mean.

use crate::clients::Clients;
use aws_sdk_elasticache::types::Tag;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result, Retry, Tags};

/// Tags as ElastiCache takes them.
pub fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// Tags as ElastiCache gives them.
pub fn map(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| {
            Some((
                tag.key()?.to_owned(),
                tag.value().unwrap_or_default().to_owned(),
            ))
        })
        .collect()
}

/// The tags of the resource with this ARN; none where it is gone.
pub async fn tags(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Tags>> {
    let call = ctx
        .clients
        .elasticache
        .list_tags_for_resource()
        .resource_name(arn);
    match call.send().await.doing("read the tags") {
        Err(error) if is_gone(&error) => Ok(None),
        other => Ok(Some(map(other?.tag_list()))),
    }
}

/// Sets and removes tags.
pub async fn tag(ctx: &Ctx<Clients>, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    if !set.is_empty() {
        let call = ctx
            .clients
            .elasticache
            .add_tags_to_resource()
            .resource_name(arn);
        call.set_tags(Some(list(set)))
            .send()
            .await
            .doing("set the tags")?;
    }
    if !remove.is_empty() {
        let call = ctx.clients.elasticache.remove_tags_from_resource();
        call.resource_name(arn)
            .set_tag_keys(Some(remove.to_vec()))
            .send()
            .await
            .doing("remove the tags")?;
    }
    Ok(())
}

/// The ARN of something of this stack's account: `kind` is ElastiCache's short word, such as `replicationgroup`.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Tagging-Resources.html>
pub fn arn(ctx: &Ctx<Clients>, kind: &str, name: &str) -> String {
    let stack = &ctx.stack;
    format!(
        "arn:{}:elasticache:{}:{}:{kind}:{name}",
        stack.partition(),
        stack.region,
        stack.account()
    )
}

/// Whether ElastiCache says that it is not there: `ReplicationGroupNotFoundFault`, `CacheSubnetGroupNotFoundFault`, …
pub fn is_gone(error: &Error) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.ends_with("NotFound") || code.ends_with("NotFoundFault")
}

/// Success, where what is to be deleted is not there any more.
pub fn deleted(answer: Result<()>) -> Result<()> {
    match answer {
        Err(error) if is_gone(&error) => Ok(()),
        other => other.map_err(for_now),
    }
}

/// Refusals that go away by themselves: something else is being done to it, or a role is not known everywhere yet.
pub fn for_now(error: Error) -> Error {
    const BUSY: [&str; 5] = [
        "InvalidReplicationGroupState",
        "InvalidCacheClusterState",
        "InvalidCacheParameterGroupState",
        "CacheSubnetGroupInUse",
        "APICallRateForCustomerExceeded",
    ];
    let role =
        error.is(&["InvalidParameterValue"]) && error.summary.contains("service-linked role");
    if error.retry == Retry::Never && (error.is(&BUSY) || role) {
        error.retry(Retry::Later)
    } else {
        error
    }
}

/// Success, where nothing was to be done: reads lag, so that a change may be asked for twice.
pub fn done_already(error: Error) -> Result<()> {
    if error.is(&["NoOperationFault"]) {
        Ok(())
    } else {
        Err(for_now(error))
    }
}
