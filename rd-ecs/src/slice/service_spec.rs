//! The service's settings: capacity, network, load balancer and number of tasks.

use super::discover::Discovered;
use crate::config::{Bootstrap, Config};
use crate::kinds::service::model::{Capacity, Spec as ServiceSpec};
use crate::kinds::task_definition::TaskDefinition;
use crate::names::Names;
use rd_common::outputs::{edge, net};
use rd_common::{Part, Stack};

/// The settings of the ECS service, with references to its cluster and task definition.
pub fn service_spec(
    stack: &Stack,
    names: &Names,
    config: &Config,
    discovered: &Discovered,
    cluster: &Part,
    definition: &Part,
) -> ServiceSpec {
    let spot = config.capacity(stack) == "FARGATE_SPOT";
    let provider = |provider: &str, base: i32, weight: i32| Capacity {
        provider: provider.to_owned(),
        base,
        weight,
    };
    let no_tasks = discovered.image.is_none() && config.bootstrap == Bootstrap::None;
    ServiceSpec {
        name: names.service.clone(),
        cluster: cluster.id(),
        task_definition: definition.attribute(TaskDefinition::ARN),
        desired_count: if no_tasks { 0 } else { config.desired(stack) },
        capacity: match spot {
            // The first task runs on demand, so that one survives when AWS reclaims Spot capacity.
            true => vec![provider("FARGATE", 1, 0), provider("FARGATE_SPOT", 0, 1)],
            false => vec![provider("FARGATE", 0, 1)],
        },
        subnet_ids: net::PRIVATE_SUBNET_IDS.input(),
        security_group_ids: vec![net::API_SECURITY_GROUP_ID.input()],
        target_group_arn: edge::TARGET_GROUP_ARN.input(),
        container_port: net::APP_PORT.input(),
        minimum_healthy_percent: config.minimum_healthy_percent,
        maximum_percent: config.maximum_percent,
        circuit_breaker: config.circuit_breaker,
        grace_seconds: config.grace_seconds,
        exec: config.exec,
        // Without room above the desired number, ECS cannot start a task in another zone before it stops one.
        zone_rebalancing: config
            .zone_rebalancing
            .map(|on| on && config.maximum_percent > 100),
    }
}
