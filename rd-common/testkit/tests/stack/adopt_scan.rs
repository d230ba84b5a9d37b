//! `rd-state adopt --scan` of a whole stack: everything is found by what it is, without names, tags or states.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_common::slices::SLICES;
use rd_testkit::{Done, World};
use serde_json::Value;
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
fn ids(world: &World) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for slice in SLICES {
        let Ok(text) = std::fs::read(world.state_file("shop/test", slice)) else {
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

fn applied() -> World {
    let world = World::new("");
    world.zone(&world.domain());
    world.settings(&SETTINGS.replace("DOMAIN", &world.domain()));
    let pipe: Vec<String> = SLICES
        .iter()
        .map(|slice| format!("rd-{slice} apply -y"))
        .collect();
    let line = format!("set -o pipefail; {} > /dev/null", pipe.join(" | "));
    world.rd("rd-net").shell(&line).ok();
    // The first revision is a placeholder without variables.
    world.image("v1", "arm64");
    world.rd("rd-ecs").args("deploy --tag v1").ok();
    world
}

fn scan(world: &World, flags: &str) -> Done {
    let bucket = format!("shop-test-sessions-{}", world.account);
    let line = format!("adopt --scan --bucket {bucket} {flags}");
    world.rd("rd-state").args(&line).run()
}

#[test]
fn a_whole_stack_is_found_by_what_it_is() {
    let world = applied();
    let before = ids(&world);
    std::fs::remove_dir_all(world.path().join(".rd")).unwrap();
    world.settings(LATER);
    let done = scan(&world, "-y");
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let after = ids(&world);
    // The keys of tables, such as that of a schedule, are nowhere in AWS.
    let kind = |address: &str| address.split('.').take(2).collect::<Vec<_>>().join(".");
    let pairs = |all: &BTreeMap<String, String>| -> BTreeSet<(String, String)> {
        let all = all.iter();
        all.map(|(address, id)| (kind(address), id.clone()))
            .collect()
    };
    let (before, after) = (pairs(&before), pairs(&after));
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
    assert!(ids(&world).is_empty());
}
