//! Every verb works on the shared store as on the local one, and states move between them.

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{World, endpoint};
use serde_json::{Value, json};
use std::fs;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n[net]\nnat = \"none\"\nazs = 1\n";

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn bootstrap_creates_a_store_once() {
    let world = World::new(SETTINGS);
    let first = world.rd("rd-state").args("bootstrap -y --format json").ok();
    let first = json_of(&first.stdout);
    let bucket = format!("shop-state-{}", world.account);
    assert_eq!(first["bucket"], json!(bucket));
    assert_eq!(first["table"], json!("shop-locks"));
    assert!(first["changed"].as_array().unwrap().len() > 8, "{first}");
    let settings = fs::read_to_string(world.path().join("rd.toml")).unwrap();
    assert!(
        settings.contains(&format!("backend = \"s3\"\nbucket = \"{bucket}\"")),
        "{settings}"
    );
    let again = world.rd("rd-state").args("bootstrap -y --format json").ok();
    assert_eq!(
        json_of(&again.stdout)["changed"],
        json!([]),
        "run twice: no change"
    );
    // What it set.
    let table = world.json(
        "DynamoDB_20120810.DescribeTable",
        &json!({"TableName": "shop-locks"}),
    );
    let table = &table["Table"];
    assert_eq!(table["DeletionProtectionEnabled"], json!(true));
    assert_eq!(
        table["BillingModeSummary"]["BillingMode"],
        json!("PAY_PER_REQUEST")
    );
    assert_eq!(
        table["KeySchema"],
        json!([{"AttributeName": "LockID", "KeyType": "HASH"}])
    );
    let policy = world.s3("GET", &format!("/{bucket}?policy"), "").body;
    for text in [
        "s3:if-none-match",
        "s3:DeleteObjectVersion",
        "aws:SecureTransport",
    ] {
        assert!(policy.contains(text), "{policy}");
    }
    let lifecycle = world.s3("GET", &format!("/{bucket}?lifecycle"), "").body;
    assert!(
        lifecycle.contains("<NoncurrentDays>90</NoncurrentDays>")
            && lifecycle.contains("<NewerNoncurrentVersions>50</NewerNoncurrentVersions>"),
        "{lifecycle}"
    );
    // Not even another program overwrites or deletes a state.
    world.rd("rd-net").args("apply -y").ok();
    let object = format!("/{bucket}/rd/state/shop/test/net.json");
    assert_eq!(world.s3("PUT", &object, "{}").status, 403);
    assert_eq!(world.s3("DELETE", &object, "").status, 403);
    world.rd("rd-net").args("plan --exit-code").ok();
}

