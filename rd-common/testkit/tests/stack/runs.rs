//! Two runs at once, and a run that is told to stop.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule, Scenario, chosen};
use rd_testkit::{World, endpoint, finish};
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

#[test]
fn one_of_two_applies_is_told_who_holds_the_lock_or_waits_for_it() {
    let world = World::new(SETTINGS);
    // At full length, so that it is still there when the others come.
    let mut first = world
        .rd("rd-net")
        .args("apply -y")
        .env("RD_WAIT_SCALE", "1")
        .start();
    drop(first.stdin.take());
    let mut lines = BufReader::new(first.stdout.take().unwrap()).lines();
    while !lines.next().unwrap().unwrap().contains("\"applied\"") {}

    let locked = world.rd("rd-net").args("apply -y").code(4);
    for text in [
        "the state is locked by",
        &format!("rd-net apply, process {}", first.id()),
        "since 20",
        "--lock-timeout",
    ] {
        assert!(
            locked.stderr.contains(text),
            "`{text}` is not in:\n{}",
            locked.stderr
        );
    }
    // Looking is free.
    world.rd("rd-net").args("plan").ok();
    let waiting = world
        .rd("rd-net")
        .args("apply -y --lock-timeout 60s")
        .start();
    assert!(lines.last().unwrap().unwrap().contains("\"end\""));
    assert_eq!(finish(first).code, 0);
    let waited = finish(waiting);
    assert_eq!(waited.code, 0, "{}", waited.stderr);
    assert!(waited.actions().is_empty(), "there was nothing left to do");
}

#[test]
fn a_run_that_is_told_to_stop_records_what_it_did_and_the_next_goes_on() {
    for signal in ["INT", "TERM"] {
        let world = World::new(SETTINGS);
        let mut child = world
            .rd("rd-net")
            .args("apply -y")
            .env("RD_WAIT_SCALE", "1")
            .start();
        drop(child.stdin.take());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said = Vec::new();
        while said
            .last()
            .is_none_or(|line: &String| !line.contains("\"applied\""))
        {
            said.push(lines.next().unwrap().unwrap());
        }
        let killed = Command::new("kill")
            .args(["-s", signal, &child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        said.extend(lines.map(|line| line.unwrap()));
        let done = finish(child);
        assert_eq!(done.code, 130, "{}", done.stderr);
        let end: serde_json::Value = serde_json::from_str(said.last().unwrap()).unwrap();
        assert_eq!(end["status"], "cancelled");

        world.rd("rd-net").args("apply -y").ok();
        assert!(world.rd("rd-net").args("plan").ok().actions().is_empty());
        for call in [
            "DescribeVpcs",
            "DescribeNatGateways",
            "DescribeAddresses",
            "DescribeInternetGateways",
        ] {
            let all = world.ec2(
                call,
                &[
                    ("Filter.1.Name", "tag:ManagedBy"),
                    ("Filter.1.Value.1", "rd"),
                ],
            );
            assert_eq!(
                all.body.matches("rd:address").count(),
                1,
                "{signal}: {call}: {}",
                all.body
            );
        }
    }
}

fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

#[test]
fn stopped_at_any_time_the_state_knows_all_that_was_made() {
    let places = chosen(40, 8);
    Scenario::walk(&places, |place| {
        let world = World::new(SETTINGS);
        let mut child = world
            .rd("rd-net")
            .args("apply -y")
            .env("RD_WAIT_SCALE", "0.5")
            .start();
        drop(child.stdin.take());
        std::thread::sleep(Duration::from_millis(100 + 40 * place as u64));
        signal(child.id(), if place % 2 == 0 { "INT" } else { "TERM" });
        let done = finish(child);
        assert!(
            [0, 130].contains(&done.code),
            "{}: {}",
            done.code,
            done.stderr
        );
        let plan = world.rd("rd-net").args("plan").ok();
        let unknown: Vec<String> = plan
            .actions()
            .into_iter()
            // AWS makes the default group together with the VPC.
            .filter(|a| a.starts_with("adopt") && !a.contains("default_security_group"))
            .collect();
        assert!(
            unknown.is_empty(),
            "place {place}: the state does not know {unknown:?}"
        );
        // Nobody holds the lock any more, and the next run ends what this one began.
        world.rd("rd-net").args("apply -y").ok();
        assert!(world.rd("rd-net").args("plan").ok().actions().is_empty());
        let there = world.inventory();
        let mut once = there.clone();
        once.dedup();
        assert_eq!(there, once);
    });
}

/// What a CI runner does to a job that is cancelled.
#[test]
fn a_runner_that_loses_patience_loses_nothing() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    // A call that takes longer than the runner waits.
    proxy.rules(
        vec![Rule::once(
            Calls::Of("CreateSubnet"),
            0,
            Fault::Delay(Duration::from_secs(60)),
        )],
        None,
    );
    let mut child = world.rd("rd-net").args("apply -y").start();
    drop(child.stdin.take());
    while !proxy
        .calls()
        .iter()
        .any(|call| call.operation == "CreateSubnet")
    {
        std::thread::sleep(Duration::from_millis(10));
    }
    let process = child.id();
    let start = Instant::now();
    signal(process, "INT");
    std::thread::sleep(Duration::from_millis(7500));
    assert!(
        child.try_wait().unwrap().is_none(),
        "it waits for the call that is under way"
    );
    signal(process, "TERM");
    let done = finish(child);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "it is gone before it would be killed"
    );
    assert_eq!(done.code, 130, "{}", done.stderr);
    proxy.rules(Vec::new(), None);
    world.rd("rd-net").args("apply -y").ok();
    assert!(world.rd("rd-net").args("plan").ok().actions().is_empty());
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn a_dead_holder_s_lock_is_free_and_a_paused_one_s_late_write_is_refused() {
    let world = World::new(SETTINGS);
    let file = world.state_file("shop/test", "net");
    let held = || {
        let mut child = world
            .rd("rd-net")
            .args("apply -y")
            .env("RD_WAIT_SCALE", "1")
            .start();
        drop(child.stdin.take());
        // Until it is at work: it holds the lock and has written.
        let before = std::fs::read(&file).ok();
        while std::fs::read(&file).ok() == before {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(!world.rd("rd-state").args("locks").ok().stdout.is_empty());
        child
    };
    let mut dead = held();
    dead.kill().unwrap();
    dead.wait().unwrap();
    assert!(world.rd("rd-state").args("locks").ok().stdout.is_empty());

    let paused = held();
    // Not in the middle of a write: that one could not be taken away.
    let writing = std::fs::File::open(file.with_extension("write")).unwrap();
    loop {
        signal(paused.id(), "STOP");
        if writing.try_lock_shared().is_ok() {
            break;
        }
        signal(paused.id(), "CONT");
    }
    writing.unlock().unwrap();
    world.rd("rd-net").args("apply -y").code(4);
    let alive = world.rd("rd-state").args("unlock net").code(6);
    assert!(
        alive.stderr.contains(&format!("process {}", paused.id())),
        "{}",
        alive.stderr
    );
    world.rd("rd-state").args("unlock net --force").ok();
    world.rd("rd-net").args("apply -y").ok();
    let written = std::fs::read(world.state_file("shop/test", "net")).unwrap();
    signal(paused.id(), "CONT");
    let late = finish(paused);
    assert_ne!(late.code, 0, "{}", late.stderr);
    assert_eq!(
        std::fs::read(world.state_file("shop/test", "net")).unwrap(),
        written
    );
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0]);
}
