//! Drift: every setting of the service that can be changed outside of rd is found and restored.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::autoscaling::scaling;
use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Api, World};
use serde_json::{Value, json};

const IAM: Api = ("iam", "2010-05-08");
const NAME: &str = "shop-test-api";
const CLUSTER: &str = "shop-test-cluster";
const EXECUTION: &str = "shop-test-execution-us-east-1";
const TASK: &str = "shop-test-task-us-east-1";

const KEYS: &str = "[ecs.parameters]\nLOG_LEVEL = \"info\"\n\
    [ecs.schedules]\nnight = { at = \"cron(0 20 ? * MON-FRI *)\", min = 0, max = 0 }";

fn ecr(world: &World, operation: &str, input: &Value) {
    let target = format!("AmazonEC2ContainerRegistry_V20150921.{operation}");
    world.json(&target, input);
}

fn update_service(world: &World, change: &Value) {
    let mut input = json!({"cluster": CLUSTER, "service": NAME});
    let members = input.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    world.ecs("UpdateService", &input);
    // A change that starts a deployment is drift only after the deployment.
    for _ in 0..100 {
        let service = world.live_service();
        if service["deployments"][0]["rolloutState"] != "IN_PROGRESS" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the deployment is still in progress");
}

fn tracking(metric: &str, target: f64, out: i32, disabled: bool) -> Value {
    json!({
        "PolicyName": format!("{NAME}-cpu"),
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": target, "ScaleInCooldown": 300, "ScaleOutCooldown": out, "DisableScaleIn": disabled,
            "PredefinedMetricSpecification": {"PredefinedMetricType": metric},
        },
    })
}

const CPU: &str = "ECSServiceAverageCPUUtilization";

