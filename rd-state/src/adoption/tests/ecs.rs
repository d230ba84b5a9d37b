use super::*;
use crate::terraform::tests::resource;

const ACCOUNT: &str = "123456789012";

fn arn(service: &str, rest: &str) -> String {
    let region = if service == "iam" { "" } else { "us-east-1" };
    format!("arn:aws:{service}:{region}:{ACCOUNT}:{rest}")
}

fn role(path: &str, name: &str) -> Value {
    json!({"id": name, "name": name, "arn": arn("iam", &format!("role{path}{name}"))})
}

fn service() -> Value {
    let id = arn("ecs", "service/web/api");
    json!({
        "id": id, "name": "api", "cluster": arn("ecs", "cluster/web"), "launch_type": "FARGATE", "scheduling_strategy": "REPLICA",
        "task_definition": arn("ecs", "task-definition/web-api:7"), "desired_count": 3, "enable_execute_command": false,
        "deployment_controller": [{"type": "ECS"}], "deployment_minimum_healthy_percent": 50, "deployment_maximum_percent": 200,
        "deployment_circuit_breaker": [{"enable": true, "rollback": false}], "health_check_grace_period_seconds": 0,
        "load_balancer": [{"target_group_arn": "arn:x", "container_name": "app", "container_port": 8080}],
    })
}

