//! `rd-state adopt --scan` of a whole stack: everything is found by what it is, without names, tags or states.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_common::slices::SLICES;
use rd_testkit::faults::Scenario;
use rd_testkit::{Done, World};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What has parts in every slice.
const SETTINGS: &str = r#"
project = "shop"
environment = "test"
domain = "DOMAIN"

[net]
flow_logs = true

[data]
monitoring_seconds = 60

[data.parameters]
work_mem = "8192"

[cache.parameters]
maxmemory-policy = "allkeys-lru"

[edge.rules]
metrics = { priority = 10, paths = ["/metrics"], status = 404 }

[ecs.schedules]
night = { at = "cron(0 20 ? * MON-FRI *)", min = 0, max = 1 }

[logs]
alert_email = "ops@example.com"
"#;

/// What is left to say once everything exists.
const LATER: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// The kinds that rd finds out from others, and the dashboard, which stays.
const NOT_FOUND: [&str; 5] = [
    "dashboard",
    "certificate_validation",
    "internet_gateway_attachment",
    "secret_version",
    "default_security_group",
];

/// The ids of a stack's resources, by address.
fn ids(world: &World, stack: &str) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for slice in SLICES {
        let Ok(text) = std::fs::read(world.state_file(stack, slice)) else {
            continue;
        };
        let state: Value = serde_json::from_slice(&text).unwrap();
        for (address, one) in state["resources"].as_object().unwrap() {
            let kind = one["kind"].as_str().unwrap_or_default();
            if !NOT_FOUND.contains(&kind) {
                let id = one["id"].as_str().unwrap_or_default();
                all.insert(address.clone(), id.to_owned());
            }
        }
    }
    all
}

/// Makes a stack, with an image where it is `test`, and forgets it. Returns the ids that it had in its states.
fn forgotten(world: &World, environment: &str) -> BTreeMap<String, String> {
    let domain = format!("{environment}.{}", world.domain());
    world.zone(&domain);
    let settings = SETTINGS.replace("DOMAIN", &domain);
    world.settings(&settings.replace("\"test\"", &format!("\"{environment}\"")));
    let pipe = SLICES.map(|slice| format!("rd-{slice} apply -y"));
    let line = format!("set -o pipefail; {} > /dev/null", pipe.join(" | "));
    world.rd("rd-net").shell(&line).ok();
    if environment == "test" {
        // The first revision is a placeholder without variables.
        world.image("v1", "arm64");
        world.rd("rd-ecs").args("deploy --tag v1").ok();
    }
    let ids = ids(world, &format!("shop/{environment}"));
    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();
    world.settings(LATER);
    // Without its tags, each resource of the network has to be tagged again.
    const TAGGED: [&str; 10] = [
        "vpc-",
        "subnet-",
        "igw-",
        "nat-",
        "eipalloc-",
        "rtb-",
        "sg-",
        "sgr-",
        "vpce-",
        "fl-",
    ];
    let is_tagged =
        |id: &&String| TAGGED.iter().any(|start| id.starts_with(start)) && !id.contains('_');
    for id in ids.values().filter(is_tagged) {
        let tags = [
            "ManagedBy",
            "Project",
            "Environment",
            "rd:address",
            "rd:slice",
        ];
        let keys: Vec<String> = (1..=tags.len()).map(|at| format!("Tag.{at}.Key")).collect();
        let mut remove = vec![("ResourceId.1", id.as_str())];
        remove.extend(keys.iter().map(String::as_str).zip(tags));
        world.ec2("DeleteTags", &remove);
    }
    ids
}

fn scan(world: &World, flags: &str) -> Done {
    let bucket = format!("shop-test-sessions-{}", world.account);
    let line = format!("adopt --scan --bucket {bucket} {flags}");
    world.rd("rd-state").args(&line).run()
}

