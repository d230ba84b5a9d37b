//! Two runs at once, and a run that is told to stop.

use rd_testkit::{World, finish};
use std::io::{BufRead, BufReader};
use std::process::Command;

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
