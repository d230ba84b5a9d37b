//! The settings of a service, and the service as AWS describes it, with the same fields.

use super::deployments;
use crate::names::{Names, last};
use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, CapacityProviderStrategyItem, LoadBalancer,
    Service as AwsService,
};
use rd_common::Input;
use serde::{Deserialize, Serialize};

/// One part of the capacity provider strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// The capacity provider: `FARGATE` or `FARGATE_SPOT`.
    pub provider: String,
    /// The number of tasks that it gets first.
    pub base: i32,
    /// Its share of all further tasks, relative to the other weights.
    pub weight: i32,
}

/// The settings of the service.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Spec {
    /// The name of the service.
    pub name: String,
    /// The name of the cluster.
    pub cluster: Input,
    /// The ARN of the revision that it runs.
    pub task_definition: Input,
    /// The desired number of tasks when it is created, or when the setting changes.
    pub desired_count: i32,
    /// The capacity provider strategy of new tasks.
    pub capacity: Vec<Capacity>,
    /// The subnets of the tasks.
    pub subnet_ids: Input<Vec<String>>,
    /// The security groups of the tasks.
    pub security_group_ids: Vec<Input>,
    /// The ARN of the target group that tasks register with.
    pub target_group_arn: Input,
    /// The port at which the load balancer reaches the container.
    pub container_port: Input<i32>,
    /// The lower limit of running tasks during a deployment, in percent of the desired number.
    pub minimum_healthy_percent: i32,
    /// The upper limit of running tasks during a deployment, in percent of the desired number.
    pub maximum_percent: i32,
    /// Whether AWS rolls back a deployment whose tasks do not start.
    pub circuit_breaker: bool,
    /// The time after a task's start during which failed health checks do not count, in seconds.
    pub grace_seconds: i32,
    /// Whether ECS Exec is enabled for new tasks.
    pub exec: bool,
    /// Whether ECS moves tasks between zones until these are balanced; none to leave it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_rebalancing: Option<bool>,
}

/// The service as ECS describes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Live {
    /// The name of the service.
    pub name: String,
    /// The name of the cluster.
    pub cluster: String,
    /// AWS's status: `ACTIVE` or `DRAINING`.
    pub status: String,
    /// The ARN of the revision that it runs.
    pub task_definition: String,
    /// The desired number of tasks.
    pub desired_count: i32,
    /// The number of running tasks.
    pub running_count: i32,
    /// The number of tasks that are starting.
    pub pending_count: i32,
    /// AWS's state of the newest deployment, such as `IN_PROGRESS`.
    pub rollout: String,
    /// AWS's reason for the state.
    pub rollout_reason: String,
    /// The message of the newest event.
    pub last_event: Option<String>,
    /// The capacity provider strategy of new tasks.
    pub capacity: Vec<Capacity>,
    /// The subnets of the tasks.
    pub subnet_ids: Vec<String>,
    /// The security groups of the tasks.
    pub security_group_ids: Vec<String>,
    /// Whether tasks get public IP addresses.
    pub assign_public_ip: bool,
    /// The ARN of the target group that tasks register with.
    pub target_group_arn: Option<String>,
    /// The port at which the load balancer reaches the container.
    pub container_port: i32,
    /// The lower limit of running tasks during a deployment, in percent of the desired number.
    pub minimum_healthy_percent: i32,
    /// The upper limit of running tasks during a deployment, in percent of the desired number.
    pub maximum_percent: i32,
    /// Whether AWS stops a deployment whose tasks do not start.
    pub circuit_breaker: bool,
    /// Whether AWS also rolls it back.
    pub rollback: bool,
    /// The time after a task's start during which failed health checks do not count, in seconds.
    pub grace_seconds: i32,
    /// Whether ECS Exec is enabled for new tasks.
    pub exec: bool,
    /// Whether AWS tags tasks with the names of cluster and service.
    pub managed_tags: bool,
    /// The source of the tasks' tags: `SERVICE`, `TASK_DEFINITION` or `NONE`.
    pub propagate_tags: String,
    /// Whether ECS moves tasks between zones until these are balanced.
    #[serde(default)]
    pub zone_rebalancing: bool,
    /// What the service has beyond what rd manages, such as further target groups, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

