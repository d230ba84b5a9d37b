//! The images that revisions run stay in the repository, whatever its lifecycle policy deletes: each has a tag of its
//! revision.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;
use rd_testkit::network::SETTINGS;
use serde_json::{Value, json};

const NAME: &str = "shop-test-api";

fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(keys);
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

fn deploy(world: &World, tag: &str) -> String {
    let digest = world.image(tag, "arm64");
    world.rd("rd-ecs").args("deploy --tag").arg(tag).ok();
    digest
}

fn ecr(world: &World, operation: &str, input: Value) -> Value {
    let mut input = input;
    input["repositoryName"] = json!(NAME);
    world.json(
        &format!("AmazonEC2ContainerRegistry_V20150921.{operation}"),
        &input,
    )
}

/// The tags of each image in the repository, by its digest.
fn images(world: &World) -> Vec<(String, Vec<String>)> {
    let details = ecr(world, "DescribeImages", json!({}));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let tags = |one: &Value| {
        let tags = one["imageTags"].as_array().cloned().unwrap_or_default();
        tags.iter().map(text).collect()
    };
    let all = details["imageDetails"].as_array().unwrap().iter();
    all.map(|one| (text(&one["imageDigest"]), tags(one)))
        .collect()
}

/// The tags of revisions, in order.
fn revision_tags(world: &World) -> Vec<String> {
    let mut tags: Vec<String> = images(world)
        .into_iter()
        .flat_map(|(_, tags)| tags)
        .collect();
    tags.retain(|tag| tag.starts_with("rd-"));
    tags.sort();
    tags
}

fn has(world: &World, digest: &str) -> bool {
    images(world).iter().any(|(one, _)| one == digest)
}

fn days_later(world: &World) {
    let input = json!({"account": world.account, "repository": NAME, "days": 30});
    world.aws_local("/aws-local/lifecycle", &input);
}

fn remove_tag(world: &World, tag: &str) {
    ecr(
        world,
        "BatchDeleteImage",
        json!({"imageIds": [{"imageTag": tag}]}),
    );
}

#[test]
fn what_runs_survives_the_lifecycle_policy() {
    let world = applied("keep_images = 1\nkeep_revisions = 2");
    let first = deploy(&world, "v1");
    let second = deploy(&world, "v2");
    // Its tag moves, and newer images fill the repository.
    world.image("v2", "amd64");
    let newest = world.image("v3", "arm64");
    days_later(&world);
    assert!(has(&world, &first) && has(&world, &second) && has(&world, &newest));
    assert_eq!(images(&world).len(), 3, "{:?}", images(&world));
    assert_eq!(revision_tags(&world), ["rd-2", "rd-3"]);
    // An apply that deploys a revision tags it, too. The first image goes with its last revision.
    world.ecs_settings("keep_images = 1\nkeep_revisions = 2\ncpu = 512\nmemory = 1024");
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(revision_tags(&world), ["rd-3", "rd-4"]);
    days_later(&world);
    assert!(!has(&world, &first) && has(&world, &second));
    world.rd("rd-ecs").args("restart").ok();
    world.rd("rd-ecs").args("rollback").ok();
    assert!(world.live_image().ends_with(&second));
}

#[test]
fn an_image_stays_as_long_as_one_of_its_revisions() {
    let world = applied("keep_revisions = 2");
    let shared = deploy(&world, "v1");
    // The last tag of an image deletes it: here, the only one is that of its revision.
    remove_tag(&world, "v1");
    assert_eq!(revision_tags(&world), ["rd-2"]);
    // Another revision of it, and one of an image that nobody runs any more.
    world.ecs_settings("keep_revisions = 2\ncpu = 512\nmemory = 1024");
    world.rd("rd-ecs").args("apply -y").ok();
    // Somebody has removed a tag, and a killed run has left one.
    remove_tag(&world, "rd-3");
    let second = deploy(&world, "v2");
    assert!(has(&world, &shared));
    assert_eq!(revision_tags(&world), ["rd-3", "rd-4"]);
    deploy(&world, "v3");
    assert!(!has(&world, &shared));
    assert!(has(&world, &second));
    assert_eq!(revision_tags(&world), ["rd-4", "rd-5"]);
}

#[test]
fn an_older_stack_is_shown_the_rule_and_its_images_get_their_tags() {
    let world = applied("");
    let digest = deploy(&world, "v1");
    remove_tag(&world, "rd-2");
    let policy = ecr(&world, "GetLifecyclePolicy", json!({}));
    let policy: Value =
        serde_json::from_str(policy["lifecyclePolicyText"].as_str().unwrap()).unwrap();
    let without = json!({"rules": &policy["rules"].as_array().unwrap()[1..]});
    ecr(
        &world,
        "PutLifecyclePolicy",
        json!({"lifecyclePolicyText": without.to_string()}),
    );
    let plan = world.rd("rd-ecs").args("plan").ok();
    assert_eq!(plan.actions(), ["update ecs.repository.api"]);
    world.rd("rd-ecs").args("apply -y").ok();
    assert_eq!(revision_tags(&world), ["rd-2"]);
    remove_tag(&world, "v1");
    days_later(&world);
    assert!(has(&world, &digest));
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn a_lifecycle_policy_that_would_delete_a_kept_image_is_refused() {
    let world = applied("immutable_tags = true");
    deploy(&world, "v1");
    // Its tag belongs to another image, and does not move.
    remove_tag(&world, "rd-2");
    world.image("rd-2", "amd64");
    world.ecs_settings("immutable_tags = true\nkeep_images = 5");
    world.rd("rd-ecs").args("plan").code(6);
    let done = world.rd("rd-ecs").args("apply -y").code(6);
    assert!(
        done.stderr
            .contains("would delete images of kept revisions"),
        "{}",
        done.stderr
    );
    // Credentials that may not tag cannot set it, either.
    let world = applied("");
    deploy(&world, "v1");
    remove_tag(&world, "rd-2");
    world.ecs_settings("keep_images = 5");
    let line = format!("policy --for apply --account {}", world.account);
    let policy = world.rd("rd-ecs").args(&line).ok().stdout;
    let policy = policy.replace("ecr:PutImage\"", "ecr:PutNothing\"");
    let apply = world.with_policy("rd-ecs", "applier", policy.trim());
    let done = apply.args("apply -y").code(6);
    assert!(done.stderr.contains("ecr:PutImage"), "{}", done.stderr);
    let policy = ecr(&world, "GetLifecyclePolicy", json!({}));
    assert!(
        policy.to_string().contains(r#"countNumber\":20"#),
        "{policy}"
    );
}

#[test]
fn a_deployment_that_may_not_tag_warns() {
    let world = applied("");
    let digest = world.image("v1", "arm64");
    let line = format!("policy --for deploy --account {}", world.account);
    let policy = world.rd("rd-ecs").args(&line).ok().stdout;
    let policy = policy.replace("ecr:PutImage\"", "ecr:PutNothing\"");
    let deploy = world.with_policy("rd-ecs", "deployer", policy.trim());
    let done = deploy.args("deploy --tag v1").ok();
    assert!(
        done.stderr.contains("has no tag that keeps it"),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("ecr:PutImage"), "{}", done.stderr);
    assert!(world.live_image().ends_with(&digest));
    assert_eq!(revision_tags(&world), [""; 0]);
    // With the permissions, also the deployment of what is live already tags.
    world
        .restricted("rd-ecs", "deploy")
        .args("deploy --tag v1")
        .ok();
    assert_eq!(revision_tags(&world), ["rd-2"]);
}
