//! Faults at each call to the shared store that an apply makes, with the real programs.

use rd_testkit::faults::{Call, Calls, Fault, Proxy, Rule, Scenario, chosen};
use rd_testkit::{World, endpoint};
use serde_json::json;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\nregion = \"us-east-1\"\n[net]\nnat = \"none\"\nazs = 2\n";

fn bootstrap(world: &World, flags: &str) {
    world.rd("rd-state").args("bootstrap -y").args(flags).ok();
}

/// Whether a call goes to the store: to the bucket of the states, or to the table.
fn is_of_store(call: &Call) -> bool {
    call.service == "dynamodb" || call.service == "s3"
}

fn complete(world: &World) {
    world.rd("rd-net").args("plan --exit-code").ok();
    let there = world.inventory();
    let mut once = there.clone();
    once.dedup();
    assert_eq!(there, once);
    let locks = world.rd("rd-state").args("locks --format text").ok().stdout;
    assert_eq!(locks, "no locks held\n");
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), [""; 0]);
}

const WITH_TABLE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| bootstrap(world, ""),
    command: |world| world.rd("rd-net").args("apply -y"),
    check: complete,
};

const WITHOUT_TABLE: Scenario = Scenario {
    prepare: |world| bootstrap(world, "--no-table"),
    ..WITH_TABLE
};

/// Places among the first calls to the store, where the lock is taken, and later ones.
const PLACES: usize = 16;

fn walk(fault: fn() -> Fault, must_succeed: bool) {
    let places = chosen(2 * PLACES, 4);
    Scenario::walk(&places, |place| {
        let scenario = if place % 2 == 0 {
            WITH_TABLE
        } else {
            WITHOUT_TABLE
        };
        let rule = Rule::once(Calls::Matching(is_of_store), place / 2, fault());
        let first = scenario.survives(vec![rule], None);
        assert!(
            !must_succeed || first.code == 0,
            "call {}: {}",
            place / 2,
            first.stderr
        );
    });
}

#[test]
fn killed_before_a_call_to_the_store() {
    walk(|| Fault::KillBefore, false);
}

#[test]
fn killed_after_a_call_to_the_store() {
    walk(|| Fault::KillAfter, false);
}

#[test]
fn the_answer_of_a_call_to_the_store_is_lost() {
    walk(|| Fault::LoseAnswer, true);
}

#[test]
fn the_store_is_unavailable_for_a_moment() {
    walk(|| Fault::Unavailable, true);
}

/// Another write of the same object is under way each time.
#[test]
fn a_conflict_at_the_first_write_passes() {
    let world = World::new(SETTINGS);
    bootstrap(&world, "--no-table");
    let bucket = format!("shop-state-{}", world.account);
    for key in ["rd/state/shop/test/net.json", "rd/lock/shop/test/net.json"] {
        let conflict = json!({"bucket": bucket, "key": key, "times": 3});
        world.aws_local("/aws-local/s3-conflict", &conflict);
    }
    world.rd("rd-net").args("apply -y").ok();
    complete(&world);
}

/// A plan takes no lock, and reads one object: its own state.
#[test]
fn a_plan_makes_one_call_to_the_store() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    bootstrap(&world, "");
    let of_store = |line: &str| -> Vec<String> {
        proxy.rules(Vec::new(), None);
        let before = proxy.calls().len();
        world.rd("rd-net").shell(line).ok();
        let calls = proxy.calls().into_iter().skip(before);
        calls
            .filter(is_of_store)
            .map(|call| call.operation)
            .collect()
    };
    let first = of_store("rd-net plan </dev/null");
    assert_eq!(first, ["GET object"], "where there is no state");
    world.rd("rd-net").args("apply -y").ok();
    let plan = of_store("rd-net plan --exit-code </dev/null");
    assert_eq!(plan, ["GET object"]);
    // Another slice also reads that of the network, once for all of its outputs.
    world.rd("rd-data").args("apply -y").ok();
    let alone = of_store("rd-data plan </dev/null");
    assert_eq!(alone, ["GET object", "GET object"]);
    let together = of_store("rd-net plan </dev/null | rd-data plan");
    assert_eq!(together, ["GET object", "GET object"]);
}
