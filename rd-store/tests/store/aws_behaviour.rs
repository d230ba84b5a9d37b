//! What S3 does and no other API would: docs/aws-behaviour.md has the list.

use rd_testkit::faults::{Call, Calls, Fault, Proxy, Rule};
use rd_testkit::{World, endpoint};
use serde_json::{Value, json};

fn settings(store: &str) -> String {
    format!("project = \"shop\"\nenvironment = \"test\"\n[store]\n{store}\n")
}

fn faulty(rules: Vec<Rule>) -> (World, Proxy) {
    let proxy = Proxy::start(endpoint());
    let world = World::at(&settings(""), proxy.url());
    proxy.rules(rules, None);
    (world, proxy)
}

fn bucket(world: &World) -> String {
    format!("shop-test-sessions-{}", world.account)
}

fn refuse(status: u16, code: &'static str) -> Fault {
    Fault::Refuse { status, code }
}

fn has_no_changes(world: &World) {
    assert_eq!(world.rd("rd-store").args("plan").ok().actions(), [""; 0]);
}

fn calls_of(proxy: &Proxy, operation: &str) -> usize {
    let calls = proxy.calls();
    calls.iter().filter(|c| c.operation == operation).count()
}

#[test]
fn settings_that_are_old_again_are_read_until_they_stay() {
    let (world, proxy) = faulty(Vec::new());
    world.rd("rd-store").args("apply -y").ok();
    world.settings(&settings("noncurrent_days = 3"));
    // The plan's read is the first one; the second after the change shows the old rules again.
    let old = Fault::Rewrite {
        from: "<NoncurrentDays>3</NoncurrentDays>",
        to: "<NoncurrentDays>30</NoncurrentDays>",
    };
    proxy.rules(vec![Rule::once(Calls::Of("GET ?lifecycle"), 2, old)], None);
    world.rd("rd-store").args("apply -y").ok();
    assert_eq!(proxy.happened(), 1);
    assert_eq!(calls_of(&proxy, "PUT ?lifecycle"), 1);
    // One for the plan, two until the old rules came back, and three in a row that agree.
    assert_eq!(calls_of(&proxy, "GET ?lifecycle"), 1 + 2 + 3);
}

fn has_tags(call: &Call) -> bool {
    call.operation == "PUT bucket" && String::from_utf8_lossy(&call.body).contains("<Tags>")
}

#[test]
fn a_bucket_is_created_without_tags_where_the_credentials_may_not_set_them() {
    let denied = Rule::at_first(Calls::Matching(has_tags), 1, refuse(403, "AccessDenied"));
    let (world, proxy) = faulty(vec![denied]);
    world.rd("rd-store").args("apply -y").ok();
    assert_eq!(proxy.happened(), 1);
    let tags = world.s3("GET", &format!("/{}?tagging", bucket(&world)), "");
    assert!(tags.body.contains("rd:slice"), "{}", tags.body);
    has_no_changes(&world);
}

#[test]
fn where_no_bucket_may_be_created_the_first_refusal_is_shown() {
    let denied = Rule::at_first(Calls::Of("PUT bucket"), 2, refuse(403, "AccessDenied"));
    let (world, proxy) = faulty(vec![denied]);
    let apply = world.rd("rd-store").args("apply -y").code(1);
    assert_eq!(proxy.happened(), 2);
    assert!(apply.stderr.contains("AccessDenied"), "{}", apply.stderr);
    assert!(world.rd("rd-state").args("list").ok().stdout.is_empty());
}

#[test]
fn what_a_new_bucket_refuses_for_now_is_repeated() {
    let once = |operation, status, code| Rule::once(Calls::Of(operation), 0, refuse(status, code));
    let (world, proxy) = faulty(vec![
        once("PUT bucket", 409, "OperationAborted"),
        once("PUT ?publicAccessBlock", 404, "NoSuchBucket"),
        once("PUT ?policy", 409, "OperationAborted"),
        once("PUT ?versioning", 404, "NoSuchBucket"),
        once("PUT ?lifecycle", 404, "NoSuchLifecycleConfiguration"),
    ]);
    world.rd("rd-store").args("apply -y").ok();
    assert_eq!(proxy.happened(), 5);
    let rules = vec![
        once("PUT ?tagging", 409, "OperationAborted"),
        once("DELETE bucket", 409, "OperationAborted"),
    ];
    proxy.rules(rules, None);
    world.settings(&format!("{}[tags]\nOwner = \"platform\"\n", settings("")));
    world.rd("rd-store").args("apply -y").ok();
    world.rd("rd-store").args("destroy -y").ok();
    assert_eq!(proxy.happened(), 2);
}

#[test]
fn a_bucket_that_controls_access_by_tags_is_tagged_one_by_one() {
    for abac in ["Disabled", "Enabled"] {
        let world = World::new(&format!("{}[tags]\nOwner = \"web\"\n", settings("")));
        world.rd("rd-store").args("apply -y").ok();
        let name = bucket(&world);
        let tags = world.s3("GET", &format!("/{name}?tagging"), "").body;
        let foreign = "<Tag><Key>Team</Key><Value>billing</Value></Tag></TagSet>";
        let tags = tags.replace("</TagSet>", foreign);
        assert!(world.s3("PUT", &format!("/{name}?tagging"), &tags).status < 300);
        let status = format!("<AbacStatus><Status>{abac}</Status></AbacStatus>");
        assert!(world.s3("PUT", &format!("/{name}?abac"), &status).status < 300);

        world.settings(&format!("{}[tags]\nStage = \"one\"\n", settings("")));
        world.rd("rd-store").args("apply -y").ok();
        let tags = world.s3("GET", &format!("/{name}?tagging"), "").body;
        for kept in ["Stage", "Team", "rd:slice"] {
            assert!(
                tags.contains(&format!("<Key>{kept}</Key>")),
                "{abac}: {tags}"
            );
        }
        assert!(!tags.contains("<Key>Owner</Key>"), "{abac}: {tags}");
        has_no_changes(&world);
    }
}

