//! What the kinds of Elastic Load Balancing share: tags, and the end of an ARN.

use crate::aws_errors::retry_if_temporary;
use crate::clients::Clients;
use aws_sdk_elasticloadbalancingv2::types::Tag;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, Tags, sdk_tags};

/// Sets the tags of `set` and removes those named in `remove`. Makes no call for what is empty.
pub async fn change_tags(
    ctx: &Ctx<Clients>,
    arn: &str,
    set: &Tags,
    remove: &[String],
) -> Result<()> {
    if !set.is_empty() {
        let call = ctx.clients.elb.add_tags().resource_arns(arn);
        call.set_tags(Some(sdk_tags!(Tag, set)))
            .send()
            .await
            .doing("set the tags")
            .map_err(retry_if_temporary)?;
    }
    if !remove.is_empty() {
        let call = ctx.clients.elb.remove_tags().resource_arns(arn);
        call.set_tag_keys(Some(remove.to_vec()))
            .send()
            .await
            .doing("remove the tags")
            .map_err(retry_if_temporary)?;
    }
    Ok(())
}

/// The end of an ARN, as in CloudWatch's dimensions: `app/shop-alb/50dc6c495c0c9188` or `targetgroup/shop-api/…`.
pub fn arn_suffix(arn: &str) -> String {
    let resource = Arn::parse(arn).map_or(String::new(), |arn| arn.resource);
    resource
        .strip_prefix("loadbalancer/")
        .map(str::to_owned)
        .unwrap_or(resource)
}