fn capacity(item: &CapacityProviderStrategyItem) -> Capacity {
    Capacity {
        provider: item.capacity_provider().to_owned(),
        base: item.base(),
        weight: item.weight(),
    }
}

/// The first target group of the application's container.
pub fn balancer<'a>(service: &'a AwsService, names: &Names) -> Option<&'a LoadBalancer> {
    let mut all = service.load_balancers().iter();
    all.find(|one| one.container_name() == Some(names.container.as_str()))
}

/// What the service has beyond what rd manages, in words.
fn others(service: &AwsService, names: &Names) -> Vec<String> {
    let ours = balancer(service, names);
    let groups = service.load_balancers().iter();
    let groups = groups.filter(|one| Some(*one) != ours);
    let groups = groups.map(|one| {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        format!(
            "the target group {} of the container {}",
            text(one.target_group_arn()),
            text(one.container_name())
        )
    });
    let registries = service.service_registries().iter();
    let registries = registries.filter_map(|one| one.registry_arn());
    let registries = registries.map(|arn| format!("the service discovery {arn}"));
    let alarms = service
        .deployment_configuration()
        .and_then(|one| one.alarms())
        .filter(|alarms| alarms.enable());
    let alarms = alarms.map(|alarms| {
        let names = alarms.alarm_names().join(", ");
        format!("the alarms of deployments {names}")
    });
    groups.chain(registries).chain(alarms).collect()
}

