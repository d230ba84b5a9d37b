//! A service with the attributes of Terraform. Pure.

use aws_sdk_ecs::types::{
    AssignPublicIp, AwsVpcConfiguration, DeploymentConfiguration, LaunchType, SchedulingStrategy,
    Service,
};
use serde_json::{Value, json};

/// The subnets of the service's tasks; none where it has another network mode than awsvpc.
pub fn subnets(service: &Service) -> impl Iterator<Item = &str> {
    let network = service.network_configuration();
    let network = network.and_then(|one| one.awsvpc_configuration());
    let subnets = network
        .map(AwsVpcConfiguration::subnets)
        .unwrap_or_default();
    subnets.iter().map(String::as_str)
}

/// The target groups with which the service registers its tasks.
pub fn target_groups(service: &Service) -> impl Iterator<Item = &str> {
    let all = service.load_balancers().iter();
    all.filter_map(|one| one.target_group_arn())
}

/// The attributes of the service.
pub fn values(service: &Service) -> Value {
    let network = service.network_configuration();
    let network = network.and_then(|one| one.awsvpc_configuration());
    let network = network.iter().map(|one| {
        let public = one.assign_public_ip() == Some(&AssignPublicIp::Enabled);
        json!({"subnets": one.subnets(), "security_groups": one.security_groups(), "assign_public_ip": public})
    });
    let balancers = service.load_balancers().iter().map(|one| {
        json!({"target_group_arn": one.target_group_arn(), "container_name": one.container_name(),
               "container_port": one.container_port()})
    });
    let controller = service.deployment_controller().into_iter();
    let controller = controller.map(|one| json!({"type": one.r#type().as_str()}));
    let rules = service.deployment_configuration();
    let breaker = rules.and_then(|rules| rules.deployment_circuit_breaker());
    let breaker = breaker.iter();
    let breaker = breaker.map(|one| json!({"enable": one.enable(), "rollback": one.rollback()}));
    json!({
        "arn": service.service_arn(),
        "name": service.service_name(),
        "cluster": service.cluster_arn(),
        "task_definition": service.task_definition(),
        "desired_count": service.desired_count(),
        "launch_type": service.launch_type().map(LaunchType::as_str),
        "scheduling_strategy": service.scheduling_strategy().map(SchedulingStrategy::as_str),
        "deployment_controller": controller.collect::<Vec<_>>(),
        "deployment_minimum_healthy_percent": rules.and_then(DeploymentConfiguration::minimum_healthy_percent),
        "deployment_maximum_percent": rules.and_then(DeploymentConfiguration::maximum_percent),
        "deployment_circuit_breaker": breaker.collect::<Vec<_>>(),
        "health_check_grace_period_seconds": service.health_check_grace_period_seconds(),
        "enable_execute_command": service.enable_execute_command(),
        "network_configuration": network.collect::<Vec<_>>(),
        "load_balancer": balancers.collect::<Vec<_>>(),
    })
}
