//! The kinds of the service.

use super::Part;
use crate::export::hcl::Expression;
use crate::export::resource::Resource;
use crate::export::stack::Source;
use serde_json::{Map, Value, json};

pub fn cluster(source: &Source<'_>) -> Part {
    let name = source.text("name");
    let mut cluster = source.resource("aws_ecs_cluster").import(name);
    cluster.set("name", name);
    cluster.block("setting", |setting| {
        setting.set("name", "containerInsights");
        let is_on = source.is("container_insights");
        setting.set("value", if is_on { "enabled" } else { "disabled" });
    });
    cluster.tags(&source.tags());
    let mut providers = source
        .resource("aws_ecs_cluster_capacity_providers")
        .import(name);
    providers.set(
        "cluster_name",
        source.reference("aws_ecs_cluster", "name", source.get("name")),
    );
    providers.set("capacity_providers", source.get("capacity_providers"));
    providers.block("default_capacity_provider_strategy", |strategy| {
        strategy.set("capacity_provider", source.get("default_capacity_provider"));
        strategy.set("weight", 1);
    });
    Part::Resources(vec![cluster, providers])
}

pub fn repository(source: &Source<'_>) -> Part {
    let name = source.text("name");
    let mut repository = source.resource("aws_ecr_repository").import(name);
    repository.set("name", name);
    let is_immutable = source.is("immutable_tags");
    repository.set(
        "image_tag_mutability",
        if is_immutable { "IMMUTABLE" } else { "MUTABLE" },
    );
    repository.block("image_scanning_configuration", |scan| {
        scan.set("scan_on_push", source.get("scan_on_push"));
    });
    if let Some(key) = source.get("kms_key").as_str() {
        repository.block("encryption_configuration", |encryption| {
            encryption.set("encryption_type", "KMS");
            encryption.set("kms_key", key);
        });
    }
    // The provider's own argument.
    repository.ignored.push("force_delete");
    repository.tags(&source.tags());
    let mut lifecycle = source.resource("aws_ecr_lifecycle_policy").import(name);
    lifecycle.set("repository", name);
    lifecycle.set("policy", Expression::Json(source.get("lifecycle").clone()));
    Part::Resources(vec![repository, lifecycle])
}

pub fn parameter(source: &Source<'_>) -> Resource {
    let mut parameter = source.resource("aws_ssm_parameter").import(source.id);
    parameter.set("name", source.get("name"));
    parameter.set("type", "String");
    parameter.set("value", source.get("value"));
    // The provider's own argument.
    parameter.ignored.push("overwrite");
    parameter.tags(&source.tags());
    parameter
}

/// The container as ECS describes it. A definition cannot be changed, so that whatever is missing or too much here would
/// be a new one.
fn container(source: &Source<'_>) -> Value {
    let list = |key: &str| source.get(key).as_array().cloned().unwrap_or_default();
    let pairs = |key: &str, member: &str| -> Vec<Value> {
        let all = source.get(key).as_object().into_iter().flatten();
        all.map(|(name, of)| json!({"name": name, member: of}))
            .collect()
    };
    let log = source.get("log");
    let options = [
        ("awslogs-group", "group"),
        ("awslogs-region", "region"),
        ("awslogs-stream-prefix", "prefix"),
        ("mode", "mode"),
        ("max-buffer-size", "buffer"),
    ];
    let options = options.into_iter().filter(|(_, key)| log[*key].is_string());
    let options: Map<String, Value> = options
        .map(|(name, key)| (name.to_owned(), log[key].clone()))
        .collect();
    let port = source.get("port");
    let mut container = json!({
        "name": "api",
        "image": source.get("image"),
        "essential": true,
        "portMappings": [{"containerPort": port, "hostPort": port, "protocol": "tcp"}],
        "environment": pairs("environment", "value"),
        "secrets": pairs("secrets", "valueFrom"),
        "logConfiguration": {"logDriver": "awslogs", "options": options},
        "stopTimeout": source.get("stop_timeout"),
        "readonlyRootFilesystem": source.is("read_only"),
        "linuxParameters": {"initProcessEnabled": source.is("init")},
    });
    for (key, member) in [("command", "command"), ("entry_point", "entryPoint")] {
        if !list(key).is_empty() {
            container[member] = Value::from(list(key));
        }
    }
    let check = source.get("health_check");
    if !check.is_null() {
        container["healthCheck"] = json!({
            "command": check["command"],
            "interval": check["interval"],
            "timeout": check["timeout"],
            "retries": check["retries"],
            "startPeriod": check["start_period"],
        });
    }
    container
}

pub fn task_definition(source: &Source<'_>) -> Resource {
    let role = |key| source.reference("aws_iam_role", "arn", source.get(key));
    let mut definition = source
        .resource("aws_ecs_task_definition")
        .import(source.text("arn"));
    definition.set("family", source.get("family"));
    definition.set("requires_compatibilities", json!(["FARGATE"]));
    definition.set("network_mode", "awsvpc");
    definition.set("cpu", source.get("cpu"));
    definition.set("memory", source.get("memory"));
    definition.set("execution_role_arn", role("execution_role_arn"));
    definition.set("task_role_arn", role("task_role_arn"));
    definition.block("runtime_platform", |platform| {
        platform.set("cpu_architecture", source.get("architecture"));
        platform.set("operating_system_family", "LINUX");
    });
    definition.set(
        "container_definitions",
        Expression::Json(json!([container(source)])),
    );
    // The provider's own arguments.
    definition.ignored.extend(["skip_destroy", "track_latest"]);
    definition.tags(&source.tags());
    definition
}

