//! What is wanted of a service, and what there is.

use crate::names::{CONTAINER, last};
use aws_sdk_ecs::types::{AssignPublicIp, CapacityProviderStrategyItem, Service as AwsService};
use rd_common::Input;
use serde::{Deserialize, Serialize};

/// What tasks run on, and in which part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// `FARGATE` or `FARGATE_SPOT`.
    pub provider: String,
    /// How many tasks at least.
    pub base: i32,
    /// Its part of the others.
    pub weight: i32,
}

/// What we want.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// Its name.
    pub name: String,
    /// The cluster's name.
    pub cluster: Input,
    /// The revision that it runs: its ARN.
    pub task_definition: Input,
    /// How many tasks it begins with.
    pub desired_count: i32,
    /// What they run on.
    pub capacity: Vec<Capacity>,
    /// Where they run.
    pub subnet_ids: Input<Vec<String>>,
    /// Who they may talk to.
    pub security_group_ids: Vec<Input>,
    /// The target group that they register with.
    pub target_group_arn: Input,
    /// The port that they are asked at.
    pub container_port: Input<i32>,
    /// The least that runs during a deployment, in per cent.
    pub minimum_healthy_percent: i32,
    /// The most that runs during a deployment, in per cent.
    pub maximum_percent: i32,
    /// Whether a deployment whose tasks do not start is rolled back.
    pub circuit_breaker: bool,
    /// For how long after its start a task's health checks do not count, in seconds.
    pub grace_seconds: i32,
    /// Whether a shell can be had in a task.
    pub exec: bool,
}

/// What there is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// Its name.
    pub name: String,
    /// The cluster's name.
    pub cluster: String,
    /// `ACTIVE` or `DRAINING`.
    pub status: String,
    /// The revision that it runs: its ARN.
    pub task_definition: String,
    /// How many tasks are wanted.
    pub desired_count: i32,
    /// How many run.
    pub running_count: i32,
    /// How many start.
    pub pending_count: i32,
    /// AWS's word for how the deployment goes.
    pub rollout: String,
    /// AWS's reason for that.
    pub rollout_reason: String,
    /// What happened last.
    pub last_event: Option<String>,
    /// What tasks run on.
    pub capacity: Vec<Capacity>,
    /// Where they run.
    pub subnet_ids: Vec<String>,
    /// Who they may talk to.
    pub security_group_ids: Vec<String>,
    /// Whether they have public addresses.
    pub assign_public_ip: bool,
    /// The target group that they register with.
    pub target_group_arn: Option<String>,
    /// The port that they are asked at.
    pub container_port: i32,
    /// The least that runs during a deployment, in per cent.
    pub minimum_healthy_percent: i32,
    /// The most that runs during a deployment, in per cent.
    pub maximum_percent: i32,
    /// Whether a deployment whose tasks do not start is ended.
    pub circuit_breaker: bool,
    /// And rolled back.
    pub rollback: bool,
    /// For how long after its start a task's health checks do not count, in seconds.
    pub grace_seconds: i32,
    /// Whether a shell can be had in a task.
    pub exec: bool,
    /// Whether AWS tags tasks with the cluster and the service.
    pub managed_tags: bool,
    /// Whose tags the tasks get.
    pub propagate_tags: String,
}

fn capacity(item: &CapacityProviderStrategyItem) -> Capacity {
    Capacity {
        provider: item.capacity_provider().to_owned(),
        base: item.base(),
        weight: item.weight(),
    }
}

/// A service in our words.
pub fn live(service: &AwsService) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let network = service
        .network_configuration()
        .and_then(|network| network.awsvpc_configuration());
    let balancer = service
        .load_balancers()
        .iter()
        .find(|one| one.container_name() == Some(CONTAINER));
    let deployment = service.deployment_configuration();
    let breaker = deployment.and_then(|one| one.deployment_circuit_breaker());
    let primary = service
        .deployments()
        .iter()
        .find(|one| one.status() == Some("PRIMARY"));
    let capacities = service.capacity_provider_strategy().iter().map(capacity);
    Live {
        name: text(service.service_name()),
        cluster: last(service.cluster_arn().unwrap_or_default()).to_owned(),
        status: text(service.status()),
        task_definition: text(service.task_definition()),
        desired_count: service.desired_count(),
        running_count: service.running_count(),
        pending_count: service.pending_count(),
        rollout: primary
            .and_then(|one| one.rollout_state())
            .map(|state| state.as_str().to_owned())
            .unwrap_or_default(),
        rollout_reason: text(primary.and_then(|one| one.rollout_state_reason())),
        last_event: service
            .events()
            .first()
            .and_then(|event| event.message())
            .map(str::to_owned),
        capacity: capacities.collect(),
        subnet_ids: network.map_or(Vec::new(), |network| network.subnets().to_vec()),
        security_group_ids: network
            .map_or(Vec::new(), |network| network.security_groups().to_vec()),
        assign_public_ip: network
            .is_some_and(|network| network.assign_public_ip() == Some(&AssignPublicIp::Enabled)),
        target_group_arn: balancer
            .and_then(|one| one.target_group_arn())
            .map(str::to_owned),
        container_port: balancer
            .and_then(aws_sdk_ecs::types::LoadBalancer::container_port)
            .unwrap_or(0),
        minimum_healthy_percent: deployment
            .and_then(aws_sdk_ecs::types::DeploymentConfiguration::minimum_healthy_percent)
            .unwrap_or(100),
        maximum_percent: deployment
            .and_then(aws_sdk_ecs::types::DeploymentConfiguration::maximum_percent)
            .unwrap_or(200),
        circuit_breaker: breaker.is_some_and(aws_sdk_ecs::types::DeploymentCircuitBreaker::enable),
        rollback: breaker.is_some_and(aws_sdk_ecs::types::DeploymentCircuitBreaker::rollback),
        grace_seconds: service.health_check_grace_period_seconds().unwrap_or(0),
        exec: service.enable_execute_command(),
        managed_tags: service.enable_ecs_managed_tags(),
        propagate_tags: service
            .propagate_tags()
            .map_or("NONE", |one| one.as_str())
            .to_owned(),
    }
}
