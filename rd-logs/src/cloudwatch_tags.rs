//! Tags of what CloudWatch has: alarms and dashboards.

use crate::clients::Clients;
use aws_sdk_cloudwatch::types::Tag;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, Tags, sdk_tags, tags_from_sdk};

/// CloudWatch's word for what is not there.
pub const GONE: [&str; 3] = [
    "ResourceNotFound",
    "ResourceNotFoundException",
    "DashboardNotFoundError",
];

/// The tags of an alarm or a dashboard; none where it is gone.
pub async fn tags_of(ctx: &Ctx<Clients>, arn: &str) -> Result<Option<Tags>> {
    let call = ctx.clients.cloudwatch.list_tags_for_resource();
    match call.resource_arn(arn).send().await.doing("read the tags") {
        Err(error) if error.is(&GONE) => Ok(None),
        other => Ok(Some(tags_from_sdk!(other?.tags()))),
    }
}

/// Sets and removes tags of an alarm or a dashboard.
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