fn definition() -> Value {
    let containers = json!([
        {"name": "envoy", "image": "envoy:1", "essential": true},
        {"name": "app", "image": format!("{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/team/app:v3"), "essential": true,
         "environment": [{"name": "PORT", "value": "8080"}, {"name": "TOKEN", "value": "planted-1"}],
         "secrets": [{"name": "DATABASE_URL", "valueFrom": "arn:secret"}],
         "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "web-api"}}},
    ]);
    json!({
        "id": "web-api", "family": "web-api", "arn": arn("ecs", "task-definition/web-api:7"), "cpu": "512", "memory": "1024",
        "network_mode": "awsvpc", "container_definitions": containers.to_string(), "runtime_platform": [],
        "execution_role_arn": arn("iam", "role/ops/web-execution"), "task_role_arn": arn("iam", "role/web-task"),
    })
}

fn repository(name: &str, mutability: &str) -> Value {
    json!({
        "id": name, "name": name, "repository_url": format!("{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{name}"),
        "image_tag_mutability": mutability, "image_scanning_configuration": [{"scan_on_push": false}],
        "encryption_configuration": [{"encryption_type": "AES256", "kms_key": ""}],
    })
}

fn tracking(name: &str, metric: &str, target: f64) -> Value {
    json!({
        "id": name, "name": name, "resource_id": "service/web/api", "policy_type": "TargetTrackingScaling",
        "target_tracking_scaling_policy_configuration": [{
            "target_value": target, "scale_in_cooldown": null, "scale_out_cooldown": null,
            "predefined_metric_specification": [{"predefined_metric_type": metric}],
        }],
    })
}

/// A configuration of one's own, with a second service and its task definition.
pub(super) fn own_ecs() -> Vec<Value> {
    let mut worker = service();
    worker["id"] = json!(arn("ecs", "service/web/worker"));
    worker["name"] = json!("worker");
    worker["load_balancer"] = json!([]);
    vec![
        one(
            "aws_ecs_cluster",
            "main",
            json!({
            "id": arn("ecs", "cluster/web"), "name": "web", "setting": [{"name": "containerInsights", "value": "enabled"}]}),
        ),
        one(
            "aws_ecs_cluster_capacity_providers",
            "main",
            json!({"id": "web", "cluster_name": "web"}),
        ),
        resource(
            "",
            "aws_ecs_service",
            "all",
            &[(json!("api"), service()), (json!("worker"), worker)],
        ),
        one("aws_ecs_task_definition", "api", definition()),
        one(
            "aws_ecs_task_definition",
            "migrate",
            json!({"id": "migrate", "family": "migrate", "network_mode": "awsvpc"}),
        ),
        resource(
            "",
            "aws_ecr_repository",
            "all",
            &[
                (json!("app"), repository("team/app", "IMMUTABLE")),
                (json!("base"), repository("team/base", "MUTABLE")),
            ],
        ),
        one(
            "aws_ecr_lifecycle_policy",
            "app",
            json!({"id": "team/app", "repository": "team/app"}),
        ),
        one("aws_iam_role", "execution", role("/ops/", "web-execution")),
        one("aws_iam_role", "task", role("/", "web-task")),
        one("aws_iam_role", "ci", role("/", "ci")),
        one(
            "aws_iam_role_policy_attachment",
            "execution",
            json!({"id": "x", "role": "web-execution"}),
        ),
        one(
            "aws_iam_role_policy",
            "queue",
            json!({"id": "web-task:queue", "name": "queue", "role": "web-task"}),
        ),
        one(
            "aws_iam_role_policy",
            "work",
            json!({"id": "web-task:work", "name": "work", "role": "web-task"}),
        ),
        one(
            "aws_cloudwatch_log_group",
            "api",
            json!({"id": "web-api", "name": "web-api", "retention_in_days": 14}),
        ),
        one(
            "aws_appautoscaling_target",
            "api",
            json!({
            "id": "service/web/api", "resource_id": "service/web/api", "min_capacity": 3, "max_capacity": 9}),
        ),
        one(
            "aws_appautoscaling_policy",
            "cpu",
            tracking("by-cpu", "ECSServiceAverageCPUUtilization", 55.5),
        ),
        one(
            "aws_appautoscaling_policy",
            "requests",
            tracking("by-requests", "ALBRequestCountPerTarget", 100.0),
        ),
        one(
            "aws_appautoscaling_scheduled_action",
            "night",
            json!({
            "id": "night", "name": "At Night", "resource_id": "service/web/api", "schedule": "cron(0 20 * * ? *)",
            "timezone": "", "scalable_target_action": [{"min_capacity": "0", "max_capacity": "1"}]}),
        ),
    ]
}

#[test]
fn everything_follows_from_the_service() {
    let mapping = map_with(&own_ecs(), &[]);
    assert_eq!(
        (&mapping.questions[..], &mapping.misfits[..]),
        (&[][..], &[][..])
    );
    assert_eq!(
        table(&mapping),
        [
            "aws_appautoscaling_policy.cpu -> ecs.scaling_policy.cpu (service/web/api:by-cpu)",
            "aws_appautoscaling_scheduled_action.night -> ecs.scheduled_action.at-night (service/web/api:At Night)",
            "aws_appautoscaling_target.api -> ecs.scalable_target.api (service/web/api)",
            "aws_cloudwatch_log_group.api -> ecs.log_group.api (web-api)",
            "aws_ecr_lifecycle_policy.app -> ecs.repository.api ()",
            "aws_ecr_repository.all[\"app\"] -> ecs.repository.api (team/app)",
            "aws_ecs_cluster.main -> ecs.cluster.main (web)",
            "aws_ecs_cluster_capacity_providers.main -> ecs.cluster.main ()",
            "aws_ecs_service.all[\"api\"] -> ecs.service.api (arn:aws:ecs:us-east-1:123456789012:service/web/api)",
            "aws_ecs_task_definition.api -> ecs.task_definition.api (web-api)",
            "aws_iam_role.execution -> ecs.role.execution (web-execution)",
            "aws_iam_role.task -> ecs.role.task (web-task)",
            "aws_iam_role_policy.queue -> ecs.role.task ()",
            "aws_iam_role_policy.work -> ecs.role_policy.task (web-task:work)",
            "aws_iam_role_policy_attachment.execution -> ecs.role.execution ()",
        ]
    );
    let stays = stays(&mapping);
    assert_eq!(
        stays,
        [
            "aws_ecs_service.all[\"worker\"]",
            "aws_ecs_task_definition.migrate",
            "aws_ecr_repository.all[\"base\"]",
            "aws_iam_role.ci",
            "aws_appautoscaling_policy.requests",
        ]
    );
    assert_eq!(
        settings(&mapping),
        [
            "ecs.service_name = \"api\"",
            "ecs.cluster_name = \"web\"",
            "ecs.container_insights = true",
            "ecs.task_family = \"web-api\"",
            "ecs.minimum_healthy_percent = 50",
            "ecs.grace_seconds = 0",
            "ecs.exec = false",
            "ecs.container_name = \"app\"",
            "ecs.cpu = 512",
            "ecs.memory = 1024",
            "ecs.architecture = \"X86_64\"",
            "ecs.bucket_variable = \"\"",
            "ecs.cache_variable = \"\"",
            "ecs.repository_name = \"team/app\"",
            "ecs.immutable_tags = true",
            "ecs.scan_on_push = false",
            "ecs.log_group_name = \"web-api\"",
            "ecs.retention_days = 14",
            "ecs.execution_role_name = \"web-execution\"",
            "ecs.task_role_name = \"web-task\"",
            "ecs.min_tasks = 3",
            "ecs.max_tasks = 9",
            "ecs.desired = 3",
            "ecs.cpu_policy_name = \"by-cpu\"",
            "ecs.cpu_target = 55.5",
            "ecs.scale_out_cooldown_seconds = 300",
            "ecs.schedules.at-night = { at = \"cron(0 20 * * ? *)\", timezone = \"UTC\", min = 0, max = 1, name = \"At Night\" }",
        ]
    );
    assert!(!format!("{mapping:?}").contains("planted"));
}

/// In the style of the modules ecs and ecr of terraform-aws-modules, without autoscaling; the image is in a registry of others.
#[test]
fn modules_are_mapped_alike() {
    let module = |module: &str, kind: &str, name: &str, values: Value| {
        resource(
            &format!("module.{module}"),
            kind,
            name,
            &[(json!(0), values)],
        )
    };
    let mut definition = definition();
    definition["execution_role_arn"] = json!(arn("iam", "role/web-exec-2026"));
    definition["task_role_arn"] = json!(null);
    let containers = json!([{"name": "app", "image": "public.ecr.aws/team/app:1"}]);
    definition["container_definitions"] = json!(containers.to_string());
    let mut service = service();
    service["load_balancer"] = json!([]);
    service["desired_count"] = json!(4);
    let all = [
        module(
            "ecs.module.cluster",
            "aws_ecs_cluster",
            "this",
            json!({"id": arn("ecs", "cluster/web"), "name": "web"}),
        ),
        module(
            "ecs.module.service",
            "aws_ecs_service",
            "ignore_task_definition",
            service,
        ),
        module(
            "ecs.module.service",
            "aws_ecs_task_definition",
            "this",
            definition,
        ),
        module(
            "ecs.module.service",
            "aws_iam_role",
            "task_exec",
            role("/", "web-exec-2026"),
        ),
        module(
            "ecs.module.service",
            "aws_iam_role",
            "service",
            role("/", "web-service"),
        ),
        module(
            "ecr",
            "aws_ecr_repository",
            "this",
            repository("web", "IMMUTABLE"),
        ),
        module(
            "ecr",
            "aws_ecr_repository_policy",
            "this",
            json!({"id": "web"}),
        ),
    ];
    let mapping = map_with(&all, &[]);
    assert_eq!(
        (&mapping.questions[..], &mapping.misfits[..]),
        (&[][..], &[][..])
    );
    let addresses: Vec<&str> = mapping
        .decisions
        .iter()
        .map(|one| one.address.as_str())
        .collect();
    assert_eq!(
        addresses,
        [
            "ecs.service.api",
            "ecs.cluster.main",
            "ecs.task_definition.api",
            "ecs.repository.api",
            "ecs.role.execution",
        ]
    );
    let settings = settings(&mapping);
    for line in [
        "ecs.autoscaling = false",
        "ecs.desired = 4",
        "ecs.port_variable = \"\"",
    ] {
        assert!(settings.contains(&line.to_owned()), "{settings:?}");
    }
}

#[test]
fn what_rd_cannot_run_is_a_misfit_with_the_reason() {
    let with = |edit: &dyn Fn(&mut Value)| {
        let mut changed = service();
        edit(&mut changed);
        let all = [
            one("aws_ecs_service", "api", changed),
            one("aws_ecs_task_definition", "api", definition()),
        ];
        map_with(&all, &[]).misfits.join("; ")
    };
    let controller = with(&|one| one["deployment_controller"] = json!([{"type": "CODE_DEPLOY"}]));
    assert!(
        controller.contains("deployment controller CODE_DEPLOY"),
        "{controller}"
    );
    let instances = with(&|one| one["launch_type"] = json!("EC2"));
    assert!(instances.contains("launch type EC2"), "{instances}");
    let short = with(&|one| one["id"] = json!(arn("ecs", "service/api")));
    assert!(short.contains("without the name of its cluster"), "{short}");
    let cluster = with(&|_| {});
    assert!(
        cluster.contains("the cluster web, which this state does not have"),
        "{cluster}"
    );
    // A service that stays in Terraform asks for nothing.
    let all = [one("aws_ecs_service", "api", service())];
    let mapping = map_with(&all, &[("aws_ecs_service.api", "terraform")]);
    assert_eq!((mapping.misfits.len(), mapping.decisions.len()), (0, 0));
}
