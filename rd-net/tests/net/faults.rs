//! A fault at each change that a command makes: the program is killed, an answer is lost, a call is throttled, reads
//! lag. Then the command runs again: exactly one of everything must exist, the state must have all of it, and a destroy
//! must leave nothing.

use rd_testkit::faults::{Call, Calls, Fault, Lag, Proxy, Rule, Scenario, chosen, soak};
use rd_testkit::{World, endpoint};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";
const FEW: usize = 3;

fn applied(world: &World) {
    world.rd("rd-net").args("apply -y").ok();
}

/// Exactly one of everything exists, up to date and in the state, and a destroy leaves nothing.
fn complete(world: &World) {
    one_of_everything(world);
    world.rd("rd-net").args("destroy -y").ok();
    nothing_left(world);
}

fn one_of_everything(world: &World) {
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0]);
    let planned: Vec<String> = plan
        .of_type("change")
        .iter()
        .map(|change| change["address"].as_str().unwrap_or_default().to_owned())
        .collect();
    let existing = world.inventory();
    let mut distinct = existing.clone();
    distinct.dedup();
    assert_eq!(existing, distinct, "a resource exists twice");
    assert!(
        existing.iter().all(|address| planned.contains(address)),
        "{existing:?}"
    );
    let state = std::fs::read_to_string(world.state_file("shop/test", "net")).unwrap_or_default();
    assert!(
        !state.contains("\"deposed\": ["),
        "a deposed resource is still to be deleted"
    );
    assert!(!state.contains("creating"), "a create is unfinished");
}

fn nothing_left(world: &World) {
    assert_eq!(world.inventory(), [""; 0]);
    assert!(world.rd("rd-state").args("list").ok().stdout.is_empty());
}

const APPLY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |_| {},
    command: |world| world.rd("rd-net").args("apply -y"),
    check: complete,
};

/// Every resource gets one more tag.
const UPDATE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!("{SETTINGS}[tags]\nOwner = \"platform\"\n"));
    },
    command: |world| world.rd("rd-net").args("apply -y"),
    check: complete,
};

/// Rules are replaced, and both subnets with their route table associations.
const REPLACE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!("{SETTINGS}app_port = 8080\nprivate_cidrs = [\"10.0.64.0/20\"]\npublic_cidrs = [\"10.0.48.0/24\"]\n"));
    },
    command: |world| world.rd("rd-net").args("apply -y"),
    check: complete,
};

const DESTROY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: applied,
    command: |world| world.rd("rd-net").args("destroy -y"),
    check: nothing_left,
};

/// Kills the program right after it has written each of some versions of the state.
fn killed_after_a_write(scenario: Scenario) {
    let serial = |world: &World| {
        let state = std::fs::read(world.state_file("shop/test", "net")).unwrap_or_default();
        let state: serde_json::Value = serde_json::from_slice(&state).unwrap_or_default();
        usize::try_from(state["serial"].as_u64().unwrap_or(0)).unwrap_or(0)
    };
    let (before, after) = scenario.measure(serial);
    let writes = after - before;
    assert!(writes > 3, "{writes}");
    Scenario::walk(&chosen(writes, FEW), |place| {
        scenario.survives_kill_when(|world| serial(world) > before + place);
    });
}

macro_rules! walks {
    ($($name:ident: $scenario:expr,)*) => {
        $(mod $name {
            use super::*;
            use std::sync::LazyLock;

            static RECORDED: LazyLock<Vec<Call>> = LazyLock::new(|| $scenario.record());

            #[test]
            fn killed() {
                let changes = $scenario.killed(&RECORDED, FEW);
                assert!(changes > 3, "{changes}");
            }

            #[test]
            fn killed_after_a_write() {
                super::killed_after_a_write($scenario);
            }

            #[test]
            fn answers_lost() {
                $scenario.answers_lost(&RECORDED, FEW);
            }

            #[test]
            fn throttled() {
                $scenario.throttled(&RECORDED, FEW);
            }

            #[test]
            fn reads_lagging() {
                $scenario.lagging(if soak() { &[1, 2, 3, 4, 5] } else { &[1, 2, 5] });
            }

            #[test]
            fn faults_while_reads_lag() {
                $scenario.combined(&RECORDED, 4);
            }
        })*
    };
}

