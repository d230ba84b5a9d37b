//! Data through the NAT gateways and the interface endpoints.

use super::{Rule, Scale};
use crate::observed::Metric;
use crate::owned::OwnedResources;

/// All that a gateway receives is what it processes.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>
pub(super) fn nat(owned: &OwnedResources) -> Rule<'_> {
    let names = ["BytesInFromSource", "BytesInFromDestination"];
    let metrics = owned.of_kind("nat_gateway").flat_map(|gateway| {
        names.map(|name| {
            let metric = Metric::of("AWS/NATGateway", name, "Sum", "NatGatewayId", &gateway.id);
            (gateway, metric)
        })
    });
    Rule {
        key: "cost.usage.nat_gb",
        from: "AWS/NATGateway BytesInFromSource and BytesInFromDestination",
        set: |usage| &mut usage.nat_gb,
        scale: Scale::Bytes,
        absent_is_zero: false,
        what: "NAT gateway",
        metrics: metrics.collect(),
    }
}

/// The data through interface endpoints, by the bytes that they have processed.
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-cloudwatch-metrics.html>
pub(super) fn endpoints(owned: &OwnedResources) -> Rule<'_> {
    let endpoints = owned.of_kind("vpc_endpoint");
    let endpoints =
        endpoints.filter(|one| one.text("endpoint_type").eq_ignore_ascii_case("interface"));
    Rule {
        key: "cost.usage.endpoint_gb",
        from: "AWS/PrivateLinkEndpoints BytesProcessed",
        set: |usage| &mut usage.endpoint_gb,
        scale: Scale::Bytes,
        absent_is_zero: true,
        what: "interface endpoint",
        metrics: endpoints
            .map(|one| {
                (
                    one,
                    endpoint_bytes(&one.id, one.text("service_name"), one.text("vpc_id")),
                )
            })
            .collect(),
    }
}

/// The bytes through an interface endpoint.
pub fn endpoint_bytes(id: &str, service: &str, vpc: &str) -> Metric {
    Metric {
        namespace: "AWS/PrivateLinkEndpoints",
        name: "BytesProcessed",
        stat: "Sum",
        dimensions: vec![
            ("Endpoint Type", "Interface".to_owned()),
            ("Service Name", service.to_owned()),
            ("VPC Endpoint Id", id.to_owned()),
            ("VPC Id", vpc.to_owned()),
        ],
    }
}
