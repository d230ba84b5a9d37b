//! Network interfaces with their owners, and those of other slices in a VPC.

use crate::clients::Clients;
use aws_sdk_ec2::types::{Filter, NetworkInterface};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, Usage};

/// The network interfaces for which `filter` has the value `id`.
pub async fn read(ctx: &Ctx<Clients>, filter: &str, id: &str) -> Result<Vec<NetworkInterface>> {
    ctx.clients
        .ec2
        .describe_network_interfaces()
        .filters(Filter::builder().name(filter).values(id).build())
        .into_paginator()
        .items()
        .send()
        .collect::<std::result::Result<Vec<_>, _>>()
        .await
        .doing("read the network interfaces")
}

/// The network interfaces that services have created in a VPC for resources of other slices.
pub async fn of_other_slices(ctx: &Ctx<Clients>, vpc: &str) -> Result<Vec<Usage>> {
    let interfaces = read(ctx, "vpc-id", vpc).await?;
    let usage = interfaces.iter().filter_map(|interface| {
        Some(Usage {
            slice: slice_of(interface.description()?)?,
            what: with_owner(interface),
        })
    });
    Ok(usage.collect())
}

/// The slice that owns the resource of a network interface, by the description that its service gives it.
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html>
fn slice_of(description: &str) -> Option<&'static str> {
    let begins = |prefix: &str| description.starts_with(prefix);
    if begins("RDSNetworkInterface") {
        Some("data")
    } else if begins("ElastiCache ") {
        Some("cache")
    } else if begins("ELB ") {
        Some("edge")
    } else if begins("arn:")
        && description.contains(":ecs:")
        && description.contains(":attachment/")
    {
        Some("ecs")
    } else {
        None
    }
}

/// The id of an interface, and the best description of its owner that AWS has.
pub fn with_owner(interface: &NetworkInterface) -> String {
    let id = interface
        .network_interface_id()
        .unwrap_or("a network interface");
    let owner = [
        interface.description(),
        interface
            .attachment()
            .and_then(|attachment| attachment.instance_owner_id()),
        interface.requester_id(),
        interface.owner_id(),
    ];
    match owner.into_iter().flatten().find(|text| !text.is_empty()) {
        Some(owner) => format!("{id} ({owner})"),
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::slice_of;

    #[test]
    fn a_description_names_the_slice() {
        let attachment = "arn:aws:ecs:us-east-1:123456789012:attachment/1f2e";
        for (description, slice) in [
            ("RDSNetworkInterface", Some("data")),
            ("ElastiCache shop-test-redis-001", Some("cache")),
            ("ELB app/shop-test/50dc6c495c0c9188", Some("edge")),
            (attachment, Some("ecs")),
            ("Interface for NAT Gateway nat-0abc", None),
            ("VPC Endpoint Interface vpce-0abc", None),
            ("", None),
        ] {
            assert_eq!(slice_of(description), slice, "{description}");
        }
    }
}
