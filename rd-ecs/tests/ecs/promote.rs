//! `promote`: the image of another environment, by its digest, after a check of its platform and its scan.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::archive::{Layout, config, layer, write};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, World};
use serde_json::{Value, json};

const REPOSITORY: &str = "shop-other-api";
const REGION: &str = "us-east-1";
/// A region that is not that of the tests.
const ELSEWHERE: &str = "eu-central-1";

/// A service in the environment `test`, and an environment `other` of the same project, with a repository.
fn two_environments(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(keys);
    world.rd("rd-ecs").args("apply -y").ok();
    other_environment(&world, &state(&world));
    world
}

fn state(world: &World) -> String {
    std::fs::read_to_string(world.state_file("shop/test", "ecs")).unwrap()
}

/// The environment `other` in the region of this world, by the state of `test`.
fn other_environment(world: &World, state: &str) {
    let create = json!({"repositoryName": REPOSITORY});
    world.json(
        "AmazonEC2ContainerRegistry_V20150921.CreateRepository",
        &create,
    );
    let state = state.replace("shop-test", "shop-other");
    let state = state.replace("\"environment\": \"test\"", "\"environment\": \"other\"");
    let state = state.replace("\"environment\":\"test\"", "\"environment\":\"other\"");
    let other = world.state_file("shop/other", "ecs");
    std::fs::create_dir_all(other.parent().unwrap()).unwrap();
    std::fs::write(other, state).unwrap();
}

fn promote(world: &World, arguments: &str) -> Done {
    let promote = world.rd("rd-ecs").args("promote -e other --from test");
    promote.args(arguments).run()
}

fn promoted(world: &World, arguments: &str) -> Value {
    let done = promote(world, arguments);
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    serde_json::from_str(&done.stdout).unwrap()
}