/// Converts a service of the SDK, whose application has the container of that name.
pub fn live(service: &AwsService, names: &Names) -> Live {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let network = service
        .network_configuration()
        .and_then(|network| network.awsvpc_configuration());
    let balancer = balancer(service, names);
    let deployment = service.deployment_configuration();
    let breaker = deployment.and_then(|one| one.deployment_circuit_breaker());
    let primary = deployments::primary(service);
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
        // Absent in services that are older than it, for which it is disabled.
        zone_rebalancing: service.availability_zone_rebalancing()
            == Some(&AvailabilityZoneRebalancing::Enabled),
        others: others(service, names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::CONTAINER;
    use rd_testkit::canned::{answering, sdk_config};
    use serde_json::{Value, json};

    async fn read(service: &Value) -> Live {
        let body = json!({"services": [service], "failures": []}).to_string();
        let client = aws_sdk_ecs::Client::new(&sdk_config(answering(&body)));
        let call = client.describe_services().services("api");
        live(&call.send().await.unwrap().services()[0], &Names::test())
    }

    fn recorded() -> Value {
        let network = json!({"awsvpcConfiguration": {
            "subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED",
        }});
        let strategy = json!([{"capacityProvider": "FARGATE", "weight": 100, "base": 0}]);
        json!({
            "serviceArn": "arn:aws:ecs:us-east-2:123456789012:service/shop-test-cluster/shop-test-api",
            "serviceName": "shop-test-api",
            "clusterArn": "arn:aws:ecs:us-east-2:123456789012:cluster/shop-test-cluster",
            "loadBalancers": [{"targetGroupArn": "arn:group", "containerName": CONTAINER, "containerPort": 5000}],
            "serviceRegistries": [], "status": "ACTIVE", "desiredCount": 2, "runningCount": 1, "pendingCount": 1,
            "capacityProviderStrategy": strategy, "platformVersion": "LATEST", "platformFamily": "Linux",
            "taskDefinition": "arn:aws:ecs:us-east-2:123456789012:task-definition/shop-test-api:75",
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": true, "rollback": false},
                "maximumPercent": 150, "minimumHealthyPercent": 50,
            },
            "deployments": [
                {"id": "ecs-svc/1", "status": "ACTIVE", "rolloutState": "COMPLETED", "rolloutStateReason": "completed."},
                {"id": "ecs-svc/2", "status": "PRIMARY", "rolloutState": "IN_PROGRESS", "rolloutStateReason": "in progress.",
                 "capacityProviderStrategy": strategy, "networkConfiguration": network, "failedTasks": 0},
            ],
            "roleArn": "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "events": [{"id": "e", "createdAt": 1_710_273_019.885, "message": "(service shop-test-api) has started 1 tasks."}],
            "createdAt": 1_653_403_490.746, "placementConstraints": [], "placementStrategy": [],
            "networkConfiguration": network, "healthCheckGracePeriodSeconds": 60, "schedulingStrategy": "REPLICA",
            "deploymentController": {"type": "ECS"}, "createdBy": "arn:aws:iam::123456789012:role/deployer",
            "enableECSManagedTags": true, "propagateTags": "SERVICE", "enableExecuteCommand": true,
        })
    }

    #[tokio::test]
    async fn services_as_aws_describes_them() {
        let mut service = recorded();
        let whole = read(&service).await;
        assert_eq!(
            (whole.name.as_str(), whole.cluster.as_str()),
            ("shop-test-api", "shop-test-cluster")
        );
        assert_eq!(
            (
                whole.desired_count,
                whole.running_count,
                whole.pending_count
            ),
            (2, 1, 1)
        );
        // That of the primary deployment, wherever it stands.
        assert_eq!(
            (whole.rollout.as_str(), whole.rollout_reason.as_str()),
            ("IN_PROGRESS", "in progress.")
        );
        let capacity = Capacity {
            provider: "FARGATE".to_owned(),
            base: 0,
            weight: 100,
        };
        assert_eq!(whole.capacity, [capacity]);
        assert_eq!(whole.subnet_ids, ["subnet-1", "subnet-2"]);
        assert!(!whole.assign_public_ip && whole.exec && whole.managed_tags);
        assert_eq!(
            (whole.target_group_arn.as_deref(), whole.container_port),
            (Some("arn:group"), 5000)
        );
        assert_eq!(
            (whole.minimum_healthy_percent, whole.maximum_percent),
            (50, 150)
        );
        assert_eq!(
            (whole.circuit_breaker, whole.rollback, whole.grace_seconds),
            (true, false, 60)
        );
        assert!(whole.last_event.unwrap().contains("has started"));

        assert_eq!(whole.others, [""; 0]);
        service["loadBalancers"].as_array_mut().unwrap().push(
            json!({"targetGroupArn": "arn:inner", "containerName": "envoy", "containerPort": 9901}),
        );
        service["serviceRegistries"] = json!([{"registryArn": "arn:registry"}]);
        service["deploymentConfiguration"]["alarms"] =
            json!({"alarmNames": ["errors"], "enable": true, "rollback": true});
        assert_eq!(
            read(&service).await.others,
            [
                "the target group arn:inner of the container envoy",
                "the service discovery arn:registry",
                "the alarms of deployments errors",
            ]
        );

        // As before the circuit breaker, and one of which AWS has filled in the rest.
        let members = service.as_object_mut().unwrap();
        members.retain(|name, _| {
            ![
                "propagateTags",
                "healthCheckGracePeriodSeconds",
                "deployments",
                "events",
            ]
            .contains(&name.as_str())
        });
        service["deploymentConfiguration"] = json!({});
        service["loadBalancers"] = json!([]);
        let bare = read(&service).await;
        assert_eq!(
            (bare.minimum_healthy_percent, bare.maximum_percent),
            (100, 200)
        );
        assert!(
            !bare.circuit_breaker && bare.target_group_arn.is_none() && bare.last_event.is_none()
        );
        assert_eq!(
            (bare.propagate_tags.as_str(), bare.rollout.as_str()),
            ("NONE", "")
        );
    }
}
