//! Who keeps a group, subnet or gateway from being deleted: the network interfaces in it, and whose they are.

use crate::clients::Clients;
use aws_sdk_ec2::types::{Filter, NetworkInterface};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result};

/// The interfaces for which `filter` is `id`, in words.
pub async fn interfaces(ctx: &Ctx<Clients>, filter: &str, id: &str) -> Result<Option<String>> {
    let filter = Filter::builder().name(filter).values(id).build();
    let answer = ctx
        .clients
        .ec2
        .describe_network_interfaces()
        .filters(filter)
        .send()
        .await;
    let interfaces = answer
        .doing("read the network interfaces")?
        .network_interfaces
        .unwrap_or_default();
    let names: Vec<String> = interfaces.iter().map(name).collect();
    Ok((!names.is_empty()).then(|| names.join(", ")))
}

fn name(interface: &NetworkInterface) -> String {
    let id = interface.network_interface_id().unwrap_or("an interface");
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
