//! `rd-state adopt` of a service that Terraform itself has made on the local API, where Terraform is installed: with names of its
//! own, a sidecar, and a variable whose value is secret.

#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::terraform::Terraform;
use rd_testkit::{CLOUDWATCH, Rd, World};
use serde_json::{Value, json};

const SETTINGS: &str =
    "project = \"shop\"\nenvironment = \"test\"\nedition = 2\nregion = \"us-east-1\"\n";

/// The value of a variable of the container, and of one of the sidecar.
const PLANTED: &str = "planted-93ac01";

const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  default_tags {
    tags = { ManagedBy = "terraform", Team = "web" }
  }
}

variable "subnets" { type = list(string) }
variable "group" {}
variable "target_group" {}
variable "planted" {}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ecs-tasks.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
  containers = [
    {
      name         = "app"
      image        = "public.ecr.aws/nginx/nginx:1.27"
      essential    = true
      portMappings = [{ containerPort = 3001, protocol = "tcp" }]
      environment  = [{ name = "PORT", value = "3001" }, { name = "TOKEN", value = var.planted }]
      secrets      = [{ name = "KEY", valueFrom = aws_ssm_parameter.key.arn }]
      mountPoints  = [{ sourceVolume = "scratch", containerPath = "/scratch" }]
      logConfiguration = {
        logDriver = "awslogs"
        options = { awslogs-group = aws_cloudwatch_log_group.app.name, awslogs-region = "us-east-1", awslogs-stream-prefix = "x" }
      }
    },
    {
      name        = "envoy"
      image       = "public.ecr.aws/appmesh/envoy:v1"
      essential   = false
      environment = [{ name = "ADMIN", value = var.planted }]
    },
  ]
}

resource "aws_ssm_parameter" "key" {
  name  = "/web/key"
  type  = "SecureString"
  value = var.planted
}

resource "aws_ecr_repository" "app" {
  name = "team/app"
}

resource "aws_cloudwatch_log_group" "app" {
  name              = "web-app"
  retention_in_days = 14
}

resource "aws_iam_role" "execution" {
  name               = "web-execution"
  path               = "/web/"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy_attachment" "execution" {
  for_each = toset([
    "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
    "arn:aws:iam::aws:policy/AmazonSSMReadOnlyAccess",
  ])
  role       = aws_iam_role.execution.name
  policy_arn = each.value
}

resource "aws_iam_role" "task" {
  name               = "web-task"
  assume_role_policy = local.trust
}

resource "aws_iam_role_policy" "queue" {
  role   = aws_iam_role.task.id
  name   = "queue"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" }] })
}

resource "aws_ecs_cluster" "web" {
  name = "web"
}

resource "aws_ecs_task_definition" "app" {
  family                   = "web-app-task"
  cpu                      = "256"
  memory                   = "512"
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode(local.containers)
  volume {
    name = "scratch"
  }
}

resource "aws_ecs_service" "app" {
  name            = "app"
  cluster         = aws_ecs_cluster.web.id
  task_definition = aws_ecs_task_definition.app.arn
  desired_count   = 1
  launch_type     = "FARGATE"
  network_configuration {
    subnets         = var.subnets
    security_groups = [var.group]
  }
  load_balancer {
    target_group_arn = var.target_group
    container_name   = "app"
    container_port   = 3001
  }
  lifecycle {
    ignore_changes = [desired_count]
  }
}

resource "aws_appautoscaling_target" "app" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.web.name}/${aws_ecs_service.app.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = 3
}

resource "aws_appautoscaling_policy" "app" {
  for_each           = { by-cpu = "ECSServiceAverageCPUUtilization", by-memory = "ECSServiceAverageMemoryUtilization" }
  name               = each.key
  policy_type        = "TargetTrackingScaling"
  service_namespace  = "ecs"
  resource_id        = aws_appautoscaling_target.app.resource_id
  scalable_dimension = aws_appautoscaling_target.app.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value = 60
    predefined_metric_specification {
      predefined_metric_type = each.value
    }
  }
}

resource "aws_appautoscaling_scheduled_action" "night" {
  name               = "at-night"
  service_namespace  = "ecs"
  resource_id        = aws_appautoscaling_target.app.resource_id
  scalable_dimension = aws_appautoscaling_target.app.scalable_dimension
  schedule           = "cron(0 20 * * ? *)"
  scalable_target_action {
    min_capacity = 0
    max_capacity = 1
  }
}

resource "aws_sns_topic" "ops" {
  name = "web-ops"
}

resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.ops.arn
  protocol  = "email"
  endpoint  = "ops@example.com"
}

resource "aws_cloudwatch_metric_alarm" "cpu" {
  alarm_name          = "Web: CPU"
  namespace           = "AWS/ECS"
  metric_name         = "CPUUtilization"
  dimensions          = { ClusterName = aws_ecs_cluster.web.name, ServiceName = aws_ecs_service.app.name }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 75
  period              = 120
  evaluation_periods  = 3
  alarm_actions       = [aws_sns_topic.ops.arn, "arn:aws:sns:us-east-1:999999999999:pager"]
}
"#;

