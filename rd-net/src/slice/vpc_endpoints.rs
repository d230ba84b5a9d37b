//! The VPC endpoints, over which AWS's services are reached without the internet.

use crate::config::{Config, GATEWAY_SERVICES};
use crate::discover::Discovered;
use crate::endpoint_services::address_name;
use crate::kinds::vpc_endpoint::{self, Type, VpcEndpoint};
use crate::slice::subnets::{Subnets, ids};
use rd_common::{Part, Parts};

/// Adds the gateway endpoints of S3 and DynamoDB, which are free, and the interface endpoints that `endpoints` asks
/// for.
pub fn vpc_endpoints(
    parts: &mut Parts,
    discovered: &Discovered,
    config: &Config,
    vpc: &Part,
    subnets: &Subnets,
    tables: &[Part],
    group: &Part,
) {
    let service_name = |service: &str| discovered.services[service].name.clone();
    for service in GATEWAY_SERVICES {
        parts.add::<VpcEndpoint>(
            service,
            vpc_endpoint::Spec {
                vpc_id: vpc.id(),
                service_name: service_name(service),
                endpoint_type: Type::Gateway,
                route_table_ids: ids(tables),
                subnet_ids: Vec::new(),
                security_group_ids: Vec::new(),
                private_dns_enabled: false,
            },
        );
    }
    for service in config.interface_endpoints() {
        // In some regions, a service is not in every zone; those without it use the endpoint in another zone.
        let there = &discovered.services[&service].zones;
        let zones = discovered.zones.all.iter().zip(&subnets.private);
        let zones = zones.filter(|(zone, _)| there.contains(&zone.name));
        let private: Vec<Part> = zones.map(|(_, subnet)| subnet.clone()).collect();
        parts.add::<VpcEndpoint>(
            &address_name(&service),
            vpc_endpoint::Spec {
                vpc_id: vpc.id(),
                service_name: service_name(&service),
                endpoint_type: Type::Interface,
                route_table_ids: Vec::new(),
                subnet_ids: ids(&private),
                security_group_ids: vec![group.id()],
                private_dns_enabled: true,
            },
        );
    }
}
