//! `images`, image references, and `login` for other tools.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use crate::registry::{Documents, Registry};
use rd_testkit::archive::{config, digest};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, World, endpoint, request};
use serde_json::{Value, json};

fn applied() -> World {
    let world = World::new(SETTINGS);
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

fn images(world: &World, arguments: &str) -> Vec<Value> {
    let listed = world.rd("rd-ecs").args("images").args(arguments).ok();
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    listed["images"].as_array().unwrap().clone()
}

#[test]
fn images_are_listed_with_findings_and_the_live_one() {
    let world = applied();
    assert_eq!(images(&world, ""), [] as [Value; 0]);
    let text = world.rd("rd-ecs").args("images --format text").ok();
    assert!(
        text.stdout.contains("no images: push one"),
        "{}",
        text.stdout
    );

    let first = world.image("v1", "arm64");
    let second = world.image("v2", "amd64");
    world.aws_local(
        "/aws-local/scan",
        &json!({"digest": first, "counts": {"HIGH": 2, "LOW": 1}}),
    );
    world.rd("rd-ecs").args("deploy --tag v1").ok();
    let listed = images(&world, "");
    let by = |digest: &str| listed.iter().find(|one| one["digest"] == digest).unwrap();
    let one = by(&first);
    assert_eq!(one["tags"], json!(["v1", "rd-2"]));
    assert_eq!(one["architectures"], json!(["ARM64"]));
    assert_eq!(one["size"], 2);
    assert_eq!(one["live"], true);
    assert_eq!(one["revisions"].as_array().unwrap().len(), 1);
    assert_eq!(
        one["scan"],
        json!({"status": "COMPLETE", "findings": {"HIGH": 2, "LOW": 1}})
    );
    assert!(one["pushed_at"].as_str().unwrap().ends_with('Z'));
    let other = by(&second);
    assert_eq!(other["architectures"], json!(["X86_64"]));
    assert_eq!(
        (&other["live"], &other["revisions"]),
        (&json!(false), &json!([]))
    );

    let text = world.rd("rd-ecs").args("images --format text").ok().stdout;
    let line = text.lines().find(|line| line.starts_with("v1 ")).unwrap();
    assert!(
        line.contains(&first[7..19]) && line.contains("2 high, 1 low"),
        "{line}"
    );
    assert!(line.contains("ARM64") && line.contains("live"), "{line}");
    let line = text.lines().find(|line| line.starts_with("v2 ")).unwrap();
    assert!(line.contains("none"), "{line}");
    assert_eq!(images(&world, "--limit 1").len(), 1);
}

#[test]
fn an_error_about_a_missing_image_names_similar_tags() {
    let world = applied();
    let done = world.rd("rd-ecs").args("deploy --tag v1").code(1);
    assert!(
        done.stderr.contains("shop-test-api has no tag `v1`"),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.contains("nothing has been pushed yet"),
        "{}",
        done.stderr
    );
    for tag in ["v41", "v42", "main"] {
        world.image(tag, "arm64");
    }
    let done = world.rd("rd-ecs").args("deploy --tag v43").code(1);
    assert!(
        done.stderr.contains("similar tags: v41, v42"),
        "{}",
        done.stderr
    );
    let digest = format!("sha256:{}", "0".repeat(64));
    let done = world
        .rd("rd-ecs")
        .args("deploy --image")
        .arg(&digest)
        .code(1);
    assert!(
        done.stderr.contains(&format!("has no image {digest}")),
        "{}",
        done.stderr
    );
    let url = world.output("ecs", "repository_url");
    let host = url.as_str().unwrap().split('/').next().unwrap();
    let done = world
        .rd("rd-ecs")
        .args("deploy --image")
        .arg(&format!("{host}/other:v1"))
        .code(1);
    assert!(
        done.stderr.contains("has no repository other"),
        "{}",
        done.stderr
    );
    let done = world
        .rd("rd-ecs")
        .args("deploy --image")
        .arg("Not/A:Reference")
        .code(2);
    assert!(
        done.stderr.contains("is not an image reference"),
        "{}",
        done.stderr
    );
}

#[test]
fn login_prints_the_password_only_for_programs() {
    let world = World::new(SETTINGS);
    // `login` needs no state.
    let done = world.rd("rd-ecs").args("login -vv").ok();
    let password = done.stdout.trim_end();
    assert!(!done.stderr.contains(password), "the password is in a log");
    assert!(done.stderr.contains("user AWS"), "{}", done.stderr);

    let without_password = world.rd("rd-ecs").args("login --format json").ok();
    assert!(!without_password.stdout.contains(password));
    let about: Value = serde_json::from_str(&without_password.stdout).unwrap();
    assert_eq!(about["username"], "AWS");
    assert_eq!(about["url"], endpoint());
    assert!(about["expires_at"].as_str().unwrap().ends_with('Z'));

    // As docker login uses it.
    let encoded = world
        .rd("rd-ecs")
        .shell("printf 'AWS:%s' \"$(rd-ecs login)\" | base64 -w0")
        .ok();
    let authorization = format!("Basic {}", encoded.stdout);
    let headers = [("Authorization", authorization.as_str())];
    assert_eq!(
        request(endpoint(), "GET", "/v2/", &headers, b"").status,
        200
    );
    let headers = [("Authorization", "Basic QVdTOng=")];
    assert_eq!(
        request(endpoint(), "GET", "/v2/", &headers, b"").status,
        401
    );

    // On a terminal, it is refused.
    let done = world
        .rd("rd-ecs")
        .shell("script -qec 'rd-ecs login' /dev/null")
        .run();
    assert_eq!(done.code, 2, "{}", done.stdout);
    assert!(
        done.stdout
            .contains("docker login --username AWS --password-stdin"),
        "{}",
        done.stdout
    );
    assert!(!done.stdout.contains("eyJ"), "{}", done.stdout);
}

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Images of another registry: `app:v1` for ARM64, and the index `app:both`; with their digests.
fn other_images() -> (Documents, [String; 2]) {
    let config = config("arm64", &[]);
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest(&config), "size": config.len()},
        "layers": [],
    });
    let manifest = manifest.to_string().into_bytes();
    let entry = |architecture: &str| {
        json!({"mediaType": MANIFEST, "digest": digest(&manifest), "size": manifest.len(),
            "platform": {"os": "linux", "architecture": architecture}})
    };
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry("arm64"), entry("amd64")]});
    let index = index.to_string().into_bytes();
    let digests = [digest(&manifest), digest(&index)];
    let at = |name: &str| format!("/v2/team/app/{name}");
    let things = [
        (
            at(&format!("blobs/{}", digest(&config))),
            ("application/octet-stream".to_owned(), config),
        ),
        (
            at(&format!("manifests/{}", digests[0])),
            (MANIFEST.to_owned(), manifest.clone()),
        ),
        (
            at(&format!("manifests/{}", digests[1])),
            (INDEX.to_owned(), index.clone()),
        ),
        (at("manifests/v1"), (MANIFEST.to_owned(), manifest)),
        (at("manifests/both"), (INDEX.to_owned(), index)),
    ];
    (things.into(), digests)
}

