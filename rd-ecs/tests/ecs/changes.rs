//! Changed settings: what is changed in place, what becomes another revision, and what is refused.

use rd_testkit::network::SETTINGS;
use rd_testkit::rounds::{RoundCall, Rounds};
use rd_testkit::{World, endpoint};
use serde_json::{Value, json};

const REVISION: [&str; 2] = ["update ecs.service.api", "update ecs.task_definition.api"];

/// Applies one set of keys, then another; the actions of the second apply.
fn change(before: &str, after: &str) -> (World, Vec<String>) {
    let world = World::new(SETTINGS);
    world.service(before);
    world.rd("rd-ecs").args("apply -y").ok();
    world.ecs_settings(after);
    let changed = world.rd("rd-ecs").args("apply -y").ok().actions();
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    (world, changed)
}

fn container(world: &World) -> Value {
    let input = json!({"taskDefinition": world.live_service()["taskDefinition"]});
    let described = world.ecs("DescribeTaskDefinition", &input);
    described["taskDefinition"]["containerDefinitions"][0].clone()
}

#[test]
fn changed_settings_of_a_task_become_a_new_revision() {
    let tables = [
        "cpu = 1024\nmemory = 2048",
        "architecture = \"X86_64\"",
        "stop_timeout_seconds = 60",
        "[ecs.environment]\nNODE_ENV = \"production\"",
    ];
    for table in tables {
        let (world, changed) = change("", table);
        assert_eq!(changed, REVISION, "{table}");
        assert_eq!(world.live_service()["runningCount"], 1);
    }
}

#[test]
fn defaults_of_aws_are_not_a_difference() {
    let (world, changed) = change(
        "stop_timeout_seconds = 30",
        "stop_timeout_seconds = 30\nhealth_interval_seconds = 30",
    );
    assert_eq!(changed, [""; 0]);
    let revisions = world.ecs("ListTaskDefinitions", &json!({}));
    assert_eq!(revisions["taskDefinitionArns"].as_array().unwrap().len(), 1);
}