walks! {
    apply: APPLY,
    update: UPDATE,
    replace: REPLACE,
    destroy: DESTROY,
}

#[test]
fn a_create_with_a_lost_answer_and_lagging_tags_makes_no_duplicate() {
    let operations = [
        "CreateVpc",
        "CreateSubnet",
        "AllocateAddress",
        "CreateNatGateway",
        "CreateSecurityGroup",
    ];
    Scenario::walk(&[0, 1, 2, 3, 4], |place| {
        for reads in [1, 5] {
            let lost = Rule::once(Calls::Of(operations[place]), 0, Fault::LoseAnswer);
            let first = APPLY.survives(vec![lost], Some(Lag::of(reads)));
            assert_eq!(first.code, 0, "{}: {}", operations[place], first.stderr);
        }
    });
}

#[test]
fn errors_of_the_service_are_retried() {
    let faults = [Fault::InternalError, Fault::Unavailable, Fault::LoseRequest];
    let count = Calls::Changes.count(&APPLY.record());
    let places = chosen(count, 3);
    let cases: Vec<usize> = (0..faults.len() * places.len()).collect();
    Scenario::walk(&cases, |case| {
        APPLY.survives(
            vec![Rule {
                calls: Calls::Changes,
                first: places[case / faults.len()],
                times: 2,
                fault: faults[case % faults.len()].clone(),
            }],
            None,
        );
    });
}

#[test]
fn a_slow_resource_is_waited_for_and_a_failed_one_is_reported_at_once() {
    let pending = Fault::Rewrite {
        from: "<state>available</state>",
        to: "<state>pending</state>",
    };
    let slow = vec![Rule::at_first(Calls::Of("DescribeNatGateways"), 4, pending)];
    let first = APPLY.survives(slow, None);
    assert_eq!(first.code, 0, "{}", first.stderr);

    let failed = Fault::Rewrite {
        from: "<state>available</state>",
        to: "<state>failed</state><failureCode>InsufficientFreeAddressesInSubnet</failureCode>\
             <failureMessage>no free address</failureMessage>",
    };
    let failing = vec![Rule::at_first(
        Calls::Of("DescribeNatGateways"),
        100,
        failed,
    )];
    let first = APPLY.survives(failing, None);
    assert_eq!(first.code, 1);
    assert!(
        first.stderr.contains("net.nat_gateway.a") && first.stderr.contains("no free address"),
        "{}",
        first.stderr
    );
}

#[test]
fn a_wrong_clock_is_reported_and_nothing_is_created() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let ahead = Fault::Clock { ahead: 3600 };
    proxy.rules(vec![Rule::at_first(Calls::All, usize::MAX, ahead)], None);
    let done = world.rd("rd-net").args("apply -y").code(1);
    assert!(
        done.stderr.contains("clock") && done.stderr.contains("date -u"),
        "{}",
        done.stderr
    );
    assert_eq!(world.inventory(), [""; 0]);
}

/// A quota of CloudWatch Logs has the code that other services throttle with.
#[test]
fn a_quota_is_reported_at_once() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(&format!("{SETTINGS}flow_logs = true\n"), proxy.url());
    let quota = Fault::Refuse {
        status: 400,
        code: "LimitExceededException",
    };
    let create = Calls::Of("CreateLogGroup");
    proxy.rules(
        vec![Rule::at_first(create.clone(), usize::MAX, quota)],
        None,
    );
    let done = world.rd("rd-net").args("apply -y").code(1);
    assert!(done.stderr.contains("Service Quotas"), "{}", done.stderr);
    assert_eq!(create.count(&proxy.calls()), 1);
}