pub fn service(source: &Source<'_>) -> Resource {
    let id = format!("{}/{}", source.text("cluster"), source.text("name"));
    let mut service = source.resource("aws_ecs_service").import(id);
    service.set("name", source.get("name"));
    let cluster = source
        .of_kind("cluster")
        .find(|one| one.attributes.get("name") == Some(source.get("cluster")))
        .and_then(|one| one.attributes.get("arn"));
    let cluster = cluster.unwrap_or(source.get("cluster"));
    service.set(
        "cluster",
        source.reference("aws_ecs_cluster", "arn", cluster),
    );
    let definition = source.get("task_definition");
    service.set(
        "task_definition",
        source.reference("aws_ecs_task_definition", "arn", definition),
    );
    service.set("desired_count", source.get("desired_count"));
    for one in source.get("capacity").as_array().into_iter().flatten() {
        service.block("capacity_provider_strategy", |strategy| {
            strategy.set("capacity_provider", &one["provider"]);
            strategy.set("base", &one["base"]);
            strategy.set("weight", &one["weight"]);
        });
    }
    service.set(
        "deployment_minimum_healthy_percent",
        source.get("minimum_healthy_percent"),
    );
    service.set("deployment_maximum_percent", source.get("maximum_percent"));
    service.set(
        "health_check_grace_period_seconds",
        source.get("grace_seconds"),
    );
    service.set("enable_execute_command", source.get("exec"));
    service.set("enable_ecs_managed_tags", source.get("managed_tags"));
    service.set("propagate_tags", source.get("propagate_tags"));
    service.block("deployment_circuit_breaker", |breaker| {
        breaker.set("enable", source.get("circuit_breaker"));
        breaker.set("rollback", source.get("rollback"));
    });
    service.block("network_configuration", |network| {
        let subnets = source.references("aws_subnet", "id", source.spec("subnet_ids"));
        network.set("subnets", subnets);
        let groups = source.get("security_group_ids");
        let groups = source.references("aws_security_group", "id", groups);
        network.set("security_groups", groups);
        network.set("assign_public_ip", source.get("assign_public_ip"));
    });
    service.block("load_balancer", |balancer| {
        let group = source.get("target_group_arn");
        let group = source.reference("aws_lb_target_group", "arn", group);
        balancer.set("target_group_arn", group);
        balancer.set("container_name", "api");
        balancer.set("container_port", source.get("container_port"));
    });
    // AWS's default for a service, for states that say nothing: the provider's own default is "DISABLED".
    // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
    let rebalancing = source.get("zone_rebalancing").as_bool().unwrap_or(true);
    let rebalancing = if rebalancing { "ENABLED" } else { "DISABLED" };
    service.set("availability_zone_rebalancing", rebalancing);
    // Autoscaling sets the number of tasks, and a deployment the revision; the last one is the provider's own argument.
    service
        .ignored
        .extend(["desired_count", "task_definition", "wait_for_steady_state"]);
    service.tags(&source.tags());
    service
}

/// The namespace and the dimension of what is scaled: the number of tasks of a service.
const SCALED: (&str, &str) = ("ecs", "ecs:service:DesiredCount");

fn set_scaled(resource: &mut Resource, resource_id: Expression) {
    resource.set("service_namespace", SCALED.0);
    resource.set("resource_id", resource_id);
    resource.set("scalable_dimension", SCALED.1);
}

pub fn scalable_target(source: &Source<'_>) -> Resource {
    let id = format!("{}/{}/{}", SCALED.0, source.id, SCALED.1);
    let mut target = source.resource("aws_appautoscaling_target").import(id);
    set_scaled(&mut target, Expression::from(source.id));
    target.set("min_capacity", source.get("min"));
    target.set("max_capacity", source.get("max"));
    target.tags(&source.tags());
    // Schedules change the limits.
    if source.spec("scheduled").as_bool() == Some(true) {
        target.ignored.extend(["min_capacity", "max_capacity"]);
    }
    target
}

pub fn scaling_policy(source: &Source<'_>) -> Resource {
    let (target, name) = (source.text("resource_id"), source.text("name"));
    let id = format!("{}/{target}/{}/{name}", SCALED.0, SCALED.1);
    let mut policy = source.resource("aws_appautoscaling_policy").import(id);
    policy.set("name", name);
    policy.set("policy_type", "TargetTrackingScaling");
    let target = source.get("resource_id");
    set_scaled(
        &mut policy,
        source.reference("aws_appautoscaling_target", "resource_id", target),
    );
    policy.block("target_tracking_scaling_policy_configuration", |tracking| {
        tracking.set("target_value", source.get("target"));
        tracking.set("scale_in_cooldown", source.get("scale_in_cooldown"));
        tracking.set("scale_out_cooldown", source.get("scale_out_cooldown"));
        tracking.block("predefined_metric_specification", |metric| {
            metric.set("predefined_metric_type", source.get("metric"));
        });
    });
    policy
}

pub fn scheduled_action() -> Part {
    Part::Left(
        "the provider has no import of scheduled actions: it stays as it is, and Terraform can only make another one",
    )
}