const CHANGES: [Drift; 35] = [
    Drift {
        address: "ecs.repository.api",
        path: "scan_on_push",
        change: |world| {
            let input = json!({"repositoryName": NAME, "imageScanningConfiguration": {"scanOnPush": false}});
            ecr(world, "PutImageScanningConfiguration", &input);
        },
    },
    Drift {
        address: "ecs.repository.api",
        path: "immutable_tags",
        change: |world| {
            let input = json!({"repositoryName": NAME, "imageTagMutability": "IMMUTABLE"});
            ecr(world, "PutImageTagMutability", &input);
        },
    },
    Drift {
        address: "ecs.repository.api",
        path: "tag_exclusions",
        change: |world| {
            let filter = json!({"filterType": "WILDCARD", "filter": "v*"});
            let input = json!({
                "repositoryName": NAME, "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
                "imageTagMutabilityExclusionFilters": [filter],
            });
            ecr(world, "PutImageTagMutability", &input);
        },
    },
    Drift {
        address: "ecs.repository.api",
        path: "lifecycle",
        change: |world| {
            ecr(
                world,
                "DeleteLifecyclePolicy",
                &json!({"repositoryName": NAME}),
            );
        },
    },
    Drift {
        address: "ecs.log_group.api",
        path: "retention_days",
        change: |world| {
            let input = json!({"logGroupName": "/ecs/shop-test-api"});
            world.json("Logs_20140328.DeleteRetentionPolicy", &input);
        },
    },
    Drift {
        address: "ecs.role.execution",
        path: "description",
        change: |world| {
            let change = [("RoleName", EXECUTION), ("Description", "theirs")];
            world.query(IAM, "UpdateRole", &change);
        },
    },
    Drift {
        address: "ecs.role.execution",
        path: "trust",
        change: |world| {
            let open = json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            }]});
            let open = open.to_string();
            let change = [("RoleName", EXECUTION), ("PolicyDocument", open.as_str())];
            world.query(IAM, "UpdateAssumeRolePolicy", &change);
        },
    },
    Drift {
        address: "ecs.role.execution",
        path: "managed_policies",
        change: |world| {
            let change = [
                ("RoleName", EXECUTION),
                ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
            ];
            world.query(IAM, "AttachRolePolicy", &change);
        },
    },
    Drift {
        address: "ecs.role.task",
        path: "tags.Project",
        change: |world| {
            let change = [
                ("RoleName", TASK),
                ("Tags.member.1.Key", "Project"),
                ("Tags.member.1.Value", "theirs"),
            ];
            world.query(IAM, "TagRole", &change);
        },
    },
    Drift {
        address: "ecs.role_policy.task",
        path: "document",
        change: |world| {
            let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
            let all = all.to_string();
            let change = [
                ("RoleName", TASK),
                ("PolicyName", "work"),
                ("PolicyDocument", all.as_str()),
            ];
            world.query(IAM, "PutRolePolicy", &change);
        },
    },
    Drift {
        address: "ecs.parameter.log_level",
        path: "value",
        change: |world| {
            // An advanced parameter cannot be made a standard one again.
            let input = json!({
                "Name": "/shop/test/LOG_LEVEL", "Value": "debug", "Overwrite": true, "Tier": "Advanced",
            });
            world.json("AmazonSSM.PutParameter", &input);
        },
    },
    Drift {
        address: "ecs.cluster.main",
        path: "container_insights",
        change: |world| {
            let input = json!({"cluster": CLUSTER, "settings": [{"name": "containerInsights", "value": "enabled"}]});
            world.ecs("UpdateClusterSettings", &input);
        },
    },
    Drift {
        address: "ecs.cluster.main",
        path: "default_capacity_provider",
        change: |world| {
            let input = json!({
                "cluster": CLUSTER, "capacityProviders": ["FARGATE", "FARGATE_SPOT"],
                "defaultCapacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}],
            });
            world.ecs("PutClusterCapacityProviders", &input);
        },
    },
    Drift {
        address: "ecs.cluster.main",
        path: "tags.Project",
        change: |world| {
            let input = json!({"resourceArn": world.output("ecs", "cluster_arn"), "tags": [{"key": "Project", "value": "theirs"}]});
            world.ecs("TagResource", &input);
        },
    },
    Drift {
        address: "ecs.task_definition.api",
        path: "tags.Project",
        change: |world| {
            let arn = world.live_service()["taskDefinition"].clone();
            let input =
                json!({"resourceArn": arn, "tags": [{"key": "Project", "value": "theirs"}]});
            world.ecs("TagResource", &input);
        },
    },
    Drift {
        address: "ecs.service.api",
        path: "tags.Project",
        change: |world| {
            let input = json!({"resourceArn": world.id("ecs.service.api"), "tags": [{"key": "Project", "value": "theirs"}]});
            world.ecs("TagResource", &input);
        },
    },
    Drift {
        address: "ecs.service.api",
        path: "capacity",
        change: |world| {
            let change = json!({
                "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}], "forceNewDeployment": true,
            });
            update_service(world, &change);
        },
    },
    Drift {
        address: "ecs.service.api",
        path: "subnet_ids",
        change: |world| {
            network(
                world,
                "public_subnet_ids",
                "api_security_group_id",
                "DISABLED",
            );
        },
    },
    Drift {
        address: "ecs.service.api",
        path: "security_group_ids",
        change: |world| {
            network(
                world,
                "private_subnet_ids",
                "db_security_group_id",
                "DISABLED",
            );
        },
    },
    Drift {
        address: "ecs.service.api",
        path: "assign_public_ip",
        change: |world| {
            network(
                world,
                "private_subnet_ids",
                "api_security_group_id",
                "ENABLED",
            );
        },
    },
    Drift {
        address: "ecs.service.api",
        path: "minimum_healthy_percent",
        change: |world| deployment(world, 50, 200, true, true),
    },
    Drift {
        address: "ecs.service.api",
        path: "maximum_percent",
        change: |world| deployment(world, 100, 150, true, true),
    },
    Drift {
        address: "ecs.service.api",
        path: "circuit_breaker",
        change: |world| deployment(world, 100, 200, false, false),
    },
    Drift {
        address: "ecs.service.api",
        path: "rollback",
        change: |world| deployment(world, 100, 200, true, false),
    },
    Drift {
        address: "ecs.service.api",
        path: "grace_seconds",
        change: |world| update_service(world, &json!({"healthCheckGracePeriodSeconds": 5})),
    },
    Drift {
        address: "ecs.service.api",
        path: "exec",
        change: |world| update_service(world, &json!({"enableExecuteCommand": false})),
    },
    Drift {
        address: "ecs.service.api",
        path: "managed_tags",
        change: |world| update_service(world, &json!({"enableECSManagedTags": false})),
    },
    Drift {
        address: "ecs.service.api",
        path: "propagate_tags",
        change: |world| update_service(world, &json!({"propagateTags": "NONE"})),
    },
    Drift {
        address: "ecs.scalable_target.api",
        path: "scale_in_suspended",
        change: |world| {
            let change = json!({"SuspendedState": {"DynamicScalingInSuspended": true}});
            scaling(world, "RegisterScalableTarget", &change);
        },
    },
    Drift {
        address: "ecs.scalable_target.api",
        path: "schedules_suspended",
        change: |world| {
            let change = json!({"SuspendedState": {"ScheduledScalingSuspended": true}});
            scaling(world, "RegisterScalableTarget", &change);
        },
    },
    Drift {
        address: "ecs.scaling_policy.cpu",
        path: "target",
        change: |world| scaling(world, "PutScalingPolicy", &tracking(CPU, 50.0, 60, false)),
    },
    Drift {
        address: "ecs.scaling_policy.cpu",
        path: "scale_out_cooldown",
        change: |world| scaling(world, "PutScalingPolicy", &tracking(CPU, 70.0, 5, false)),
    },
    Drift {
        address: "ecs.scaling_policy.cpu",
        path: "scale_in_disabled",
        change: |world| scaling(world, "PutScalingPolicy", &tracking(CPU, 70.0, 60, true)),
    },
    Drift {
        address: "ecs.scheduled_action.night",
        path: "schedule",
        change: |world| action(world, "cron(0 4 ? * MON-FRI *)", "UTC", 0),
    },
    Drift {
        address: "ecs.scheduled_action.night",
        path: "max",
        change: |world| action(world, "cron(0 20 ? * MON-FRI *)", "UTC", 3),
    },
];

