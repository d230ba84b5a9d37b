//! Autoscaling: its limits, which schedules may change, and policies and scheduled actions on every page of AWS's lists.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{World, endpoint};
use serde_json::{Value, json};

const NAME: &str = "shop-test-api";
const TARGET: &str = "service/shop-test-cluster/shop-test-api";
const NIGHT: &str =
    "[ecs.schedules]\nnight = { at = \"cron(0 20 ? * MON-FRI *)\", min = 0, max = 0 }";

/// How many policies AWS lists on a page.
/// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScalingPolicies.html>
const POLICIES_ON_A_PAGE: usize = 10;
/// How many scheduled actions AWS lists on a page.
/// <https://docs.aws.amazon.com/autoscaling/application/APIReference/API_DescribeScheduledActions.html>
const ACTIONS_ON_A_PAGE: usize = 50;

/// Calls an operation of Application Auto Scaling on the scalable target of the service.
pub fn scaling(world: &World, operation: &str, change: &Value) {
    let mut input = json!({
        "ServiceNamespace": "ecs", "ResourceId": TARGET, "ScalableDimension": "ecs:service:DesiredCount",
    });
    let members = input.as_object_mut().unwrap();
    members.extend(change.as_object().unwrap().clone());
    world.json(&format!("AnyScaleFrontendService.{operation}"), &input);
}

fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(keys);
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

#[test]
fn without_schedules_changed_limits_are_drift() {
    let limits = [
        ("min", json!({"MinCapacity": 2})),
        ("max", json!({"MaxCapacity": 9})),
    ];
    let world = applied("");
    for (field, change) in limits {
        scaling(&world, "RegisterScalableTarget", &change);
        let plan = world.rd("rd-ecs").args("plan").ok();
        assert_eq!(plan.actions(), ["update ecs.scalable_target.api"]);
        let changes = plan.of_type("change");
        let mut all = changes.iter();
        let change = all.find(|one| one["action"] == "update").unwrap();
        assert_eq!(change["fields"][0]["path"], field);
        assert_eq!(change["fields"][0]["cause"], "drift");
        world.rd("rd-ecs").args("apply -y").ok();
        assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    }
}

#[test]
fn limits_that_a_schedule_has_set_are_not_drift() {
    let world = applied(NIGHT);
    scaling(
        &world,
        "RegisterScalableTarget",
        &json!({"MinCapacity": 0, "MaxCapacity": 0}),
    );
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

/// Deletes the program's own policy and action, so that the next apply creates them after all those of a full page.
#[test]
fn policies_and_scheduled_actions_on_the_second_page_are_found() {
    let world = applied(NIGHT);
    for number in 0..POLICIES_ON_A_PAGE {
        let step = json!({"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1});
        let policy = json!({
            "PolicyName": format!("other-{number}"), "PolicyType": "StepScaling",
            "StepScalingPolicyConfiguration": {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": [step]},
        });
        scaling(&world, "PutScalingPolicy", &policy);
    }
    for number in 0..ACTIONS_ON_A_PAGE {
        let action = json!({
            "ScheduledActionName": format!("other-{number}"), "Schedule": "cron(0 4 ? * MON-FRI *)",
            "ScalableTargetAction": {"MinCapacity": 1, "MaxCapacity": 1},
        });
        scaling(&world, "PutScheduledAction", &action);
    }
    let policy = json!({"PolicyName": format!("{NAME}-cpu")});
    scaling(&world, "DeleteScalingPolicy", &policy);
    let action = json!({"ScheduledActionName": format!("{NAME}-night")});
    scaling(&world, "DeleteScheduledAction", &action);
    let created = world.rd("rd-ecs").args("apply -y").ok().actions();
    let expected = [
        "create ecs.scaling_policy.cpu",
        "create ecs.scheduled_action.night",
    ];
    assert_eq!(created, expected);
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn a_target_that_a_lost_attempt_has_registered_gets_its_tags() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.service("");
    let refused = Fault::RefuseSaying {
        status: 400,
        code: "ValidationException",
        message: "The scalable target that you tried to tag already exists. To update tags on an existing scalable target, \
                  use the TagResource API.",
    };
    let rule = Rule::once(Calls::Of("RegisterScalableTarget"), 0, refused);
    proxy.rules(vec![rule], None);
    world.rd("rd-ecs").args("apply -y").ok();
    let input = json!({"ServiceNamespace": "ecs"});
    let targets = world.json("AnyScaleFrontendService.DescribeScalableTargets", &input);
    let input = json!({"ResourceARN": targets["ScalableTargets"][0]["ScalableTargetARN"]});
    let tags = world.json("AnyScaleFrontendService.ListTagsForResource", &input);
    assert_eq!(tags["Tags"]["rd:address"], "ecs.scalable_target.api");
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn autoscaling_that_aws_deletes_with_the_service_is_created_again() {
    let world = applied(NIGHT);
    let arn = world.output("ecs", "service_arn");
    let delete = json!({"cluster": "shop-test-cluster", "service": arn, "force": true});
    world.ecs("DeleteService", &delete);
    let actions = world.rd("rd-ecs").args("apply -y").ok().actions();
    assert_eq!(
        actions,
        [
            "create ecs.scalable_target.api",
            "create ecs.scaling_policy.cpu",
            "create ecs.scaling_policy.memory",
            "create ecs.scheduled_action.night",
            "create ecs.service.api",
        ]
    );
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}
