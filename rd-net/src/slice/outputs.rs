//! The outputs of the slice, which other slices and scripts use.

use crate::availability_zones::Zone;
use crate::config::Config;
use crate::kinds::internet_gateway_attachment::InternetGatewayAttachment;
use crate::slice::routing::Routing;
use crate::slice::subnets::{Subnets, ids};
use rd_common::outputs::net;
use rd_common::{Part, Parts};
use std::collections::BTreeMap;

/// Sets the outputs of the slice.
pub fn outputs(
    parts: &mut Parts,
    config: &Config,
    zones: &[Zone],
    vpc: &Part,
    routing: &Routing<'_>,
    subnets: &Subnets,
    groups: &BTreeMap<&'static str, Part>,
) {
    parts.output(net::VPC_ID, vpc.id());
    parts.output(net::VPC_CIDR, config.cidr.clone());
    parts.output(
        net::AVAILABILITY_ZONES,
        zones
            .iter()
            .map(|zone| zone.name.clone())
            .collect::<Vec<_>>(),
    );
    // Taken from the attachment, so that other slices create internet-facing resources only once it exists.
    parts.output(
        net::INTERNET_GATEWAY_ID,
        routing
            .internet_gateway_attachment
            .attribute(InternetGatewayAttachment::INTERNET_GATEWAY_ID),
    );
    parts.output(net::PUBLIC_SUBNET_IDS, ids(&subnets.public));
    parts.output(net::PRIVATE_SUBNET_IDS, ids(&subnets.private));
    for (name, output) in [
        ("alb", net::ALB_SECURITY_GROUP_ID),
        ("api", net::API_SECURITY_GROUP_ID),
        ("db", net::DB_SECURITY_GROUP_ID),
        ("endpoints", net::ENDPOINTS_SECURITY_GROUP_ID),
        ("redis", net::REDIS_SECURITY_GROUP_ID),
    ] {
        parts.output(output, groups[name].id());
    }
    parts.output(net::APP_PORT, i32::from(config.app_port));
    // A list of zones, so that other slices know how many NAT gateways there are before these exist.
    let nat_zones: Vec<String> = routing
        .nat_gateways
        .iter()
        .map(|(letter, _)| (*letter).to_owned())
        .collect();
    parts.output(net::NAT_GATEWAY_ZONES, nat_zones);
    for (letter, gateway) in &routing.nat_gateways {
        parts.output(net::NAT_GATEWAY_ID.of(letter), gateway.id());
    }
}
