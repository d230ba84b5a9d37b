//! Reads and sets the tags of CloudWatch resources: alarms and dashboards.

use crate::clients::Clients;
use aws_sdk_cloudwatch::types::Tag;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, Tags, sdk_tags, tags_from_sdk};

/// The error codes of CloudWatch for a resource that does not exist.
pub const NOT_FOUND: [&str; 3] = [
    "ResourceNotFound",
    "ResourceNotFoundException",
    "DashboardNotFoundError",
];

/// The tags of an alarm or a dashboard, by its ARN; none if it does not exist.
pub async fn read_tags(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Tags>> {
    let call = ctx.clients.cloudwatch.list_tags_for_resource();
    match call.resource_arn(arn).send().await.doing("read the tags") {
        Err(error) if error.is(&NOT_FOUND) => Ok(None),
        other => Ok(Some(tags_from_sdk!(other?.tags()))),
    }
}

/// Sets the tags `set` of an alarm or a dashboard, and removes the keys `remove`.
pub async fn retag(ctx: &Ctx<Clients>, arn: &str, set: &Tags, remove: &[String]) -> Result<()> {
    let cloudwatch = &ctx.clients.cloudwatch;
    if !set.is_empty() {
        let call = cloudwatch.tag_resource().resource_arn(arn);
        let call = call.set_tags(Some(sdk_tags!(Tag, set)));
        call.send().await.doing("set the tags")?;
    }
    if !remove.is_empty() {
        let call = cloudwatch.untag_resource().resource_arn(arn);
        let call = call.set_tag_keys(Some(remove.to_vec()));
        call.send().await.doing("remove the tags")?;
    }
    Ok(())
}
