//! Two checkouts of one stack, each with a local store of its own: the lock of one does not reach the other, so AWS tells
//! what the other one has created.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{RDS, World, endpoint, finish};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::time::Duration;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nnat = \"none\"\n";
const ONE_NAT: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";

fn state(world: &World, slice: &str) -> Value {
    let text = fs::read_to_string(world.state_file("shop/test", slice)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn edit(world: &World, slice: &str, change: impl FnOnce(&mut Value)) {
    let mut state = state(world, slice);
    change(&mut state);
    fs::write(world.state_file("shop/test", slice), state.to_string()).unwrap();
}

#[test]
fn a_checkout_without_states_destroys_nothing_under_a_live_database() {
    let world = World::new(SETTINGS);
    let line = "rd-net apply -y </dev/null | rd-data apply -y";
    world.rd("rd-net").shell(line).ok();
    let before = world.inventory();
    let destroy = || {
        let destroy = world.rd("rd-net").args("destroy -y --state-dir other");
        destroy.code(6).stderr
    };
    let refused = destroy();
    for text in [
        "AWS has resources of the stack shop/test that no state here knows",
        "rd-data has data.db_instance.postgres (arn:aws:rds:",
        "rd-state rebuild data",
    ] {
        assert!(refused.contains(text), "{text}: {refused}");
    }
    // Without the tags of the database, its network interfaces tell.
    let arn = format!(
        "arn:aws:rds:us-east-1:{}:db:shop-test-postgres",
        world.account
    );
    let remove = [
        ("ResourceName", arn.as_str()),
        ("TagKeys.member.1", "Project"),
    ];
    world.query(RDS, "RemoveTagsFromResource", &remove);
    let refused = destroy();
    assert!(refused.contains("(RDSNetworkInterface)"), "{refused}");
    let add = [
        ("ResourceName", arn.as_str()),
        ("Tags.Tag.1.Key", "Project"),
        ("Tags.Tag.1.Value", "shop"),
    ];
    world.query(RDS, "AddTagsToResource", &add);
    // The way that the hint names.
    world.rd("rd-net").args("rebuild --state-dir other").ok();
    world.rd("rd-data").args("rebuild --state-dir other").ok();
    let refused = destroy();
    assert!(refused.contains("rd-data still has"), "{refused}");
    assert_eq!(world.inventory(), before);
    // A pipe of both knows both, also where it finds them by their tags alone.
    let line =
        "rd-data destroy -y --state-dir third </dev/null | rd-net destroy -y --state-dir third";
    world.rd("rd-net").shell(line).ok();
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn a_root_is_not_created_next_to_other_slices_of_another_checkout() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    let refused = world
        .rd("rd-net")
        .args("apply -y --state-dir other")
        .code(6);
    assert!(
        refused
            .stderr
            .contains("rd-data has data.db_instance.postgres"),
        "{}",
        refused.stderr
    );
    assert_eq!(world.inventory(), [""; 0]);
    let offline = world.rd("rd-net").args("plan --state-dir other");
    offline.ok();
}

#[test]
fn of_two_first_applies_at_once_one_stops_before_anything_costs() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(ONE_NAT, proxy.url());
    // The first one is held up just before it creates the VPC, until the second one has created its own.
    let late = Fault::Delay(Duration::from_secs(8));
    proxy.rules(vec![Rule::once(Calls::Of("CreateVpc"), 0, late)], None);
    let first = world
        .rd("rd-net")
        .args("apply -y --state-dir first")
        .start();
    let is_late = || {
        proxy
            .calls()
            .iter()
            .any(|call| call.operation == "CreateVpc")
    };
    while !is_late() {
        std::thread::sleep(Duration::from_millis(20));
    }
    world.rd("rd-net").args("apply -y --state-dir second").run();
    let first = finish(first);
    assert_eq!(first.code, 6, "{}", first.stderr);
    let vpc = |checkout: &str| {
        let file = world.path().join(checkout).join("shop/test/net.json");
        let state: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        state["resources"]["net.vpc.main"]["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (one, other) = (vpc("first"), vpc("second"));
    assert_ne!(one, other, "each records its own");
    let text = format!(
        "this resource exists twice: {one}, which is in the state here, and {other}, which is in no state here"
    );
    assert!(first.stderr.contains(&text), "{}", first.stderr);
    // It starts nothing more, however often it is run, and deletes nothing.
    world
        .rd("rd-net")
        .args("apply -y --state-dir first")
        .code(6);
    world
        .rd("rd-net")
        .args("destroy -y --state-dir first")
        .code(6);
    let made = world.inventory();
    let count = |address: &str| made.iter().filter(|one| *one == address).count();
    assert_eq!(count("net.vpc.main"), 2);
    assert!(count("net.nat_gateway.a") <= 1, "{made:?}");
    assert!(
        made.iter()
            .all(|one| one == "net.vpc.main" || count(one) == 1),
        "{made:?}"
    );
    // The way that the hint names.
    world.ec2("DeleteVpc", &[("VpcId", &one)]);
    world.rd("rd-net").args("apply -y --state-dir second").ok();
    world.rd("rd-net").args("apply -y --state-dir first").ok();
    assert_eq!(vpc("first"), other);
    for checkout in ["first", "second"] {
        let plan = world.rd("rd-net").args("plan --exit-code --state-dir");
        plan.arg(checkout).ok();
    }
}

#[test]
fn the_doctor_takes_nothing_whose_address_has_another_id() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let ours = world.id("net.vpc.main");
    let made = world.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]);
    let theirs = made.tag("vpcId").unwrap().to_owned();
    for (key, value) in [
        ("Project", "shop"),
        ("Environment", "test"),
        ("ManagedBy", "rd"),
        ("rd:slice", "net"),
        ("rd:address", "net.vpc.main"),
    ] {
        let tag = [
            ("ResourceId.1", theirs.as_str()),
            ("Tag.1.Key", key),
            ("Tag.1.Value", value),
        ];
        world.ec2("CreateTags", &tag);
    }
    for command in ["doctor", "doctor --fix", "doctor"] {
        let found = world.rd("rd-net").args(command).code(1);
        let text = format!(
            "the vpc {theirs} is in no state here, and is tagged with the address of {ours}, which is"
        );
        assert!(found.stderr.contains(&text), "{}", found.stderr);
    }
    world.rd("rd-net").args("plan --exit-code").ok();
    let refused = world.rd("rd-net").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains(&ours) && refused.stderr.contains(&theirs),
        "{}",
        refused.stderr
    );
}