fn manifest(world: &World, repository: &str, reference: &str) -> String {
    let path = format!("/v2/{repository}/manifests/{reference}");
    let answer = world.registry("GET", &path, "", b"");
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

#[test]
fn what_the_other_environment_runs_is_copied_with_its_digest() {
    let world = two_environments("");
    let placeholder = promote(&world, "");
    assert_eq!(placeholder.code, 6, "{}", placeholder.stderr);
    assert!(
        placeholder
            .stderr
            .contains("not an image of its repository"),
        "{}",
        placeholder.stderr
    );
    let digest = world.image("promoted", "arm64");
    world.rd("rd-ecs").args("deploy --tag promoted").ok();

    let first = promoted(&world, "");
    assert_eq!(first["digest"], digest.as_str());
    assert_eq!(first["tags"], json!(["promoted"]));
    assert_eq!(first["layers"], json!({"pushed": 1, "skipped": 0}));
    let image = first["image"].as_str().unwrap();
    assert!(
        image.ends_with(&format!("/{REPOSITORY}@{digest}")),
        "{image}"
    );
    assert_eq!(
        manifest(&world, REPOSITORY, "promoted"),
        manifest(&world, "shop-test-api", "promoted")
    );

    let again = promoted(&world, "--tag release-7");
    assert_eq!(again["layers"], json!({"pushed": 0, "skipped": 0}));
    assert_eq!(
        manifest(&world, REPOSITORY, "release-7"),
        manifest(&world, REPOSITORY, "promoted")
    );
    let text = promote(&world, "--format text");
    assert_eq!(text.stdout.trim(), image, "{}", text.stderr);
}

#[test]
fn the_region_of_the_other_environment_is_that_of_its_state() {
    let world = World::new(SETTINGS);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    let digest = world.image("v3", "arm64");
    world.rd("rd-ecs").args("deploy --tag v3").ok();
    let state = state(&world).replace(REGION, ELSEWHERE);
    let world = world.in_region(ELSEWHERE);
    other_environment(&world, &state);
    for (flags, tag) in [("", "v3"), ("--region eu-central-1 --tag v4", "v4")] {
        let there = promoted(&world, flags);
        assert_eq!(there["digest"], digest.as_str());
        let image = there["image"].as_str().unwrap();
        assert!(image.contains(".eu-central-1."), "{image}");
        manifest(&world, REPOSITORY, tag);
    }
    let wrong = promote(&world, "--from-region eu-central-1");
    assert_eq!(wrong.code, 6, "{}", wrong.stderr);
    assert!(wrong.stderr.contains(REGION), "{}", wrong.stderr);
}

#[test]
fn an_index_is_copied_with_all_of_its_images() {
    let world = two_environments("");
    let mut layout = Layout::default();
    let gzip = "application/vnd.oci.image.layer.v1.tar";
    let mut images = Vec::new();
    for (number, architecture) in [(1, "arm64"), (2, "amd64")] {
        let layers = [layer(number, 20_000), layer(9, 30_000)];
        let contents: Vec<(&str, Vec<u8>)> = layers.iter().map(|one| (gzip, one.clone())).collect();
        let mut image = layout.image(&config(architecture, &layers), &contents);
        image["platform"] = json!({"os": "linux", "architecture": architecture});
        images.push(image);
    }
    let index = layout.index(&images);
    write(
        &world.path().join("app.tar"),
        &layout.finish(std::slice::from_ref(&index)),
    );
    world.rd("rd-ecs").args("push app.tar --tag both").ok();
    let result = promoted(&world, "--from-tag both");
    assert_eq!(result["digest"], index["digest"]);
    assert_eq!(result["architectures"], json!(["ARM64", "X86_64"]));
    assert_eq!(result["layers"], json!({"pushed": 3, "skipped": 0}));
    for image in &images {
        manifest(&world, REPOSITORY, image["digest"].as_str().unwrap());
    }
}

#[test]
fn what_tasks_cannot_run_is_not_promoted() {
    let world = two_environments("");
    world.image("amd", "amd64");
    let platform = promote(&world, "--from-tag amd");
    assert_eq!(platform.code, 6, "{}", platform.stderr);
    assert!(
        platform
            .stderr
            .contains("X86_64, but the tasks run on ARM64"),
        "{}",
        platform.stderr
    );
}

#[test]
fn an_image_without_a_scan_is_warned_of() {
    let world = two_environments("scan_on_push = false");
    let digest = world.image("v1", "arm64");
    let unscanned = promote(&world, &format!("--digest {digest} --tag unscanned"));
    assert_eq!(unscanned.code, 0, "{}", unscanned.stderr);
    assert!(
        unscanned.stderr.contains("was not scanned"),
        "{}",
        unscanned.stderr
    );
}

#[test]
fn what_a_scan_has_found_is_not_promoted() {
    let world = two_environments("");
    // The local API knows scans by their digest alone, whatever the account.
    let digest = world.image("scanned", "arm64");
    let scan = |counts: Value| {
        let scan = json!({"digest": digest, "counts": counts});
        world.aws_local("/aws-local/scan", &scan);
    };
    scan(json!({"HIGH": 2, "LOW": 1}));
    promoted(&world, "--from-tag scanned");
    let high = promote(&world, "--from-tag scanned --fail-on high");
    assert_eq!(high.code, 6, "{}", high.stderr);
    assert!(high.stderr.contains("findings: 2 high"), "{}", high.stderr);
    scan(json!({"CRITICAL": 1, "HIGH": 2}));
    let critical = promote(&world, "--from-tag scanned");
    assert_eq!(critical.code, 6, "{}", critical.stderr);
    assert!(
        critical.stderr.contains("findings: 1 critical")
            && critical.stderr.contains("--allow-findings"),
        "{}",
        critical.stderr
    );
    promoted(&world, "--from-tag scanned --allow-findings");
}

#[test]
fn what_cannot_be_promoted_is_named() {
    let world = two_environments("");
    let own = world.rd("rd-ecs").args("promote --from test").code(2);
    assert!(
        own.stderr.contains("-e the one that gets it"),
        "{}",
        own.stderr
    );
    let unknown = world.rd("rd-ecs").args("promote --from stagin").code(1);
    assert!(
        unknown.stderr.contains("never applied for shop-stagin")
            && unknown.stderr.contains("with a state: other, test"),
        "{}",
        unknown.stderr
    );
    let missing = promote(&world, "--from-tag v9");
    assert_eq!(missing.code, 1, "{}", missing.stderr);
    assert!(
        missing.stderr.contains("shop-test-api has no image v9"),
        "{}",
        missing.stderr
    );
    assert_eq!(promote(&world, "--tag rd-7").code, 2);
}

#[test]
fn the_image_of_another_account_is_read_with_a_profile_of_its_own() {
    let staging = World::new(SETTINGS);
    staging.service("");
    staging.rd("rd-ecs").args("apply -y").ok();
    let digest = staging.image("v7", "arm64");
    staging.rd("rd-ecs").args("deploy --tag v7").ok();
    let production = two_environments("");
    assert_ne!(staging.account, production.account);
    std::fs::copy(
        staging.state_file("shop/test", "ecs"),
        production.state_file("shop/test", "ecs"),
    )
    .unwrap();
    let refused = promote(&production, "");
    assert_eq!(refused.code, 6, "{}", refused.stderr);
    let accounts = format!(
        "shop-test is in account {}, but the credentials are of {}",
        staging.account, production.account
    );
    assert!(refused.stderr.contains(&accounts), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("--from-profile"),
        "{}",
        refused.stderr
    );

    let mut profile = "[profile staging]\nregion = us-east-1\n".to_owned();
    for (name, value) in staging.environment() {
        if [
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ]
        .contains(&name.as_str())
        {
            profile.push_str(&format!("{} = {value}\n", name.to_lowercase()));
        }
    }
    let file = production.path().join("aws-config");
    std::fs::write(&file, profile).unwrap();
    let line = "promote -e other --from test --from-profile staging";
    let promote = || {
        let promote = production.rd("rd-ecs").args(line);
        promote.env("AWS_CONFIG_FILE", file.to_str().unwrap()).ok()
    };
    let done: Value = serde_json::from_str(&promote().stdout).unwrap();
    assert_eq!(done["digest"], digest.as_str());
    assert_eq!(done["layers"], json!({"pushed": 1, "skipped": 0}));
    let image = done["image"].as_str().unwrap();
    assert!(image.starts_with(&production.account), "{image}");
    assert_eq!(
        manifest(&production, REPOSITORY, "v7"),
        manifest(&staging, "shop-test-api", "v7")
    );
    let again: Value = serde_json::from_str(&promote().stdout).unwrap();
    assert_eq!(again["layers"], json!({"pushed": 0, "skipped": 0}));
}
