//! The service's slice, with a fault at every change that a command makes: nothing is lost, nothing doubled, nothing left.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;
use rd_testkit::faults::Scenario;
use rd_testkit::network::SETTINGS;
use serde_json::{Value, json};

const FEW: usize = 3;

fn applied(world: &World) {
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
}

fn list(world: &World, operation: &str, input: &Value, member: &str) -> usize {
    world.ecs(operation, input)[member]
        .as_array()
        .unwrap()
        .len()
}

/// Every resource exists once and is up to date, and a destroy leaves nothing.
fn complete(world: &World) {
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop/test", "ecs")).unwrap();
    assert!(
        !state.contains("creating") && !state.contains("deposed") && !state.contains("planted-"),
        "{state}"
    );
    let cluster = json!({"cluster": "shop-test-cluster"});
    assert_eq!(list(world, "ListServices", &cluster, "serviceArns"), 1);
    world.rd("rd-ecs").args("destroy -y").ok();
    nothing(world);
}

fn nothing(world: &World) {
    let none = json!({});
    assert_eq!(list(world, "ListClusters", &none, "clusterArns"), 0);
    assert_eq!(
        list(world, "ListTaskDefinitions", &none, "taskDefinitionArns"),
        0
    );
    let repositories = world.json(
        "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories",
        &none,
    );
    assert_eq!(repositories["repositories"], json!([]));
    let groups = world.json("Logs_20140328.DescribeLogGroups", &none);
    assert_eq!(groups["logGroups"], json!([]));
    let roles = world.query(("iam", "2010-05-08"), "ListRoles", &[]).body;
    assert!(!roles.contains("shop-test"), "{roles}");
    let targets = world.json(
        "AnyScaleFrontendService.DescribeScalableTargets",
        &json!({"ServiceNamespace": "ecs"}),
    );
    assert_eq!(targets["ScalableTargets"], json!([]));
    assert_eq!(world.rd("rd-state").args("list ecs").ok().stdout, "");
}

const APPLY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| world.service("[ecs.parameters]\nLOG_LEVEL = \"info\""),
    command: |world| world.rd("rd-ecs").args("apply -y"),
    check: |world| {
        let family = json!({"familyPrefix": "shop-test-api", "status": "ACTIVE"});
        assert!(list(world, "ListTaskDefinitions", &family, "taskDefinitionArns") <= 2);
        complete(world);
    },
};

/// A new revision, other settings of the service, other tags; a new parameter and a new schedule.
const UPDATE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!(
            "{SETTINGS}[tags]\nOwner = \"platform\"\n[ecs]\ncpu = 512\nmemory = 1024\ngrace_seconds = 5\n\
             max_tasks = 6\nretention_days = 7\ncapacity = \"FARGATE\"\n\
             [ecs.parameters]\nLOG_LEVEL = \"info\"\n\
             [ecs.schedules]\nnight = {{ at = \"cron(0 20 ? * MON-FRI *)\", min = 0, max = 0 }}\n"
        ));
    },
    command: |world| world.rd("rd-ecs").args("apply -y"),
    check: complete,
};

const DESTROY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: applied,
    command: |world| world.rd("rd-ecs").args("destroy -y"),
    check: nothing,
};

rd_testkit::fault_walks! {
    FEW,
    apply: APPLY,
    update: UPDATE,
    destroy: DESTROY,
}
