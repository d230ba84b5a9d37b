//! The contents of the bucket: `usage` counts them, and `destroy` deletes them only with `--delete-objects`.

use rd_testkit::World;
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

fn filled() -> (World, String) {
    let world = World::new(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    let bucket = format!("shop-test-sessions-{}", world.account);
    for (key, body) in [
        ("a", "1234"),
        ("a", "123456"),
        ("b/c%20d", "1"),
        ("gone", "12"),
    ] {
        let put = world.s3("PUT", &format!("/{bucket}/{key}"), body);
        assert!(put.status < 300, "{}", put.body);
    }
    assert!(world.s3("DELETE", &format!("/{bucket}/gone"), "").status < 300);
    (world, bucket)
}

#[test]
fn usage_counts_by_version_and_storage_class() {
    let (world, _) = filled();
    let usage = world.rd("rd-store").args("usage").ok();
    let usage: Value = serde_json::from_str(usage.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        usage["current"]["STANDARD"],
        json!({"objects": 2, "bytes": 7})
    );
    assert_eq!(
        usage["noncurrent"]["STANDARD"],
        json!({"objects": 2, "bytes": 6})
    );
    assert_eq!(usage["delete_markers"], 1);
    assert_eq!(usage["unfinished_uploads"], 0);
    let text = world.rd("rd-store").args("usage --format text").ok();
    assert!(text.stdout.contains("STANDARD"), "{}", text.stdout);
}

#[test]
fn a_status_shows_the_size_that_s3_has_counted() {
    let world = World::new(SETTINGS);
    world.rd("rd-store").args("apply -y").ok();
    let bucket = format!("shop-test-sessions-{}", world.account);
    let size = || {
        let status = world.rd("rd-store").args("status").ok();
        status.of_type("status")[0]["details"]["size"].clone()
    };
    assert_eq!(size(), "unknown");
    for (storage_type, bytes) in [
        ("StandardStorage", 1_610_612_736.0),
        ("StandardIAStorage", 536_870_912.0),
        // Of another class than the settings know: nothing moves objects to it.
        ("DeepArchiveStorage", 1e12),
    ] {
        let dimensions = [
            ("BucketName", bucket.as_str()),
            ("StorageType", storage_type),
        ];
        world.metric("AWS/S3", "BucketSizeBytes", &dimensions, 60 * 26, bytes);
    }
    assert_eq!(size(), "2.0 GB");
}

#[test]
fn a_bucket_that_is_not_empty_is_not_destroyed() {
    let (world, bucket) = filled();
    let refused = world.rd("rd-store").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains("--delete-objects"),
        "{}",
        refused.stderr
    );
    assert_eq!(refused.end()["status"], "failed");
    assert_eq!(world.s3("GET", &format!("/{bucket}/a"), "").body, "123456");

    // With noncurrent versions only, the bucket is not empty either.
    for key in ["a", "b/c%20d"] {
        world.s3("DELETE", &format!("/{bucket}/{key}"), "");
    }
    world.rd("rd-store").args("destroy -y").code(6);
    world
        .rd("rd-store")
        .args("destroy -y --delete-objects")
        .ok();
    assert_eq!(world.s3("HEAD", &format!("/{bucket}"), "").status, 404);
    assert!(world.rd("rd-store").args("plan").ok().actions()[0].starts_with("create "));
}

#[test]
fn many_objects_are_deleted_in_batches() {
    let (world, bucket) = filled();
    std::thread::scope(|scope| {
        for part in 0..4 {
            let (world, bucket) = (&world, &bucket);
            scope.spawn(move || {
                for number in 0..300 {
                    let put = world.s3("PUT", &format!("/{bucket}/many/{part}/{number}"), "x");
                    assert!(put.status < 300);
                }
            });
        }
    });
    let destroy = world
        .rd("rd-store")
        .args("destroy -y --delete-objects -v")
        .ok();
    let batches = destroy.stderr.matches("DeleteObjects").count();
    assert!(
        (2..=4).contains(&batches),
        "1206 versions and markers took {batches} calls"
    );
    assert_eq!(world.s3("HEAD", &format!("/{bucket}"), "").status, 404);
}
