//! The tags of EC2 resources, which have the same form and calls for all kinds.

use crate::clients::Clients;
use crate::ec2::change_errors::ExplainChange;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use rd_common::{Ctx, Result, Tags, sdk_tags};

/// The tags that a create call sets on the new resource.
pub fn specification(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder()
        .resource_type(kind)
        .set_tags(Some(sdk_tags!(Tag, tags)))
        .build()
}

/// Sets the tags `set` of a resource and deletes those with the keys `remove`.
pub async fn change(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
    let ec2 = &ctx.clients.ec2;
    if !set.is_empty() {
        ec2.create_tags()
            .resources(id)
            .set_tags(Some(sdk_tags!(Tag, set)))
            .send()
            .await
            .changing("set tags")?;
    }
    if !remove.is_empty() {
        let tags = remove
            .iter()
            .map(|key| Tag::builder().key(key).build())
            .collect();
        ec2.delete_tags()
            .resources(id)
            .set_tags(Some(tags))
            .send()
            .await
            .changing("delete tags")?;
    }
    Ok(())
}
