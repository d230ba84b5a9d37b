//! The parts of a service in the SDK's types, for both create and update.

use super::model::{Spec, balancer};
use crate::clients::Clients;
use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration, CapacityProviderStrategyItem,
    DeploymentCircuitBreaker, DeploymentConfiguration, LoadBalancer, NetworkConfiguration, Service,
};
use rd_common::{Ctx, Error, Result};

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

/// Where the tasks run. A new service has no public addresses; an existing one (`now`) keeps what it has, unless `private`.
pub(super) fn network(
    spec: &Spec,
    now: Option<&Service>,
    private: bool,
) -> Result<NetworkConfiguration> {
    let groups = spec.security_group_ids.iter();
    let has = now
        .and_then(|now| now.network_configuration())
        .and_then(|network| network.awsvpc_configuration()?.assign_public_ip().cloned());
    let network = AwsVpcConfiguration::builder()
        .set_subnets(spec.subnet_ids.known().cloned())
        .set_security_groups(Some(groups.map(|one| one.text().to_owned()).collect()))
        .assign_public_ip(has.filter(|_| !private).unwrap_or(AssignPublicIp::Disabled))
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

/// The target group of the application's container. Further ones of an existing service (`now`) stay.
pub(super) fn load_balancers(
    ctx: &Ctx<Clients>,
    spec: &Spec,
    now: Option<&Service>,
) -> Vec<LoadBalancer> {
    let names = &ctx.clients.names;
    let ours = LoadBalancer::builder()
        .target_group_arn(spec.target_group_arn.text())
        .container_name(&names.container)
        .set_container_port(spec.container_port.known().copied())
        .build();
    let replaced = now.and_then(|now| balancer(now, names));
    let all = now.map_or(&[][..], Service::load_balancers).iter();
    let others = all.filter(|one| Some(*one) != replaced);
    std::iter::once(ours).chain(others.cloned()).collect()
}

/// How deployments go. What rd has no word for, such as alarms, stays in an existing service (`now`); so does a circuit
/// breaker that does not roll back, unless `breaker` changes.
pub(super) fn deployment(
    spec: &Spec,
    now: Option<&Service>,
    breaker: bool,
) -> DeploymentConfiguration {
    let now = now.and_then(|now| now.deployment_configuration()).cloned();
    let is_new = now.is_none();
    let mut next = now.unwrap_or_else(|| DeploymentConfiguration::builder().build());
    next.minimum_healthy_percent = Some(spec.minimum_healthy_percent);
    next.maximum_percent = Some(spec.maximum_percent);
    if is_new || breaker {
        next.deployment_circuit_breaker = Some(
            DeploymentCircuitBreaker::builder()
                .enable(spec.circuit_breaker)
                .rollback(spec.circuit_breaker)
                .build(),
        );
    }
    next
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::service::model::Capacity;
    use aws_sdk_ecs::types::DeploymentAlarms;
    use rd_common::Input;

    fn spec() -> Spec {
        Spec {
            name: "api".to_owned(),
            cluster: "web".into(),
            task_definition: "arn:td".into(),
            desired_count: 1,
            capacity: vec![Capacity {
                provider: "FARGATE".to_owned(),
                base: 0,
                weight: 1,
            }],
            subnet_ids: Input::Known(vec!["subnet-1".to_owned()]),
            security_group_ids: vec!["sg-1".into()],
            target_group_arn: "arn:group".into(),
            container_port: Input::Known(80),
            minimum_healthy_percent: 50,
            maximum_percent: 150,
            circuit_breaker: true,
            grace_seconds: 0,
            exec: false,
            zone_rebalancing: None,
        }
    }

    #[test]
    fn what_rd_does_not_manage_stays_in_the_blocks_of_a_service() {
        let awsvpc = AwsVpcConfiguration::builder()
            .subnets("subnet-9")
            .assign_public_ip(AssignPublicIp::Enabled)
            .build()
            .unwrap();
        let alarms = DeploymentAlarms::builder().alarm_names("errors");
        let alarms = alarms.enable(true).rollback(true).build().unwrap();
        let now = Service::builder()
            .network_configuration(
                NetworkConfiguration::builder()
                    .awsvpc_configuration(awsvpc)
                    .build(),
            )
            .deployment_configuration(DeploymentConfiguration::builder().alarms(alarms).build())
            .build();
        let public = |now, private| {
            let network = network(&spec(), now, private).unwrap();
            let awsvpc = network.awsvpc_configuration.unwrap();
            awsvpc.assign_public_ip.unwrap()
        };
        assert_eq!(public(Some(&now), false), AssignPublicIp::Enabled);
        assert_eq!(public(Some(&now), true), AssignPublicIp::Disabled);
        assert_eq!(public(None, true), AssignPublicIp::Disabled);
        let next = deployment(&spec(), Some(&now), false);
        assert_eq!(next.maximum_percent, Some(150));
        assert!(next.alarms.is_some() && next.deployment_circuit_breaker.is_none());
        let new = deployment(&spec(), None, true);
        assert!(new.alarms.is_none() && new.deployment_circuit_breaker.unwrap().rollback);
    }
}
