//! What keeps a resource in use, for the error of a delete that EC2 refuses for long.

use crate::clients::Clients;
use crate::describe::Query;
use crate::ec2::network_interfaces;
use crate::ec2::unmanaged_rules::summary;
use aws_sdk_ec2::types::{NetworkInterface, VpcEndpoint};
use rd_common::{Ctx, Result};

/// The first words of the description of an endpoint's network interface, before the endpoint's id.
const ENDPOINT_INTERFACE: &str = "VPC Endpoint Interface ";

/// What GuardDuty's Runtime Monitoring creates in a VPC in which tasks run, and never deletes.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/46747>
const GUARDDUTY: &str = "created by GuardDuty Runtime Monitoring, which never deletes it: delete it yourself, for example in the VPC console";

/// Several holders as one text; none if there are none.
fn joined(holders: &[String]) -> Option<String> {
    (!holders.is_empty()).then(|| holders.join(", "))
}

/// Whether GuardDuty has created an endpoint.
fn is_of_guardduty(endpoint: &VpcEndpoint) -> bool {
    let mut tags = endpoint.tags().iter();
    let tagged =
        tags.any(|tag| tag.key() == Some("GuardDutyManaged") && tag.value() == Some("true"));
    let name = endpoint.service_name();
    tagged || name.is_some_and(|name| name.contains("guardduty-data"))
}

/// Network interfaces, each with its owner, and what to do where GuardDuty has created it.
async fn interfaces(ctx: &Ctx<Clients>, all: &[NetworkInterface]) -> Result<Vec<String>> {
    let endpoint_of = |interface: &NetworkInterface| {
        let id = interface.description()?.strip_prefix(ENDPOINT_INTERFACE)?;
        Some(id.to_owned())
    };
    let endpoints = Query::by("vpc-endpoint-id", all.iter().filter_map(endpoint_of));
    let endpoints = ctx.clients.describe.vpc_endpoints.ask(endpoints).await?;
    let texts = all.iter().map(|interface| {
        let endpoint = endpoint_of(interface);
        let theirs = endpoints.iter().any(|one| {
            endpoint.is_some()
                && one.vpc_endpoint_id() == endpoint.as_deref()
                && is_of_guardduty(one)
        });
        match endpoint.filter(|_| theirs) {
            Some(endpoint) => format!("{endpoint} ({GUARDDUTY})"),
            None => network_interfaces::with_owner(interface),
        }
    });
    Ok(texts.collect())
}

/// The network interfaces in a subnet.
pub async fn of_subnet(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
    let all = network_interfaces::read(ctx, "subnet-id", id).await?;
    Ok(joined(&interfaces(ctx, &all).await?))
}

/// The network interface that has an address.
pub async fn of_address(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
    let query = Query::by("allocation-id", [id.to_owned()]);
    let addresses = ctx.clients.describe.addresses.ask(query).await?;
    let mut interfaces_of = addresses
        .iter()
        .filter_map(|one| one.network_interface_id());
    let Some(interface) = interfaces_of.next() else {
        return Ok(None);
    };
    let all = network_interfaces::read(ctx, "network-interface-id", interface).await?;
    Ok(joined(&interfaces(ctx, &all).await?))
}

/// The network interfaces that have a security group, and the rules of other groups that name it.
pub async fn of_group(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
    let all = network_interfaces::read(ctx, "group-id", id).await?;
    let mut holders = interfaces(ctx, &all).await?;
    let mut groups = Query::by("ip-permission.group-id", [id.to_owned()]);
    groups.or("egress.ip-permission.group-id", [id.to_owned()]);
    let groups = ctx.clients.describe.security_groups.ask(groups).await?;
    let others = groups.iter().filter_map(|group| group.group_id());
    let others = others.filter(|other| *other != id).map(str::to_owned);
    let rules = Query::by("group-id", others);
    let rules = ctx.clients.describe.security_group_rules.ask(rules).await?;
    for rule in rules.iter() {
        let peer = rule
            .referenced_group_info()
            .and_then(|peer| peer.group_id());
        if let (Some(rule_id), Some(group), true) = (
            rule.security_group_rule_id(),
            rule.group_id(),
            peer == Some(id) && rule.group_id() != Some(id),
        ) {
            holders.push(format!("the rule {rule_id} of {group} ({})", summary(rule)));
        }
    }
    Ok(joined(&holders))
}

/// The endpoints, the security groups, and the other network interfaces in a VPC.
pub async fn of_vpc(ctx: &Ctx<Clients>, id: &str) -> Result<Option<String>> {
    let describe = &ctx.clients.describe;
    let vpc = || Query::by("vpc-id", [id.to_owned()]);
    let endpoints = describe.vpc_endpoints.ask(vpc()).await?;
    let mut holders: Vec<String> = Vec::new();
    for endpoint in endpoints.iter() {
        let id = endpoint.vpc_endpoint_id().unwrap_or("a VPC endpoint");
        holders.push(match is_of_guardduty(endpoint) {
            true => format!("{id} ({GUARDDUTY})"),
            false => format!("{id} ({})", endpoint.service_name().unwrap_or_default()),
        });
    }
    let groups = describe.security_groups.ask(vpc()).await?;
    for group in groups.iter() {
        let name = group.group_name().unwrap_or_default();
        let id = group.group_id().unwrap_or("a security group");
        if name.starts_with("GuardDutyManagedSecurityGroup-") {
            holders.push(format!("{id} ({name}, {GUARDDUTY})"));
        } else if name != "default" {
            holders.push(format!("{id} ({name})"));
        }
    }
    let all = network_interfaces::read(ctx, "vpc-id", id).await?;
    let of_endpoint = |interface: &&NetworkInterface| {
        let description = interface.description().unwrap_or_default();
        description.starts_with(ENDPOINT_INTERFACE)
    };
    let others = all.iter().filter(|interface| !of_endpoint(interface));
    holders.extend(others.map(network_interfaces::with_owner));
    Ok(joined(&holders))
}