fn deploy(world: &World, registry: &Registry, image: &str) -> Done {
    let trusted = world.path().join("authority.pem");
    std::fs::write(&trusted, &registry.authority).unwrap();
    world
        .rd("rd-ecs")
        .args("deploy --no-wait --image")
        .arg(&format!("{}/{image}", registry.host))
        .env("SSL_CERT_FILE", trusted.to_str().unwrap())
        .run()
}

#[test]
fn images_of_other_registries_are_read_without_credentials() {
    let world = applied();
    let (things, [one, both]) = other_images();
    let registry = Registry::start(things.clone(), true);
    for (tag, digest) in [("v1", one), ("both", both)] {
        let done = deploy(&world, &registry, &format!("team/app:{tag}"));
        assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
        assert!(
            done.stderr.contains("rd-ecs cannot keep the image"),
            "{}",
            done.stderr
        );
        assert_eq!(
            world.live_image(),
            format!("{}/team/app@{digest}", registry.host)
        );
    }
    let done = deploy(&world, &registry, "team/app:v9");
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains("MANIFEST_UNKNOWN: no such tag"),
        "{}",
        done.stderr
    );
    let closed = Registry::start(things, false);
    let done = deploy(&world, &closed, "team/app:v1");
    assert_eq!(done.code, 1);
    assert!(
        done.stderr.contains("without credentials"),
        "{}",
        done.stderr
    );
}

#[test]
fn revisions_are_listed_with_the_tags_of_their_images() {
    let world = applied();
    let digest = world.image("v1", "arm64");
    world.rd("rd-ecs").args("deploy --tag v1").ok();
    let listed = world.rd("rd-ecs").args("revisions").ok();
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let newest = &listed["revisions"][0];
    assert_eq!(
        (&newest["tags"], &newest["digest"]),
        (&json!(["v1"]), &json!(digest))
    );
    let text = world
        .rd("rd-ecs")
        .args("revisions --format text")
        .env("COLUMNS", "120")
        .ok()
        .stdout;
    let line = text.lines().nth(1).unwrap();
    let words: Vec<&str> = line.split_whitespace().take(4).collect();
    let short = &digest["sha256:".len()..][..12];
    assert_eq!(words, ["2", "live", "v1", short], "{text}");
}

/// What the status of the task definition has of the image.
fn status_of_image(world: &World) -> [String; 2] {
    let status = world.rd("rd-ecs").args("status").ok();
    let all = status.of_type("status");
    let definition = all.iter().find(|one| one["kind"] == "task_definition");
    let details = &definition.unwrap()["details"];
    ["image", "commit"].map(|name| details[name].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_status_shows_the_commit_that_the_image_was_built_from() {
    let world = applied();
    let commit = "3f2a91c0d41f8e6b7a5c4d3e2f1a0b9c8d7e6f5a";
    let labels = json!({"org.opencontainers.image.revision": commit});
    let digest = world.image_with_labels("v1", "arm64", &labels);
    world.rd("rd-ecs").args("deploy --tag v1").ok();
    let short = &digest[.."sha256:".len() + 12];
    let shown = [format!("v1 {short}"), commit.to_owned()];
    assert_eq!(status_of_image(&world), shown);
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    // A change of the settings keeps the image, and what is known of it.
    let more = "--set ecs.stop_timeout_seconds=40";
    world.rd("rd-ecs").args("apply -y").args(more).ok();
    assert_eq!(status_of_image(&world), shown);
    let text = world.rd("rd-ecs").args("status --format text").args(more);
    let text = text.env("COLUMNS", "100").ok().stdout;
    assert!(
        text.contains(&format!("v1 commit 3f2a91c {short}")),
        "{text}"
    );
    // Another image is of another commit, which nobody knows.
    let digest = world.image("v2", "arm64");
    world.rd("rd-ecs").args("deploy --tag v2").args(more).ok();
    let short = &digest[.."sha256:".len() + 12];
    assert_eq!(
        status_of_image(&world),
        [format!("v2 {short}"), String::new()]
    );
}
