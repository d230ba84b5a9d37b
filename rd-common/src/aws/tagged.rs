//! The resources of a stack in AWS, whichever slice and checkout created them, as the Resource Groups Tagging API lists
//! them.
//! <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>

use crate::aws::tags::from_pairs;
use crate::aws::{Aws, Explain};
use crate::error::Result;
use crate::stack::{ADDRESS_TAG, SLICE_TAG, Stack, Tags};
use aws_sdk_resourcegroupstagging::types::TagFilter;

/// The types of resource that show that a slice exists. What a destroy can leave is not among them: snapshots, secrets
/// that are scheduled for deletion, inactive task definitions, NAT gateways that AWS lists for an hour after their
/// delete.
const TYPES: [&str; 6] = [
    "ec2:vpc",
    "rds:db",
    "elasticache:replicationgroup",
    "s3:bucket",
    "elasticloadbalancing:loadbalancer",
    "ecs:service",
];

/// A resource of the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// The slice in its tag.
    pub slice: String,
    /// The address in its tag, such as `data.db_instance.postgres`.
    pub address: String,
    /// The ARN, which also names its type.
    pub arn: String,
}

/// The main resources of all slices of the stack. The list lags behind: it can lack what was created a moment ago, and
/// have what was deleted a moment ago.
pub async fn tagged(aws: &Aws, stack: &Stack) -> Result<Vec<Tagged>> {
    let client = aws_sdk_resourcegroupstagging::Client::from_conf(
        aws_sdk_resourcegroupstagging::config::Builder::from(&aws.config)
            .interceptor(aws.interceptor())
            .build(),
    );
    let filters = stack.stack_tags();
    let filters = filters.map(|(key, value)| TagFilter::builder().key(key).values(value).build());
    let call = client
        .get_resources()
        .set_tag_filters(Some(filters.to_vec()))
        .set_resource_type_filters(Some(TYPES.map(str::to_owned).to_vec()));
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.doing("list the stack's resources by their tags")?;
        let tags: Tags = from_pairs(one.tags().iter().map(|tag| (tag.key(), tag.value())));
        let text = |key: &str| tags.get(key).cloned().unwrap_or_default();
        all.push(Tagged {
            slice: text(SLICE_TAG),
            address: text(ADDRESS_TAG),
            arn: one.resource_arn().unwrap_or_default().to_owned(),
        });
    }
    Ok(all)
}
