//! Storage that grows: by the settings, by AWS, and when the disk is full.

use rd_testkit::faults::{Call, Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{RDS, World, endpoint};

const INSTANCE: &str = "update data.db_instance.postgres";

fn with(more: &str) -> String {
    format!("{SETTINGS}[data]\n{more}\n")
}

fn applied(settings: &str) -> (Proxy, World) {
    let proxy = Proxy::start(endpoint());
    let world = World::at(settings, proxy.url());
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    proxy.rules(Vec::new(), None);
    (proxy, world)
}

/// What AWS does on its own when the storage runs low.
fn grow_to(world: &World, size: &str) {
    let identifier = world.id("data.db_instance.postgres");
    let change = [
        ("DBInstanceIdentifier", identifier.as_str()),
        ("AllocatedStorage", size),
        ("ApplyImmediately", "true"),
    ];
    world.query(RDS, "ModifyDBInstance", &change);
}

fn plan(world: &World) -> Vec<String> {
    world.rd("rd-data").args("plan").ok().actions()
}

fn apply(world: &World, settings: &str) {
    world.settings(settings);
    world.rd("rd-data").args("apply -y").ok();
    assert_eq!(plan(world), [""; 0]);
}

fn changes(proxy: &Proxy) -> Vec<Call> {
    let calls = proxy.calls().into_iter();
    calls
        .filter(|call| call.operation == "ModifyDBInstance")
        .collect()
}

#[test]
fn requests_follow_the_size_that_aws_has_grown_the_storage_to() {
    let (proxy, world) = applied(SETTINGS);
    grow_to(&world, "45");
    assert_eq!(plan(&world), [""; 0]);

    // A limit below what is in use, and one that leaves no room.
    for limit in ["40", "48"] {
        world.settings(&with(&format!("max_allocated_storage = {limit}")));
        let refused = world.rd("rd-data").args("plan").code(6);
        assert!(
            refused.stderr.contains("45 GiB of storage") && refused.stderr.contains("50 or more"),
            "{}",
            refused.stderr
        );
    }

    // RDS turns growth off with the current size as the limit, not with the one in the settings.
    apply(&world, &with("max_allocated_storage = 0"));
    let request = changes(&proxy).pop().unwrap();
    assert_eq!(request.form("MaxAllocatedStorage").as_deref(), Some("45"));
    apply(&world, &with("max_allocated_storage = 50"));

    // Grown to the limit.
    grow_to(&world, "50");
    assert_eq!(plan(&world), [""; 0]);
}

#[test]
fn large_storage_is_resized_with_its_iops() {
    let (proxy, world) = applied(&with("max_allocated_storage = 1000"));
    for (size, iops) in [("450", "12000"), ("500", "12000")] {
        proxy.rules(Vec::new(), None);
        let large = format!("max_allocated_storage = 1000\nallocated_storage = {size}");
        apply(&world, &with(&large));
        let request = changes(&proxy).pop().unwrap();
        assert_eq!(request.form("AllocatedStorage").as_deref(), Some(size));
        assert_eq!(request.form("Iops").as_deref(), Some(iops));
        assert_eq!(request.form("StorageThroughput").as_deref(), Some("500"));
    }
}

#[test]
fn a_full_disk_is_not_left_until_the_maintenance_window() {
    let later = "apply_immediately = false\n";
    let (proxy, world) = applied(&with(later));
    world.settings(&with(&format!(
        "{later}allocated_storage = 40\nmulti_az = true"
    )));
    let full = Fault::Rewrite {
        from: "<DBInstanceStatus>available</DBInstanceStatus>",
        to: "<DBInstanceStatus>storage-full</DBInstanceStatus>",
    };
    let rule = Rule::at_first(Calls::Of("DescribeDBInstances"), 2, full);
    proxy.rules(vec![rule], None);
    let applied = world.rd("rd-data").args("apply -y").ok();
    assert_eq!(applied.actions(), [INSTANCE]);
    let requests = changes(&proxy);
    let at_once = |call: &Call| call.form("ApplyImmediately").as_deref() == Some("true");
    assert!(at_once(&requests[0]));
    assert_eq!(requests[0].form("AllocatedStorage").as_deref(), Some("40"));
    assert_eq!(requests[0].form("MultiAZ"), None);
    // Everything else waits for the window, as the settings say.
    assert!(!at_once(&requests[1]));
    assert_eq!(requests[1].form("MultiAZ").as_deref(), Some("true"));
    proxy.rules(Vec::new(), None);
    assert_eq!(plan(&world), [""; 0]);
}

#[test]
fn storage_of_another_type_and_speed_is_asked_for_as_a_whole() {
    let (proxy, world) = applied(&with("max_allocated_storage = 1000"));
    let large = "max_allocated_storage = 1000\nallocated_storage = 400\n";
    let fast = format!("{large}iops = 16000\nstorage_throughput = 600\n");
    let provisioned = format!("{large}storage_type = \"io2\"\niops = 5000\n");
    let steps = [
        (fast.replace("16000", "14000"), ("14000", Some("600"))),
        (fast.clone(), ("16000", Some("600"))),
        (provisioned.clone(), ("5000", None)),
        (large.to_owned(), ("12000", Some("500"))),
        (fast, ("16000", Some("600"))),
    ];
    for (settings, (iops, throughput)) in steps {
        proxy.rules(Vec::new(), None);
        apply(&world, &with(&settings));
        let request = changes(&proxy).pop().unwrap();
        assert_eq!(request.form("AllocatedStorage").as_deref(), Some("400"));
        assert_eq!(request.form("Iops").as_deref(), Some(iops), "{settings}");
        assert_eq!(request.form("StorageThroughput").as_deref(), throughput);
    }
    // Not set: they stay as they are, whoever chose them.
    world.settings(&with(large));
    assert_eq!(plan(&world), [""; 0]);
    // Set: another value is drift.
    apply(&world, &with(&provisioned));
    let identifier = world.id("data.db_instance.postgres");
    let change = [
        ("DBInstanceIdentifier", identifier.as_str()),
        ("AllocatedStorage", "400"),
        ("Iops", "8000"),
        ("ApplyImmediately", "true"),
    ];
    world.query(RDS, "ModifyDBInstance", &change);
    assert_eq!(plan(&world), [INSTANCE]);
    apply(&world, &with(&provisioned));
}

#[test]
fn a_status_shows_how_much_of_the_storage_is_used() {
    let (proxy, world) = applied(SETTINGS);
    let used = || {
        let status = world.rd("rd-data").args("status").ok();
        let all = status.of_type("status");
        let instance = all.iter().find(|one| one["kind"] == "db_instance");
        instance.unwrap()["details"]["storage used"].clone()
    };
    // CloudWatch has no number of a new instance, and not every role may ask it.
    assert_eq!(used(), "unknown");
    let identifier = world.id("data.db_instance.postgres");
    let dimensions = [("DBInstanceIdentifier", identifier.as_str())];
    let free = 5.0 * 1024.0 * 1024.0 * 1024.0;
    world.metric("AWS/RDS", "FreeStorageSpace", &dimensions, 2, free);
    assert_eq!(used(), "15.0 GiB (75 %)");
    let refused = Fault::Refuse {
        status: 403,
        code: "AccessDenied",
    };
    proxy.rules(
        vec![Rule::at_first(Calls::Of("GetMetricData"), 9, refused)],
        None,
    );
    assert_eq!(used(), "unknown");
    let asked = proxy.calls();
    let asked = asked
        .iter()
        .filter(|call| call.operation == "GetMetricData");
    assert_eq!(asked.count(), 1);
}
