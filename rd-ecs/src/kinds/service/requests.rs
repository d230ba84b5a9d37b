//! The parts of a service in the SDK's types, for both create and update.

use super::model::Spec;
use crate::names::CONTAINER;
use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration, CapacityProviderStrategyItem,
    DeploymentCircuitBreaker, DeploymentConfiguration, LoadBalancer, NetworkConfiguration,
};
use rd_common::{Error, Result};

pub(super) fn incomplete(e: impl std::fmt::Display) -> Error {
    Error::failed(format!("the service is incomplete: {e}"))
}

pub(super) fn capacity(spec: &Spec) -> Result<Vec<CapacityProviderStrategyItem>> {
    let items = spec.capacity.iter().map(|one| {
        CapacityProviderStrategyItem::builder()
            .capacity_provider(&one.provider)
            .base(one.base)
            .weight(one.weight)
            .build()
            .map_err(incomplete)
    });
    items.collect()
}

pub(super) fn network(spec: &Spec) -> Result<NetworkConfiguration> {
    let groups = spec.security_group_ids.iter();
    let network = AwsVpcConfiguration::builder()
        .set_subnets(spec.subnet_ids.known().cloned())
        .set_security_groups(Some(groups.map(|one| one.text().to_owned()).collect()))
        .assign_public_ip(AssignPublicIp::Disabled)
        .build()
        .map_err(incomplete)?;
    Ok(NetworkConfiguration::builder()
        .awsvpc_configuration(network)
        .build())
}

/// Whether tasks are spread over the zones again; none to leave it as it is.
pub(super) fn rebalancing(spec: &Spec) -> Option<AvailabilityZoneRebalancing> {
    spec.zone_rebalancing.map(|on| match on {
        true => AvailabilityZoneRebalancing::Enabled,
        false => AvailabilityZoneRebalancing::Disabled,
    })
}

pub(super) fn load_balancer(spec: &Spec) -> LoadBalancer {
    LoadBalancer::builder()
        .target_group_arn(spec.target_group_arn.text())
        .container_name(CONTAINER)
        .set_container_port(spec.container_port.known().copied())
        .build()
}

pub(super) fn deployment(spec: &Spec) -> DeploymentConfiguration {
    DeploymentConfiguration::builder()
        .minimum_healthy_percent(spec.minimum_healthy_percent)
        .maximum_percent(spec.maximum_percent)
        .deployment_circuit_breaker(
            DeploymentCircuitBreaker::builder()
                .enable(spec.circuit_breaker)
                .rollback(spec.circuit_breaker)
                .build(),
        )
        .build()
}
