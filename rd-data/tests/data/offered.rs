//! What RDS offers: versions, classes and support, about which AWS is asked where they are set or change.

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{World, endpoint};

const ASKED: [&str; 3] = [
    "DescribeDBEngineVersions",
    "DescribeOrderableDBInstanceOptions",
    "DescribeDBMajorEngineVersions",
];

fn with(keys: &str) -> String {
    format!("{SETTINGS}[data]\n{keys}\n")
}

fn refused(world: &World, settings: &str, code: i32, texts: &[&str]) {
    world.settings(settings);
    for command in ["plan", "apply -y"] {
        let refused = world.rd("rd-data").args(command).code(code);
        for text in texts {
            assert!(refused.stderr.contains(text), "{}", refused.stderr);
        }
    }
}

#[test]
fn what_rds_does_not_offer_is_refused_by_the_plan() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    let version = [
        "does not offer PostgreSQL 17.99 in us-east-1",
        "17.6",
        "[data]",
    ];
    refused(&world, &with("engine_version = \"17.99\""), 2, &version);
    refused(
        &world,
        &with("engine_version = \"42\""),
        2,
        &["does not offer PostgreSQL 42"],
    );
    let class = [
        "does not offer db.t9.huge for PostgreSQL 17.",
        "instance_class",
    ];
    refused(&world, &with("instance_class = \"db.t9.huge\""), 2, &class);
    let offline = world.rd("rd-data").args("plan --offline").ok();
    assert!(
        offline.stderr.contains(
            "not checked: engine_version, instance_class, storage_type of data.db_instance.postgres"
        ),
        "{}",
        offline.stderr
    );

    // Credentials that may not ask: AWS decides.
    world.settings(&with("engine_version = \"16.8\""));
    const DENIED: Fault = Fault::Refuse {
        status: 403,
        code: "AccessDenied",
    };
    let deny = |operation| Rule::at_first(Calls::Of(operation), 99, DENIED);
    proxy.rules(ASKED.map(deny).to_vec(), None);
    world.rd("rd-data").args("apply -y").ok();

    // Where neither changes, nothing is asked.
    proxy.rules(Vec::new(), None);
    world.rd("rd-data").args("plan").ok();
    world.settings(&with(
        "engine_version = \"16.8\"\nbackup_retention_days = 3",
    ));
    world.rd("rd-data").args("apply -y").ok();
    let calls = proxy.calls();
    let asked = |operation: &str| calls.iter().any(|call| call.operation == operation);
    assert!(!ASKED.iter().any(|operation| asked(operation)));

    // An upgrade goes to the targets of the version, in one step.
    let far = with("engine_version = \"17.2\"\nallow_major_upgrade = true");
    refused(
        &world,
        &far,
        2,
        &["cannot upgrade PostgreSQL 16.8 to 17.2", "17.4"],
    );
    world.settings(&with("engine_version = \"17\"\nallow_major_upgrade = true"));
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    refused(
        &world,
        &with("instance_class = \"db.t4g.huge\""),
        2,
        &["does not offer db.t4g.huge"],
    );
}

#[test]
fn a_version_past_its_standard_support_is_neither_created_nor_restored_by_surprise() {
    let world = World::new(SETTINGS);
    world.network();
    let old = with("engine_version = \"13\"");
    let ended = "PostgreSQL 13 ended on 2026-02-28";
    refused(&world, &old, 2, &[ended, "extended_support = true"]);
    world.settings(&format!("{old}extended_support = true\n"));
    let apply = world.rd("rd-data").args("apply -y").ok();
    assert!(apply.stderr.contains(ended), "{}", apply.stderr);
    let status = world.rd("rd-data").args("status --format text").ok();
    assert!(
        status.stdout.contains("ended on 2026-02-28"),
        "{}",
        status.stdout
    );

    // RDS would upgrade what it restores.
    world.rd("rd-data").args("snapshot before --wait").ok();
    world.settings(&old);
    world.rd("rd-data").args("apply -y").ok();
    let restore = world
        .rd("rd-data")
        .args("restore --snapshot before")
        .code(6);
    assert!(
        restore.stderr.contains(ended) && restore.stderr.contains("newer major version"),
        "{}",
        restore.stderr
    );
    world.settings(&format!("{old}extended_support = true\n"));
    world.rd("rd-data").args("apply -y").ok();
    world.rd("rd-data").args("restore --snapshot before").ok();
}
