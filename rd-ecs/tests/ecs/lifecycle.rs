//! The slice from nothing to nothing, what a plan costs, and whose the image and the number of tasks are.

use rd_testkit::World;
use rd_testkit::network::SETTINGS;
use serde_json::json;

const ALL: [&str; 12] = [
    "create ecs.cluster.main",
    "create ecs.log_group.api",
    "create ecs.repository.api",
    "create ecs.role.execution",
    "create ecs.role.task",
    "create ecs.role_policy.execution",
    "create ecs.role_policy.task",
    "create ecs.scalable_target.api",
    "create ecs.scaling_policy.cpu",
    "create ecs.scaling_policy.memory",
    "create ecs.service.api",
    "create ecs.task_definition.api",
];

fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(keys);
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

fn nothing_to_do(world: &World) {
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn from_nothing_to_nothing() {
    let world = World::new(SETTINGS);
    world.service("");
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), ALL);
    let applied = world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(applied.actions().len(), 12);
    assert!(
        applied.stderr.contains("no image has been deployed yet"),
        "{}",
        applied.stderr
    );
    nothing_to_do(&world);
    let status = world.rd("rd-ecs").args("status").ok();
    assert!(
        status.stdout.contains("desired 1, running 1, pending 0"),
        "{}",
        status.stdout
    );
    let state = std::fs::read_to_string(world.state_file("shop/test", "ecs")).unwrap();
    assert!(!state.contains("planted-"), "a secret is in the state");
    world.rd("rd-ecs").args("destroy -y").ok();
    assert_eq!(
        world.ecs("ListClusters", &json!({}))["clusterArns"],
        json!([])
    );
    let definitions = world.ecs("ListTaskDefinitions", &json!({}));
    assert_eq!(definitions["taskDefinitionArns"], json!([]));
    assert_eq!(world.rd("rd-state").args("list ecs").ok().stdout, "");
}

#[test]
fn a_plan_without_changes_takes_at_most_14_calls() {
    let world = applied("");
    let plan = world.rd("rd-ecs").args("plan -v").ok();
    let reported = plan.stderr.lines().find_map(|line| {
        let (before, _) = line.split_once(" calls to AWS")?;
        before.rsplit(' ').next()?.parse::<u32>().ok()
    });
    assert!(reported.is_some_and(|calls| calls <= 14), "{}", plan.stderr);
}

#[test]
fn an_apply_keeps_the_deployed_image_and_the_scaled_number_of_tasks() {
    let world = applied("");
    let digest = world.image("v1", "arm64");
    world.rd("rd-ecs").args("deploy --no-verify --tag v1").ok();
    world.rd("rd-ecs").args("scale 3").ok();
    nothing_to_do(&world);
    assert!(world.live_image().ends_with(&digest));
    // A new revision from a changed setting keeps the image.
    world.ecs_settings("cpu = 512\nmemory = 1024");
    let changed = world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(
        changed.actions(),
        ["update ecs.service.api", "update ecs.task_definition.api"]
    );
    assert!(world.live_image().ends_with(&digest));
    assert_eq!(world.live_service()["desiredCount"], 3);
    nothing_to_do(&world);
    // A changed setting sets the number of tasks.
    world.ecs_settings("cpu = 512\nmemory = 1024\ndesired = 2");
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(world.live_service()["desiredCount"], 2);
    nothing_to_do(&world);
}

#[test]
fn without_a_state_everything_is_imported() {
    let world = applied("[ecs.parameters]\nLOG_LEVEL = \"info\"");
    let outputs = world.rd("rd-ecs").args("output").ok().stdout;
    std::fs::remove_file(world.state_file("shop/test", "ecs")).unwrap();
    let adopted = world.rd("rd-ecs").args("apply -y").ok();
    let all = adopted.actions();
    assert!(
        all.iter().all(|action| action.starts_with("adopt ")),
        "{all:?}"
    );
    assert_eq!(all.len(), 13);
    nothing_to_do(&world);
    assert_eq!(world.rd("rd-ecs").args("output").ok().stdout, outputs);
    let revisions = world.ecs("ListTaskDefinitions", &json!({}));
    assert_eq!(revisions["taskDefinitionArns"].as_array().unwrap().len(), 1);
}

