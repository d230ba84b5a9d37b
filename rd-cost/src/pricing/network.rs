//! The network: NAT gateways, addresses, interface endpoints.
//! <https://aws.amazon.com/vpc/pricing/>

use super::Sheet;
use crate::inventory::Resource;

/// A NAT gateway: its hours, and the data through it.
pub(super) fn nat_gateway(sheet: &mut Sheet<'_>, gateway: &Resource) {
    sheet.hourly(gateway, "NAT gateway", "VPC/nat-gateway-hour", 1);
    let count = sheet.inventory.of_kind("nat_gateway").count();
    let data = sheet.share(sheet.usage(|usage| usage.nat_gb), count);
    let key = "cost.usage.nat_gb";
    sheet.assumed(gateway, "NAT data", "VPC/nat-gateway-gb", key, data);
}

/// An Elastic IP address. Since February 2024 each public IPv4 address costs, in use or not.
pub(super) fn address(sheet: &mut Sheet<'_>, address: &Resource) {
    let price = "VPC/public-ipv4-in-use-hour";
    sheet.hourly(address, "public IPv4 address", price, 1);
}

/// An interface endpoint: an hour in each zone, and the data through it. Gateway endpoints are free.
pub(super) fn endpoint(sheet: &mut Sheet<'_>, endpoint: &Resource) {
    if !is_interface(endpoint) {
        return;
    }
    match sheet.inventory.count(&endpoint.spec["subnet_ids"]) {
        Some(zones) => {
            let price = "VPC/interface-endpoint-hour-per-az";
            sheet.hourly(endpoint, "interface endpoint", price, zones);
        }
        None => {
            let reason = "the number of its zones is not known".to_owned();
            sheet.unknown(endpoint, "interface endpoint", reason);
        }
    }
    let endpoints = sheet.inventory.of_kind("vpc_endpoint");
    let count = endpoints.filter(|one| is_interface(one)).count();
    let data = sheet.share(sheet.usage(|usage| usage.endpoint_gb), count);
    let (price, key) = (
        "VPC/interface-endpoint-gb-first-1PB",
        "cost.usage.endpoint_gb",
    );
    sheet.assumed(endpoint, "endpoint data", price, key, data);
}

fn is_interface(endpoint: &Resource) -> bool {
    endpoint
        .text("endpoint_type")
        .eq_ignore_ascii_case("interface")
}