#[test]
fn what_exists_and_is_not_ours_is_used_only_when_asked() {
    let world = World::new(SETTINGS);
    let files = format!("team-files-{}", world.account);
    world.s3("PUT", &format!("/{files}"), "");
    world.s3("PUT", &format!("/{files}/readme"), "hello");
    let table = json!({"TableName": "tf-locks", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "LockID", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "LockID", "AttributeType": "S"}]});
    world.json("DynamoDB_20120810.CreateTable", &table);
    let bootstrap = |flags: &str| {
        world
            .rd("rd-state")
            .args("bootstrap -y --format json")
            .args(flags)
    };
    let refused = bootstrap(&format!("--bucket {files} --table tf-locks")).code(6);
    assert!(
        refused.stderr.contains("rd has not created it"),
        "{}",
        refused.stderr
    );
    let refused = bootstrap("--table tf-locks").code(6);
    assert!(
        refused.stderr.contains("table tf-locks exists"),
        "{}",
        refused.stderr
    );
    let used = bootstrap(&format!("--bucket {files} --table tf-locks --use-existing")).ok();
    let used = json_of(&used.stdout);
    let table_changes = used["changed"].as_array().unwrap().iter();
    assert!(
        table_changes
            .filter(|text| text.as_str().unwrap().starts_with("table"))
            .count()
            == 0
    );
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(
        world.s3("GET", &format!("/{files}/readme"), "").body,
        "hello"
    );
    let other_key = json!({"TableName": "other", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "Id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "Id", "AttributeType": "S"}]});
    world.json("DynamoDB_20120810.CreateTable", &other_key);
    let refused = bootstrap(&format!("--bucket {files} --table other --use-existing")).code(6);
    assert!(
        refused
            .stderr
            .contains("another key than the text `LockID`"),
        "{}",
        refused.stderr
    );
}

/// What was created a moment ago is not known to every call, and some changes exclude each other.
#[test]
fn bootstrap_waits_for_what_is_new() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let refuse = |operation, times, status, code| {
        Rule::at_first(Calls::Of(operation), times, Fault::Refuse { status, code })
    };
    let rules = vec![
        refuse("GET ?tagging", 1, 404, "NoSuchBucket"),
        refuse("PUT ?tagging", 2, 404, "NoSuchBucket"),
        refuse("PUT ?policy", 2, 409, "OperationAborted"),
        refuse("CreateTable", 2, 400, "LimitExceededException"),
        refuse(
            "DescribeContinuousBackups",
            2,
            400,
            "TableNotFoundException",
        ),
        refuse(
            "UpdateContinuousBackups",
            2,
            400,
            "ContinuousBackupsUnavailableException",
        ),
    ];
    proxy.rules(rules, None);
    world.rd("rd-state").args("bootstrap -y").ok();
    assert_eq!(proxy.happened(), 11);
    proxy.no_more_faults();
    let again = world.rd("rd-state").args("bootstrap -y --format json").ok();
    assert_eq!(json_of(&again.stdout)["changed"], json!([]));
}

/// Each prefix has statements and rules of its own.
#[test]
fn two_prefixes_share_a_bucket() {
    let world = World::new(SETTINGS);
    let other = world.checkout();
    let text = format!("{SETTINGS}[state]\nbackend = \"s3\"\nregion = \"us-east-1\"\n");
    let bucket = format!("shop-state-{}", world.account);
    let prefixed = format!("{text}bucket = \"{bucket}\"\nprefix = \"infra/rd\"\n");
    other.settings(&prefixed);
    let bootstrap = |world: &World| {
        let done = world
            .rd("rd-state")
            .args("bootstrap -y --no-table --format json");
        json_of(&done.ok().stdout)["changed"].clone()
    };
    // An earlier version had the same ids for all prefixes.
    bootstrap(&other);
    let policy = format!("/{bucket}?policy");
    let old = world.s3("GET", &policy, "").body.replace("XinfraX2frd", "");
    assert!(old.contains("\"RdNothingIsDeleted\""), "{old}");
    assert!(world.s3("PUT", &policy, &old).status < 300);
    bootstrap(&world);
    for (world, prefix) in [(&world, "rd"), (&other, "infra/rd")] {
        assert_eq!(bootstrap(world), json!([]));
        world.rd("rd-net").args("apply -y").ok();
        let object = format!("/{bucket}/{prefix}/state/shop/test/net.json");
        assert_eq!(world.s3("PUT", &object, "{}").status, 403, "{object}");
        world.rd("rd-net").args("destroy -y").ok();
    }
    let lifecycle = world.s3("GET", &format!("/{bucket}?lifecycle"), "").body;
    for prefix in ["rd/state/", "rd/lock/", "infra/rd/state/", "infra/rd/lock/"] {
        assert!(
            lifecycle.contains(&format!(">{prefix}<")),
            "{prefix}: {lifecycle}"
        );
    }
}