fn network(world: &World, subnets: &str, group: &str, public: &str) {
    let change = json!({"networkConfiguration": {"awsvpcConfiguration": {
        "subnets": world.output("net", subnets),
        "securityGroups": [world.output("net", group)],
        "assignPublicIp": public,
    }}});
    update_service(world, &change);
}

fn deployment(world: &World, minimum: i32, maximum: i32, breaker: bool, rollback: bool) {
    let change = json!({"deploymentConfiguration": {
        "minimumHealthyPercent": minimum,
        "maximumPercent": maximum,
        "deploymentCircuitBreaker": {"enable": breaker, "rollback": rollback},
    }});
    update_service(world, &change);
}

fn action(world: &World, schedule: &str, timezone: &str, max: i32) {
    let change = json!({
        "ScheduledActionName": format!("{NAME}-night"), "Schedule": schedule, "Timezone": timezone,
        "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": max},
    });
    scaling(world, "PutScheduledAction", &change);
}

fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(keys);
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

#[test]
fn each_setting_changed_outside_of_rd_is_drift_and_is_restored() {
    each_is_put_back(&applied(KEYS), "rd-ecs", &CHANGES);
}

#[test]
fn a_revision_deployed_outside_of_rd_is_replaced() {
    let world = applied("");
    let arn = world.live_service()["taskDefinition"].clone();
    let described = world.ecs("DescribeTaskDefinition", &json!({"taskDefinition": arn}));
    let old = &described["taskDefinition"];
    let mut containers = old["containerDefinitions"].clone();
    containers[0]["environment"] = json!([{"name": "DEBUG", "value": "1"}]);
    let theirs = json!({
        "family": NAME, "cpu": "512", "memory": "1024", "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"], "runtimePlatform": old["runtimePlatform"],
        "executionRoleArn": old["executionRoleArn"], "taskRoleArn": old["taskRoleArn"],
        "containerDefinitions": containers,
    });
    world.ecs("RegisterTaskDefinition", &theirs);
    update_service(&world, &json!({"taskDefinition": format!("{NAME}:2")}));
    let plan = world.rd("rd-ecs").args("plan").ok();
    assert_eq!(
        plan.actions(),
        ["update ecs.service.api", "update ecs.task_definition.api"]
    );
    let changes = plan.of_type("change");
    let fields: Vec<&Value> = changes
        .iter()
        .filter(|change| change["kind"] == "task_definition")
        .flat_map(|change| change["fields"].as_array().unwrap())
        .collect();
    assert!(
        fields
            .iter()
            .any(|field| field["path"] == "cpu" && field["cause"] == "drift")
    );
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}
