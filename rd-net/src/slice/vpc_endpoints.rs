//! The VPC endpoints, over which AWS's services are reached without the internet.

use crate::config::Config;
use crate::kinds::vpc_endpoint::{self, Type, VpcEndpoint};
use crate::slice::subnets::{Subnets, ids};
use rd_common::{Part, Parts, Stack};

/// Adds the gateway endpoints of S3 and DynamoDB, which are free, and the interface endpoints that `endpoints` asks
/// for.
pub fn vpc_endpoints(
    parts: &mut Parts,
    stack: &Stack,
    config: &Config,
    vpc: &Part,
    subnets: &Subnets,
    tables: &[Part],
    group: &Part,
) {
    let service_name = |service: &str| format!("com.amazonaws.{}.{service}", stack.region);
    for service in ["s3", "dynamodb"] {
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
        parts.add::<VpcEndpoint>(
            &service.replace('.', "-"),
            vpc_endpoint::Spec {
                vpc_id: vpc.id(),
                service_name: service_name(&service),
                endpoint_type: Type::Interface,
                route_table_ids: Vec::new(),
                subnet_ids: ids(&subnets.private),
                security_group_ids: vec![group.id()],
                private_dns_enabled: true,
            },
        );
    }
}