#[test]
fn a_public_policy_is_explained() {
    let denied = Rule::once(Calls::Of("PUT ?policy"), 0, refuse(403, "AccessDenied"));
    let (world, _) = faulty(vec![denied]);
    let apply = world.rd("rd-store").args("apply -y").code(1);
    assert!(
        apply.stderr.contains("policy_statements"),
        "{}",
        apply.stderr
    );
}

#[test]
fn unfinished_uploads_are_aborted() {
    let (world, proxy) = faulty(Vec::new());
    world.rd("rd-store").args("apply -y").ok();
    let upload = world.s3("POST", &format!("/{}/big?uploads", bucket(&world)), "");
    assert!(upload.status < 300, "{}", upload.body);
    world
        .rd("rd-store")
        .args("destroy -y --delete-objects")
        .ok();
    assert_eq!(calls_of(&proxy, "DELETE ?uploadId"), 1);
}

#[test]
fn what_a_bucket_blocks_stays_when_its_encryption_changes() {
    let world = World::new(&settings(""));
    world.rd("rd-store").args("apply -y").ok();
    has_no_changes(&world);
    world.settings(&settings("kms_key = \"alias/shop\""));
    world.rd("rd-store").args("apply -y").ok();
    let encryption = world.s3("GET", &format!("/{}?encryption", bucket(&world)), "");
    for kept in ["aws:kms", "SSE-C"] {
        assert!(encryption.body.contains(kept), "{}", encryption.body);
    }
    has_no_changes(&world);
}

#[test]
fn objects_are_counted_and_deleted_whatever_their_keys() {
    let world = World::new(&settings(""));
    world.rd("rd-store").args("apply -y").ok();
    let name = bucket(&world);
    for key in [
        "plain",
        "a%20b",
        "a%2Bb",
        "%01",
        "%E2%9C%93/x",
        "tab%09",
        "line%0Dfeed",
    ] {
        let put = world.s3("PUT", &format!("/{name}/{key}"), "12");
        assert!(put.status < 300, "{key}: {}", put.body);
    }
    assert!(world.s3("DELETE", &format!("/{name}/%01"), "").status < 300);
    let usage = world.rd("rd-store").args("usage").ok();
    let usage: Value = serde_json::from_str(usage.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(
        usage["current"]["STANDARD"],
        json!({"objects": 6, "bytes": 12})
    );
    world
        .rd("rd-store")
        .args("destroy -y --delete-objects")
        .ok();
    assert_eq!(world.s3("HEAD", &format!("/{name}"), "").status, 404);
}

#[test]
fn a_bucket_that_is_not_empty_yet_is_emptied_again() {
    let (world, proxy) = faulty(Vec::new());
    world.rd("rd-store").args("apply -y").ok();
    let path = format!("/{}/a", bucket(&world));
    assert!(world.s3("PUT", &path, "1").status < 300);
    let late = Rule::once(Calls::Of("DELETE bucket"), 0, refuse(409, "BucketNotEmpty"));
    proxy.rules(vec![late], None);
    world
        .rd("rd-store")
        .args("destroy -y --delete-objects")
        .ok();
    assert_eq!(proxy.happened(), 1);
    assert_eq!(calls_of(&proxy, "DELETE bucket"), 2);
}

#[test]
fn rules_below_a_prefix_and_statements_of_the_policy_are_the_settings() {
    let world = World::new(&settings(""));
    world.rd("rd-store").args("apply -y").ok();
    let more = "[store.lifecycle_rules.exports]\nprefix = \"exports/\"\nretention_days = 7\n\
        [[store.policy_statements]]\nSid = \"ReadExports\"\nEffect = \"Allow\"\n\
        Principal = { AWS = \"arn:aws:iam::123456789012:root\" }\nAction = \"s3:GetObject\"\nResource = \"exports/*\"\n";
    world.settings(&settings(more));
    world.rd("rd-store").args("apply -y").ok();
    has_no_changes(&world);
    let name = bucket(&world);
    let rules = world.s3("GET", &format!("/{name}?lifecycle"), "").body;
    for part in ["exports/", "<ID>age</ID>", "<ID>exports</ID>"] {
        assert!(rules.contains(part), "{rules}");
    }
    let policy = world.s3("GET", &format!("/{name}?policy"), "").body;
    for part in ["DenyPlainHttp", &format!("arn:aws:s3:::{name}/exports/*")] {
        assert!(policy.contains(part), "{policy}");
    }
    world.settings(&settings(""));
    world.rd("rd-store").args("apply -y").ok();
    let policy = world.s3("GET", &format!("/{name}?policy"), "").body;
    assert!(!policy.contains("ReadExports"), "{policy}");

    world.settings(&settings(
        "[[store.policy_statements]]\nEffect = \"Allow\"\n",
    ));
    let wrong = world.rd("rd-store").args("plan").code(2);
    assert!(
        wrong.stderr.contains("`Principal` is missing"),
        "{}",
        wrong.stderr
    );
}