#[test]
fn a_whole_stack_is_found_by_what_it_is() {
    let world = World::new("");
    let other = forgotten(&world, "other");
    let before = forgotten(&world, "test");
    let unclear = scan(&world, "--dry-run");
    assert_eq!(unclear.code, 6, "{}", unclear.stderr);
    let vpc = &before["net.vpc.main"];
    let done = scan(&world, &format!("--vpc {vpc} -y"));
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let after = ids(&world, "shop/test");
    // The keys of tables, such as that of a schedule, are nowhere in AWS.
    let kind = |address: &str| address.split('.').take(2).collect::<Vec<_>>().join(".");
    let pairs = |all: &BTreeMap<String, String>| -> BTreeSet<(String, String)> {
        let all = all.iter();
        all.map(|(address, id)| (kind(address), id.clone()))
            .collect()
    };
    let (before, after, other) = (pairs(&before), pairs(&after), pairs(&other));
    let of_other: Vec<_> = after.intersection(&other).collect();
    assert!(of_other.is_empty(), "{of_other:#?}");
    let lost = before.difference(&after);
    // A subscription that nobody has confirmed has no ARN in AWS's lists.
    let lost: Vec<_> = lost
        .filter(|(kind, _)| kind != "logs.subscription")
        .collect();
    assert!(lost.is_empty(), "{lost:#?}\n{}", done.stdout);
    assert!(
        !done.stderr.contains("Terraform's state"),
        "{}",
        done.stderr
    );
    for slice in SLICES {
        let plan = world.rd(&format!("rd-{slice}")).args("plan").ok();
        // A dashboard of somebody else stays as it is.
        let expected: &[&str] = match slice {
            "logs" => &["create logs.dashboard.overview"],
            _ => &[],
        };
        assert_eq!(plan.actions(), expected, "{slice}: {}", plan.stdout);
    }
    world.rd("rd-state").args("adopt --undo -y").ok();
    assert!(ids(&world, "shop/test").is_empty());
}

/// Each program finds its slice with no more than the permissions that it prints for it, and says which one is missing.
#[test]
fn each_program_scans_with_its_policy_alone() {
    let world = World::new("");
    let known = forgotten(&world, "test");
    let bucket = format!("shop-test-sessions-{}", world.account);
    let line = format!("scan --vpc {} --bucket {bucket}", known["net.vpc.main"]);
    let mut found: Vec<Value> = Vec::new();
    for slice in ["net", "store", "edge", "ecs", "data", "cache", "logs"] {
        let document = json!({"values": {"root_module": {"resources": found}}}).to_string();
        let program = format!("rd-{slice}");
        let nothing = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]});
        let refused = world.with_policy(&program, &format!("none-{slice}"), &nothing.to_string());
        let refused = refused.args(&line).stdin(document.clone()).code(1);
        assert!(
            refused.stderr.contains("policy --for scan"),
            "{}",
            refused.stderr
        );
        let done = world
            .restricted(&program, "scan")
            .args(&line)
            .stdin(document)
            .ok();
        let document: Value = serde_json::from_str(&done.stdout).unwrap();
        let resources = document["values"]["root_module"]["resources"].as_array();
        let resources = resources.unwrap();
        assert!(!resources.is_empty(), "{slice}");
        found.extend(resources.iter().cloned());
    }
    let known: BTreeSet<&str> = found
        .iter()
        .filter_map(|one| one["type"].as_str())
        .collect();
    assert!(known.len() > 35, "{known:?}");
}

/// Killed at a change, or with its answers lost: run again, it ends the same.
#[test]
fn an_adoption_by_a_scan_ends_the_same_whatever_happens() {
    let scenario = Scenario {
        settings: "",
        prepare: |world| {
            forgotten(world, "test");
        },
        command: |world| {
            let bucket = format!("shop-test-sessions-{}", world.account);
            let line = format!("adopt --scan --bucket {bucket} -y");
            world.rd("rd-state").args(&line)
        },
        check: |world| {
            for slice in SLICES {
                let plan = world.rd(&format!("rd-{slice}")).args("plan").ok();
                let is_new = |one: &&String| *one != "create logs.dashboard.overview";
                assert_eq!(plan.actions().iter().find(is_new), None, "{}", plan.stdout);
            }
        },
    };
    let calls = scenario.record();
    assert!(scenario.killed(&calls, 1) > 20);
    scenario.answers_lost(&calls, 1);
}
