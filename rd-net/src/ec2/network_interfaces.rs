//! The network interfaces that keep a security group or a subnet in use, for the error of a delete.

use crate::clients::Clients;
use aws_sdk_ec2::types::{Filter, NetworkInterface};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};

/// The network interfaces for which `filter` has the value `id`, each with its owner, as text; none if there are none.
pub async fn describe(ctx: &Ctx<Clients>, filter: &str, id: &str) -> Result<Option<String>> {
    let interfaces = ctx
        .clients
        .ec2
        .describe_network_interfaces()
        .filters(Filter::builder().name(filter).values(id).build())
        .into_paginator()
        .items()
        .send()
        .collect::<std::result::Result<Vec<_>, _>>()
        .await
        .doing("read the network interfaces")?;
    let texts: Vec<String> = interfaces.iter().map(with_owner).collect();
    Ok((!texts.is_empty()).then(|| texts.join(", ")))
}

/// The id of an interface, and the best description of its owner that AWS has.
fn with_owner(interface: &NetworkInterface) -> String {
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