#[test]
fn parameters_and_secrets_change_with_the_policy_and_the_revision() {
    let world = World::new(SETTINGS);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    world.image("v1", "arm64");
    world.rd("rd-ecs").args("deploy --no-verify --tag v1").ok();
    world.ecs_settings("[ecs.parameters]\nLOG_LEVEL = \"info\"");
    let changed = world.rd("rd-ecs").args("apply -y").ok().actions();
    assert_eq!(
        changed,
        [
            "create ecs.parameter.log_level",
            "update ecs.role_policy.execution",
            "update ecs.service.api",
            "update ecs.task_definition.api",
        ]
    );
    let names: Vec<String> = container(&world)["secrets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|secret| secret["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["DATABASE_URL", "LOG_LEVEL", "REDIS_URL"]);
    // A changed value needs no new revision: tasks read it when they start.
    world.ecs_settings("[ecs.parameters]\nLOG_LEVEL = \"debug\"");
    let changed = world.rd("rd-ecs").args("apply -y").ok().actions();
    assert_eq!(changed, ["update ecs.parameter.log_level"]);
    world.ecs_settings("");
    let gone = world.rd("rd-ecs").args("apply -y").ok().actions();
    assert!(
        gone.contains(&"delete ecs.parameter.log_level".to_owned()),
        "{gone:?}"
    );
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn the_service_and_autoscaling_are_changed_in_place() {
    let tables: [(&str, &[&str]); 8] = [
        (
            "capacity = \"FARGATE\"",
            &["update ecs.cluster.main", "update ecs.service.api"],
        ),
        ("grace_seconds = 10", &["update ecs.service.api"]),
        ("maximum_percent = 150", &["update ecs.service.api"]),
        ("circuit_breaker = false", &["update ecs.service.api"]),
        ("max_tasks = 8", &["update ecs.scalable_target.api"]),
        ("cpu_target = 50.0", &["update ecs.scaling_policy.cpu"]),
        ("retention_days = 90", &["update ecs.log_group.api"]),
        (
            "keep_images = 5\nscan_on_push = false",
            &["update ecs.repository.api"],
        ),
    ];
    for (table, wanted) in tables {
        let (_, changed) = change("", table);
        assert_eq!(changed, wanted, "{table}");
    }
}

#[test]
fn autoscaling_is_turned_off_and_on() {
    let (world, off) = change("", "autoscaling = false");
    assert_eq!(
        off,
        [
            "delete ecs.scalable_target.api",
            "delete ecs.scaling_policy.cpu",
            "delete ecs.scaling_policy.memory",
        ]
    );
    world.ecs_settings("");
    let on = world.rd("rd-ecs").args("apply -y").ok().actions();
    assert_eq!(on.len(), 3);
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn a_repository_is_never_replaced() {
    let world = World::new(SETTINGS);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    world.ecs_settings("kms_key = \"arn:aws:kms:us-east-1:111122223333:key/1b2c\"");
    let plan = world.rd("rd-ecs").args("plan").code(6);
    assert!(plan.stderr.contains("delete its images"), "{}", plan.stderr);
    world.rd("rd-ecs").args("apply -y").code(6);
    world.ecs_settings("");
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn changed_tags_reach_every_kind() {
    let world = World::new(SETTINGS);
    world.service("[ecs.parameters]\nLOG_LEVEL = \"info\"");
    world.rd("rd-ecs").args("apply -y").ok();
    world.settings(&format!(
        "{SETTINGS}[tags]\nOwner = \"platform\"\n[ecs.parameters]\nLOG_LEVEL = \"info\"\n"
    ));
    let changed = world.rd("rd-ecs").args("apply -y").ok().actions();
    let tagged = [
        "cluster.main",
        "log_group.api",
        "parameter.log_level",
        "repository.api",
        "role.execution",
        "role.task",
        "scalable_target.api",
        "service.api",
        "task_definition.api",
    ];
    assert_eq!(
        changed,
        tagged.map(|address| format!("update ecs.{address}"))
    );
    let parameter = json!({"ResourceType": "Parameter", "ResourceId": "/shop/test/LOG_LEVEL"});
    let tags = world.json("AmazonSSM.ListTagsForResource", &parameter);
    assert!(tags.to_string().contains("platform"), "{tags}");
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn with_spot_the_first_task_runs_on_demand() {
    let world = World::new(SETTINGS);
    world.service("capacity = \"FARGATE_SPOT\"\ndesired = 3");
    world.rd("rd-ecs").args("apply -y").ok();
    let tasks = world.rd("rd-ecs").args("tasks").ok();
    let tasks: Value = serde_json::from_str(&tasks.stdout).unwrap();
    let tasks = tasks["tasks"].as_array().unwrap();
    let mut providers: Vec<&str> = tasks
        .iter()
        .map(|task| task["capacity"].as_str().unwrap())
        .collect();
    providers.sort_unstable();
    assert_eq!(providers, ["FARGATE", "FARGATE_SPOT", "FARGATE_SPOT"]);
}

/// Edition 1 leaves the mode to the account; edition 2 sets it, and nothing else. What others have set is kept in edition 1.
#[test]
fn another_edition_changes_the_mode_of_the_logs_alone() {
    let world = World::new(SETTINGS);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    let options = || container(&world)["logConfiguration"]["options"].clone();
    assert!(options().get("mode").is_none());
    let plan = world.rd("rd-ecs").args("plan --set edition=2").ok();
    assert_eq!(plan.actions(), REVISION);
    world.ecs_settings("log_mode = \"non-blocking\"\nlog_buffer = \"25m\"");
    world.rd("rd-ecs").args("apply -y").ok();
    let set = options();
    assert_eq!(
        (&set["mode"], &set["max-buffer-size"]),
        (&json!("non-blocking"), &json!("25m"))
    );
    world.ecs_settings("");
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    for (keys, said) in [
        ("log_buffer = \"25m\"", "nothing is buffered in this mode"),
        (
            "log_mode = \"non-blocking\"\nlog_buffer = \"25\"",
            "is not a size",
        ),
        ("log_mode = \"fast\"", "log_mode"),
    ] {
        world.ecs_settings(keys);
        let wrong = world.rd("rd-ecs").args("plan").code(2);
        assert!(wrong.stderr.contains(said), "{}", wrong.stderr);
    }
}

/// Not chosen, it stays as somebody has set it, as in a service that is older than it.
#[test]
fn rebalancing_between_zones_is_set_and_compared_where_it_is_chosen() {
    let world = World::new(SETTINGS);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    let set = |value: &str| {
        let input = json!({
            "cluster": "shop-test-cluster", "service": "shop-test-api", "availabilityZoneRebalancing": value,
        });
        world.ecs("UpdateService", &input);
    };
    let is = || {
        let input = json!({"cluster": "shop-test-cluster", "services": ["shop-test-api"]});
        let service = world.ecs("DescribeServices", &input)["services"][0].clone();
        service["availabilityZoneRebalancing"].clone()
    };
    let plan = || world.rd("rd-ecs").args("plan").ok().actions();
    set("DISABLED");
    assert_eq!(plan(), [""; 0]);
    world.ecs_settings("zone_rebalancing = true");
    assert_eq!(plan(), ["update ecs.service.api"]);
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(is(), "ENABLED");
    set("DISABLED");
    assert_eq!(plan(), ["update ecs.service.api"]);
    // Without room for another task, ECS refuses it.
    world.ecs_settings(
        "zone_rebalancing = true\nminimum_healthy_percent = 50\nmaximum_percent = 100",
    );
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(is(), "DISABLED");
    assert_eq!(plan(), [""; 0]);
}

#[test]
fn a_deployment_that_may_stop_all_tasks_is_a_risk() {
    let world = World::new(SETTINGS);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    let risks = |keys: &str| world.rd("rd-ecs").args("plan").args(keys).ok().risks();
    let change = "--set ecs.stop_timeout_seconds=40";
    assert_eq!(risks(change), [""; 0]);
    assert_eq!(risks("--set ecs.minimum_healthy_percent=0"), [""; 0]);
    let reason = "task_definition: with minimum_healthy_percent = 0, ECS may stop all tasks before new ones run";
    let both = format!("{change} --set ecs.minimum_healthy_percent=0");
    assert_eq!(risks(&both), [format!("ecs.service.api: {reason}")]);
}

/// Parameter Store returns ten values a call.
#[test]
fn many_parameters_are_read_at_the_same_time() {
    let world = World::new(SETTINGS);
    let parameters: Vec<String> = (0..35).map(|n| format!("KEY_{n} = \"{n}\"")).collect();
    world.service(&format!("[ecs.parameters]\n{}", parameters.join("\n")));
    world.rd("rd-ecs").args("apply -y").ok();
    let rounds = Rounds::start(endpoint(), world.path(), 1);
    let plan = world.rd("rd-ecs").args("plan");
    let plan = plan.env("AWS_ENDPOINT_URL", &rounds.url("rd-ecs")).ok();
    assert_eq!(plan.actions(), [""; 0]);
    let reads = |calls: &Vec<RoundCall>| {
        let reads = calls
            .iter()
            .filter(|(_, call)| call.operation == "GetParameters");
        reads.count()
    };
    let reads: Vec<usize> = rounds
        .rounds()
        .iter()
        .map(reads)
        .filter(|n| *n > 0)
        .collect();
    assert_eq!(reads, [4]);
}