#[test]
fn the_first_apply_succeeds_without_an_image_and_a_placeholder() {
    let world = applied("bootstrap = \"none\"");
    assert_eq!(world.live_service()["desiredCount"], 0);
    nothing_to_do(&world);
    let digest = world.image("v1", "arm64");
    world.rd("rd-ecs").args("deploy --no-verify --tag v1").ok();
    assert_eq!(world.live_service()["desiredCount"], 1);
    assert!(world.live_image().ends_with(&digest));
    nothing_to_do(&world);
}

#[test]
fn an_apply_waits_until_new_roles_have_propagated() {
    let world = World::new(SETTINGS);
    world.service("");
    let lag = json!({"times": 4, "account": world.account, "where": "definition"});
    world.aws_local("/aws-local/iam-lag", &lag);
    let applied = world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(applied.actions().len(), 12);
    nothing_to_do(&world);
    let revisions = world.ecs("ListTaskDefinitions", &json!({}));
    assert_eq!(revisions["taskDefinitionArns"].as_array().unwrap().len(), 1);
    // A role that AWS keeps refusing is reported with a hint.
    let other = World::new(SETTINGS);
    other.service("");
    let never = json!({"times": 100_000, "account": other.account, "where": "definition"});
    other.aws_local("/aws-local/iam-lag", &never);
    let failed = other.rd("rd-ecs").args("apply -y").code(1);
    assert!(
        failed.stderr.contains("refused for 120 s") && failed.stderr.contains("trust policy"),
        "{}",
        failed.stderr
    );
}

#[test]
fn the_first_apply_of_an_account_waits_for_the_roles_of_ecs_and_autoscaling() {
    let world = World::new(SETTINGS);
    world.service("");
    for role in [
        "AWSServiceRoleForECS",
        "AWSServiceRoleForApplicationAutoScaling_ECSService",
    ] {
        // More often than a lost call is repeated.
        let lag = json!({"times": 10, "account": world.account, "role": role, "where": "service"});
        world.aws_local("/aws-local/iam-lag", &lag);
    }
    let applied = world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(applied.actions().len(), 12);
    nothing_to_do(&world);
    // The service finds the role missing that its cluster had.
    let arn = world.output("ecs", "service_arn");
    let delete = json!({"cluster": "shop-test-cluster", "service": arn, "force": true});
    world.ecs("DeleteService", &delete);
    let role = [("RoleName", "AWSServiceRoleForECS")];
    world.query(("iam", "2010-05-08"), "DeleteServiceLinkedRole", &role);
    world.rd("rd-ecs").args("apply -y").ok();
    nothing_to_do(&world);
    // One that AWS keeps refusing is reported with what to do.
    let other = World::new(SETTINGS);
    other.service("");
    let never = json!({"times": 100_000, "account": other.account, "where": "service"});
    other.aws_local("/aws-local/iam-lag", &never);
    let failed = other.rd("rd-ecs").args("apply -y").code(1);
    assert!(
        failed.stderr.contains("create-service-linked-role"),
        "{}",
        failed.stderr
    );
}

#[test]
fn images_are_deleted_only_with_a_flag() {
    let world = applied("");
    world.image("v1", "arm64");
    let refused = world.rd("rd-ecs").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains("--delete-images"),
        "{}",
        refused.stderr
    );
    assert_eq!(world.live_service()["status"], "ACTIVE");
    world.rd("rd-ecs").args("destroy -y --delete-images").ok();
    assert_eq!(world.rd("rd-state").args("list ecs").ok().stdout, "");
}

#[test]
fn old_revisions_are_deregistered_as_keep_revisions_says() {
    let world = applied("keep_revisions = 2");
    for tag in ["v1", "v2", "v3"] {
        world.image(tag, "arm64");
        let deploy = format!("deploy --no-verify --tag {tag}");
        world.rd("rd-ecs").args(&deploy).ok();
    }
    let input = json!({"status": "ACTIVE", "sort": "DESC"});
    let active = world.ecs("ListTaskDefinitions", &input);
    let numbers: Vec<&str> = active["taskDefinitionArns"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|arn| arn.as_str()?.rsplit(':').next())
        .collect();
    assert_eq!(numbers, ["4", "3"]);
}