/// Makes the service in the network of the stack. The error says why it cannot.
fn applied(world: &World) -> Result<Terraform, &'static str> {
    let terraform = Terraform::new(world)?;
    std::fs::write(terraform.path().join("main.tf"), CONFIGURATION).unwrap();
    let output = |slice: &str, name: &str| {
        let done = world
            .rd(&format!("rd-{slice}"))
            .args("output")
            .arg(name)
            .ok();
        let text = done.stdout.trim().to_owned();
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    };
    let variables = json!({
        "subnets": output("net", "private_subnet_ids"), "group": output("net", "api_security_group_id"),
        "target_group": output("edge", "target_group_arn"), "planted": PLANTED,
    });
    let path = terraform.path().join("terraform.tfvars.json");
    std::fs::write(path, variables.to_string()).unwrap();
    terraform.apply();
    Ok(terraform)
}

fn revision(world: &World) -> Value {
    let target = "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition";
    let answer = world.json(
        target,
        &json!({"taskDefinition": "web-app-task", "include": ["TAGS"]}),
    );
    answer["taskDefinition"].clone()
}

#[test]
fn a_service_keeps_its_names_its_sidecar_and_its_secrets() {
    let world = World::new(SETTINGS);
    let line =
        ["net", "store", "edge"].map(|slice| world.rd(&format!("rd-{slice}")).args("apply -y"));
    for done in Rd::pipe(line.into()) {
        assert_eq!(done.code, 0, "{}", done.stderr);
    }
    let terraform = match applied(&world) {
        Ok(terraform) => terraform,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    terraform.assert_up_to_date();
    let before = revision(&world);

    let dry = terraform.adopt(&world, "--dry-run");
    assert_eq!(dry.code, 0, "{}", dry.stderr);
    let done = terraform.adopt(&world, "-y");
    assert_eq!(done.code, 0, "{}", done.stderr);
    for told in ["not managed", "envoy", "TOKEN", "KEY", ":pager"] {
        assert!(done.stderr.contains(told), "{told}: {}", done.stderr);
    }
    let planned = world.rd("rd-ecs").args("plan --exit-code").run();
    assert_eq!(planned.code, 0, "{}{}", planned.stdout, planned.stderr);
    assert_eq!(
        revision(&world)["containerDefinitions"],
        before["containerDefinitions"]
    );
    let undone = world.rd("rd-state").args("adopt --undo -y").ok();
    terraform.assert_up_to_date();

    // A change by rd keeps what it does not manage, and so does a deployment.
    let again = terraform.adopt(&world, "-y");
    assert_eq!(again.code, 0, "{}", again.stderr);
    let applied = world
        .rd("rd-ecs")
        .args("apply -y --set ecs.cpu=512 --set ecs.memory=1024")
        .ok();
    let deploy = "deploy --no-verify --image public.ecr.aws/nginx/nginx@sha256:";
    let deployed = world
        .rd("rd-ecs")
        .args(&format!("{deploy}{}", "0".repeat(64)))
        .run();
    assert_eq!(deployed.code, 0, "{}", deployed.stderr);
    let after = revision(&world);
    assert_eq!(
        (&after["cpu"], &after["memory"]),
        (&json!("512"), &json!("1024"))
    );
    assert_eq!(after["volumes"], before["volumes"]);
    let (old, new) = (
        &before["containerDefinitions"],
        &after["containerDefinitions"],
    );
    assert_eq!(new[1], old[1], "the sidecar");
    for member in [
        "name",
        "environment",
        "secrets",
        "mountPoints",
        "logConfiguration",
        "portMappings",
    ] {
        assert_eq!(new[0][member], old[0][member], "{member}");
    }
    let planned_again = world
        .rd("rd-ecs")
        .args("plan --exit-code --set ecs.cpu=512 --set ecs.memory=1024")
        .run();
    assert_eq!(
        planned_again.code, 0,
        "{}{}",
        planned_again.stdout, planned_again.stderr
    );
    let thresholds = "--set logs.ecs_cpu_percent=66 --set logs.running_tasks=false";
    let alarms = world.rd("rd-logs").args("apply -y").args(thresholds).ok();
    let named = [("AlarmNames.member.1", "Web: CPU")];
    let alarm = world.query(CLOUDWATCH, "DescribeAlarms", &named).body;
    assert!(alarm.contains("66") && alarm.contains(":pager"), "{alarm}");
    std::fs::remove_file(world.state_file("shop/test", "ecs")).unwrap();
    let rebuilt = world.rd("rd-state").args("rebuild ecs").ok();
    let kept = world
        .rd("rd-ecs")
        .args("plan --exit-code --set ecs.cpu=512 --set ecs.memory=1024")
        .run();
    assert_eq!(kept.code, 0, "{}{}", kept.stdout, kept.stderr);
    let wrote = [
        dry,
        rebuilt,
        kept,
        alarms,
        done,
        planned,
        undone,
        again,
        applied,
        deployed,
        planned_again,
    ];
    world.keeps(PLANTED, &wrote);
}