#[test]
fn an_apply_does_not_begin_to_use_a_slice_that_is_being_destroyed() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    edit(&world, "net", |state| state["destroying"] = json!(true));
    let refused = world.rd("rd-data").args("apply -y").code(6);
    for text in ["rd-net is being destroyed", "run rd-net apply first"] {
        assert!(refused.stderr.contains(text), "{}", refused.stderr);
    }
    assert_eq!(
        state(&world, "data")["needs"],
        json!(["net"]),
        "written first"
    );
    assert_eq!(state(&world, "data")["resources"], json!({}));
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(state(&world, "net")["destroying"], Value::Null);
    world.rd("rd-data").args("apply -y").ok();
}

#[test]
fn a_destroy_does_not_cross_a_first_apply_of_a_slice_that_needs_it() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let before = world.inventory();
    // As a run of rd-data leaves it that has written what it needs, and created nothing yet.
    let mut data = state(&world, "net");
    data["slice"] = json!("data");
    data["needs"] = json!(["net"]);
    data["resources"] = json!({});
    fs::write(world.state_file("shop/test", "data"), data.to_string()).unwrap();
    let mut lock = File::create(world.path().join(".rd/shop/test/data.lock")).unwrap();
    let holder = json!({
        "who": "mia@there",
        "what": "rd-data apply, process 1",
        "since": "2026-01-01T00:00:00Z",
        "run": "other",
    });
    write!(lock, "{holder}").unwrap();
    lock.lock().unwrap();
    let refused = world.rd("rd-net").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains(
            "rd-data needs this slice, and mia@there (rd-data apply, process 1) is changing it"
        ),
        "{}",
        refused.stderr
    );
    assert_eq!(world.inventory(), before);
    assert_eq!(state(&world, "net")["destroying"], Value::Null);
    // That run has failed without creating anything.
    drop(lock);
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn what_another_program_creates_while_aws_is_asked_is_not_unknown() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let asked_late = Rule {
        calls: Calls::Of("GetResources"),
        first: 0,
        times: 1,
        fault: Fault::Delay(Duration::from_secs(4)),
    };
    proxy.rules(vec![asked_late], None);
    let net = world.rd("rd-net").args("apply -y").start();
    std::thread::sleep(Duration::from_millis(1500));
    world.rd("rd-store").args("apply -y").ok();
    let net = finish(net);
    assert_eq!(net.code, 0, "{}", net.stderr);
}
