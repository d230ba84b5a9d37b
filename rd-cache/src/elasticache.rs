//! What all kinds need of ElastiCache: tags, ARNs, and what its errors mean.

use crate::clients::Clients;
use aws_sdk_elasticache::types::Tag;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{Ctx, Deletion, Error, Result, Retry, Tags, sdk_tags, tags_from_sdk};

/// Reads the tags of the resource with this ARN; none if it does not exist.
pub async fn read_tags(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Tags>> {
    let call = ctx
        .clients
        .elasticache
        .list_tags_for_resource()
        .resource_name(arn);
    match call.send().await.doing("read the tags") {
        Err(error) if is_not_found(&error) => Ok(None),
        other => Ok(Some(tags_from_sdk!(other?.tag_list()))),
    }
}

/// As [`read_tags`], for a replication group, whose tags ElastiCache tells only while the group is available; none if it
/// does not tell them, or if the group does not exist.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ListTagsForResource.html>
pub async fn read_group_tags(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Tags>> {
    match read_tags(ctx, arn).await {
        Err(error) if error.is(&["InvalidReplicationGroupState"]) => Ok(None),
        other => other,
    }
}

/// Sets the tags of `set` and removes those named in `remove`. Makes no call for what is empty.
pub async fn change_tags(
    ctx: &Ctx<Clients>,
    arn: &str,
    set: &Tags,
    remove: &[String],
) -> Result<()> {
    if !set.is_empty() {
        let call = ctx
            .clients
            .elasticache
            .add_tags_to_resource()
            .resource_name(arn);
        call.set_tags(Some(sdk_tags!(Tag, set)))
            .send()
            .await
            .doing("set the tags")
            .map_err(retry_if_temporary)?;
    }
    match remove_tags(ctx, arn, remove.to_vec()).await {
        // One of them is gone, such as after an answer that was lost, and then ElastiCache removes none.
        Err(error) if error.is(&[TAG_NOT_FOUND]) => {
            let there = read_tags(ctx, arn).await.map_err(retry_if_temporary)?;
            let mut left = remove.to_vec();
            left.retain(|key| there.as_ref().is_some_and(|tags| tags.contains_key(key)));
            remove_tags(ctx, arn, left).await
        }
        other => other,
    }
}

/// A tag that is to be removed is not there.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_RemoveTagsFromResource.html>
const TAG_NOT_FOUND: &str = "TagNotFound";

/// Removes these tags, all of which must be there.
async fn remove_tags(ctx: &Ctx<Clients>, arn: &str, keys: Vec<String>) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    let call = ctx.clients.elasticache.remove_tags_from_resource();
    call.resource_name(arn)
        .set_tag_keys(Some(keys))
        .send()
        .await
        .doing("remove the tags")
        .map_err(retry_if_temporary)?;
    Ok(())
}

/// The ARN of a resource of the stack. `kind` is ElastiCache's word: `replicationgroup`, `parametergroup` or
/// `subnetgroup`.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Tagging-Resources.html>
pub fn arn(ctx: &Ctx<Clients>, kind: &str, name: &str) -> String {
    Arn::regional(&ctx.stack, "elasticache", format!("{kind}:{name}")).to_string()
}

/// Whether ElastiCache says that the resource does not exist: `ReplicationGroupNotFoundFault`,
/// `CacheSubnetGroupNotFoundFault`, …
pub fn is_not_found(error: &Error) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.ends_with("NotFound") || code.ends_with("NotFoundFault")
}

/// The result of a delete: whether ElastiCache knows the resource, by its own codes `not_found`, and an error to retry if
/// it is busy.
pub fn deleted<T>(answer: Result<T>, not_found: &[&str]) -> Result<Deletion> {
    Deletion::of(answer, not_found).map_err(retry_if_temporary)
}

/// Marks an error to be retried later if its cause is temporary: the resource is being changed, or the service-linked
/// role was created a moment ago. The latter has a code of its own in some operations
/// (<https://github.com/aws-controllers-k8s/community/issues/367>) and a general one in others, where the text decides.
pub fn retry_if_temporary(error: Error) -> Error {
    const TEMPORARY: [&str; 8] = [
        "InvalidReplicationGroupState",
        "InvalidCacheClusterState",
        "InvalidCacheParameterGroupState",
        "CacheSubnetGroupInUse",
        // What deleted nodes leave behind still uses the subnet group.
        "DependencyViolation",
        "APICallRateForCustomerExceeded",
        // A read that lags still had it.
        TAG_NOT_FOUND,
        "ServiceLinkedRoleNotFoundFault",
    ];
    let text = error.summary.to_lowercase().replace('-', " ");
    let role = error.is(&["InvalidParameterValue"]) && text.contains("service linked role");
    if error.retry == Retry::Never && (error.is(&TEMPORARY) || role) {
        error.retry(Retry::Later)
    } else {
        error
    }
}

/// Success if ElastiCache had nothing to do: reads lag behind changes, so the same change may be requested twice. The
/// second code is a general one, so the text decides.
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/elasticache/replication_group.go>
pub fn ignore_no_operation(error: Error) -> Result<()> {
    let nothing = error.is(&["InvalidParameterCombination"])
        && error.summary.contains("No modifications were requested");
    if error.is(&["NoOperationFault"]) || nothing {
        Ok(())
    } else {
        Err(retry_if_temporary(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, text: &str) -> Error {
        Error::failed(text.to_owned()).with_code(Some(code.to_owned()), None)
    }

    #[test]
    fn nothing_to_do_is_success() {
        let text = "No modifications were requested";
        assert!(ignore_no_operation(error("InvalidParameterCombination", text)).is_ok());
        assert!(ignore_no_operation(error("NoOperationFault", "")).is_ok());
        assert!(
            ignore_no_operation(error("InvalidParameterCombination", "Cannot find version"))
                .is_err()
        );
        let busy = ignore_no_operation(error("InvalidReplicationGroupState", ""));
        assert_eq!(busy.unwrap_err().retry, Retry::Later);
    }
}
