//! Tags of EC2 resources: one call for all kinds of them.

use crate::clients::Clients;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, Tags};

/// Tags as a map.
pub fn read(tags: &[Tag]) -> Tags {
    tags.iter()
        .filter_map(|tag| {
            Some((
                tag.key()?.to_owned(),
                tag.value().unwrap_or_default().to_owned(),
            ))
        })
        .collect()
}

/// Tags for a create call.
pub fn specification(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder()
        .resource_type(kind)
        .set_tags(Some(list(tags)))
        .build()
}

fn list(tags: &Tags) -> Vec<Tag> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect()
}

/// Sets and removes tags.
pub async fn change(ctx: &Ctx<Clients>, id: &str, set: &Tags, remove: &[String]) -> Result<()> {
    let ec2 = &ctx.clients.ec2;
    if !set.is_empty() {
        ec2.create_tags()
            .resources(id)
            .set_tags(Some(list(set)))
            .send()
            .await
            .doing("set tags")?;
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
            .doing("remove tags")?;
    }
    Ok(())
}