/// As a store in place of S3 that does not know them.
#[test]
fn a_store_that_refuses_conditions_is_not_set_up() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let files = format!("team-other-{}", world.account);
    world.s3("PUT", &format!("/{files}"), "");
    world.s3("PUT", &format!("/{files}/readme"), "hello");
    let settings = fs::read_to_string(world.path().join("rd.toml")).unwrap();
    let probe =
        Calls::Matching(|call| call.operation == "PUT object" && call.path.contains("probe.json"));
    let fault = Fault::Refuse {
        status: 501,
        code: "NotImplemented",
    };
    proxy.rules(vec![Rule::at_first(probe, usize::MAX, fault)], None);
    let line = format!("bootstrap -y --no-table --use-existing --bucket {files}");
    let refused = world.rd("rd-state").args(&line).code(6);
    assert!(
        refused.stderr.contains("conditional writes to"),
        "{}",
        refused.stderr
    );
    assert_eq!(Calls::Changes.count(&proxy.calls()), 1, "the probe alone");
    let after = fs::read_to_string(world.path().join("rd.toml")).unwrap();
    assert_eq!(after, settings);
    proxy.no_more_faults();
    world.rd("rd-state").args(&line).ok();
}

#[test]
fn the_verbs_of_rd_state_work_on_a_bucket() {
    let world = World::new(SETTINGS);
    world.rd("rd-state").args("bootstrap -y").ok();
    let state = |line: &str| world.rd("rd-state").args(line);
    world.rd("rd-net").args("apply -y").ok();
    assert!(state("list").ok().stdout.contains("net.vpc.main"));
    assert!(state("outputs --format json").ok().stdout.contains("vpc-"));
    state("show net.vpc.main").ok();
    state("graph").ok();
    let pulled = state("pull net").ok().stdout;
    let serial = json_of(&pulled)["serial"].as_u64().unwrap();
    let history = state("history net --all --format json").ok().records();
    assert_eq!(history.len() as u64, serial);
    assert!(history.iter().all(|version| version["command"] == "apply"));
    let few = state("history net --all --limit 2 --format json")
        .ok()
        .records();
    assert_eq!(few.len(), 2);
    let differs = state(&format!("diff net 1 {serial} --format json"))
        .ok()
        .stdout;
    assert!(!differs.is_empty());
    let old = state("pull net --serial 1").ok().stdout;
    assert_eq!(json_of(&old)["serial"], json!(1));
    // A saved plan is stale after a change, and only then.
    let restored = json_of(
        &state(&format!("restore net {serial} --format json"))
            .ok()
            .stdout,
    );
    assert_eq!(restored["serial"], json!(serial + 1));
    world.rd("rd-net").args("plan --exit-code").ok();
    let mut next = json_of(&state("pull net").ok().stdout);
    next["serial"] = json!(serial + 2);
    state("push net").stdin(next.to_string()).ok();
    let refused = state("push net").stdin(next.to_string()).code(6);
    assert!(
        refused.stderr.contains("the next serial is"),
        "{}",
        refused.stderr
    );
    let subnets = state("list net.subnet --format json").ok().records();
    let address = subnets[0]["address"].as_str().unwrap().to_owned();
    state(&format!("mv {address} net.subnet.moved")).ok();
    state(&format!("mv net.subnet.moved {address}")).ok();
    state("rm net.vpc.main").ok();
    world.rd("rd-state").args("rebuild net").ok();
    world.rd("rd-net").args("plan --exit-code").ok();
    let plan = world.rd("rd-net").args("plan").ok().stdout;
    fs::write(world.path().join("plan.jsonl"), plan).unwrap();
    state("unlock net --format json").ok();
    world.rd("rd-net").args("apply --plan plan.jsonl").ok();
    state("locks").ok();
    state("doctor net").ok();
    // Without a state here or there, everything is found by its tags.
    assert!(!world.path().join(".rd/shop").exists());
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn doctor_tries_the_store() {
    let world = World::new(SETTINGS);
    world.rd("rd-state").args("bootstrap -y").ok();
    world.rd("rd-state").args("doctor --local").ok();
    let bucket = format!("shop-state-{}", world.account);
    assert!(world.s3("DELETE", &format!("/{bucket}?policy"), "").status < 300);
    let found = world.rd("rd-state").args("doctor --local").code(1);
    assert!(
        found.stderr.contains("lets anybody overwrite a state"),
        "{}",
        found.stderr
    );
    world.rd("rd-state").args("bootstrap -y").ok();
    let off = "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
               <Status>Suspended</Status></VersioningConfiguration>";
    assert!(
        world
            .s3("PUT", &format!("/{bucket}?versioning"), off)
            .status
            < 300
    );
    let found = world.rd("rd-state").args("doctor --local").code(1);
    assert!(
        found.stderr.contains("versioning of the state bucket"),
        "{}",
        found.stderr
    );
    let refused = world.rd("rd-net").args("apply -y").code(1);
    assert!(
        refused.stderr.contains("bootstrap --use-existing"),
        "{}",
        refused.stderr
    );
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn states_are_moved_to_a_bucket_and_back() {
    let world = World::new(SETTINGS);
    let clone = world.checkout();
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-state").args("bootstrap -y").ok();
    // The settings name the bucket, and the states are not there yet.
    let refused = world.rd("rd-net").args("plan").code(6);
    assert!(
        refused.stderr.contains("rd-state migrate --to s3"),
        "{}",
        refused.stderr
    );
    let before = world
        .rd("rd-state")
        .args("history net --all --format json --set state.backend=local");
    let before = before.ok().stdout;
    let moved = world
        .rd("rd-state")
        .args("migrate --to s3 --format json")
        .ok()
        .records();
    assert_eq!(moved[0]["slice"], json!("net"));
    assert_eq!(
        moved[0]["added"].as_u64().unwrap(),
        before.lines().count() as u64
    );
    let after = world
        .rd("rd-state")
        .args("history net --all --format json")
        .ok()
        .stdout;
    assert_eq!(after, before);
    // A fresh checkout, as in CI, has nothing to do.
    let ci = world.checkout();
    ci.rd("rd-net").args("plan --exit-code").ok();
    ci.rd("rd-net")
        .args("apply -y --set net.flow_logs=false")
        .ok();
    // Whoever still has local settings here is refused; a forgotten clone is caught by the tags at AWS.
    let refused = world
        .rd("rd-net")
        .args("plan --set state.backend=local")
        .code(6);
    assert!(
        refused.stderr.contains("were moved to s3://"),
        "{}",
        refused.stderr
    );
    let plan = clone.rd("rd-net").args("plan").ok();
    assert!(
        plan.actions()
            .iter()
            .all(|action| action.starts_with("adopt")),
        "{:?}",
        plan.actions()
    );
    world.rd("rd-state").args("migrate --to s3").ok();
    let back = world.rd("rd-state").args("migrate --to local").ok();
    assert!(
        back.stderr.contains("backend = \"local\" now"),
        "{}",
        back.stderr
    );
    world.rd("rd-net").args("plan --exit-code").ok();
    let refused = ci.rd("rd-net").args("plan").code(6);
    assert!(
        refused.stderr.contains("were moved to local"),
        "{}",
        refused.stderr
    );
    world.rd("rd-net").args("destroy -y").ok();
}

#[test]
fn the_shared_store_has_no_state_dir() {
    let world = World::new(&format!(
        "{SETTINGS}[state]\nbackend = \"s3\"\nbucket = \"team-state\"\nregion = \"us-east-1\"\n"
    ));
    let refused = world.rd("rd-net").args("plan --state-dir other").code(2);
    assert!(
        refused
            .stderr
            .contains("--state-dir other is for local states"),
        "{}",
        refused.stderr
    );
    let missing = world.rd("rd-net").args("plan").code(1);
    assert!(
        missing.stderr.contains("rd-state bootstrap"),
        "{}",
        missing.stderr
    );
    world.rd("rd-net").args("plan --offline").ok();
}
