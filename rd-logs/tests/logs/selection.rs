//! Which events are selected: groups by patterns, the newest ones, those that do not match, those of a task that crashed.

use rd_testkit::log_events::{each_once, group, messages, now, put, put_one, stream};
use rd_testkit::{World, finish};
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

#[test]
fn a_pattern_names_all_groups_that_match() {
    let world = World::new(SETTINGS);
    for name in ["api-1", "api-2", "web"] {
        let group = group(&world, name);
        stream(&world, &group, "s");
        put_one(&world, &group, "s", now() - 1000, name);
    }
    let pattern = format!("/test/{}/api-*", world.account);
    for command in ["tail", "search"] {
        let done = world.rd("rd-logs").arg(command).arg(&pattern).ok();
        each_once(
            ["api-1", "api-2"].map(str::to_owned),
            messages(&done.stdout),
        );
    }
    let done = world
        .rd("rd-logs")
        .args("insights limit_1")
        .arg(&format!("/test/{}/none-*", world.account))
        .code(1);
    assert!(
        done.stderr.contains("no log group matches"),
        "{}",
        done.stderr
    );
}

#[test]
fn the_newest_events_are_read_from_the_end() {
    let world = World::new(SETTINGS);
    let groups = ["a", "b"].map(|name| group(&world, name));
    let start = now() - 30 * 60_000;
    for (number, group) in (0..).zip(&groups) {
        stream(&world, group, "s");
        let events: Vec<(i64, String)> = (0..12_000)
            .map(|event| (start + event * 100 + number, format!("{number} {event}")))
            .collect();
        for batch in events.chunks(6000) {
            put(&world, group, "s", batch);
        }
    }
    let run = |flags: &str| {
        let line = format!("tail {} -o raw {flags}", groups.join(" "));
        world.rd("rd-logs").args(&line).ok().stdout
    };
    assert_eq!(run("--tail 3"), "1 11998\n0 11999\n1 11999\n");
    assert_eq!(run("-n 1 --grep 77$"), "1 11977\n");
    // A page has at most 10,000 events.
    assert_eq!(run("-n 1 --grep ^0.5$"), "0 5\n");
    assert_eq!(run("-n 1 --until 20m --grep ^0").lines().count(), 1);
    let line = format!("tail {} -o raw --tail 2 --follow", groups.join(" "));
    let mut child = world.rd("rd-logs").args(&line).start();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!([next(), next()], ["0 11999", "1 11999"]);
    put_one(&world, &groups[0], "s", now(), "new");
    assert_eq!(next(), "new");
    drop(lines);
    assert_eq!(finish(child).code, 0);
}

#[test]
fn messages_that_do_not_match_are_printed() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    for (number, message) in (0..).zip(["GET /health", "GET /", "POST /"]) {
        put_one(&world, &group, "s", now() - 1000 + number, message);
    }
    let run = |flags: &str| {
        world
            .rd("rd-logs")
            .args(&format!("tail {group} -o raw {flags}"))
    };
    assert_eq!(run("--grep health -v").ok().stdout, "GET /\nPOST /\n");
    assert_eq!(run("--grep GET --invert-match").ok().stdout, "POST /\n");
    // A filter pattern that begins with a hyphen is not a flag.
    assert_eq!(run("--filter -GET").ok().stdout, "POST /\n");
    let done = run("-v").code(2);
    assert!(done.stderr.contains("--grep"), "{}", done.stderr);
}

#[test]
fn the_task_that_crashed_is_printed() {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    let (crashed, other) = (
        "0123456789abcdef0123456789abcdef",
        "fedcba9876543210fedcba9876543210",
    );
    for task in [crashed, other] {
        let name = format!("api/api/{task}");
        stream(&world, &group, &name);
        put_one(&world, &group, &name, now() - 30 * 60_000, task);
    }
    // Only rd-ecs calls ECS. A script takes its place.
    let folder = world.path().join("bin");
    std::fs::create_dir(&folder).unwrap();
    let tasks = json!({"cluster": "shop-test", "tasks": [
        {"id": crashed, "last_status": "STOPPED", "stop_code": "EssentialContainerExited", "exit_code": 1,
            "created_at": "2026-01-01T00:00:00Z", "stopped_at": "2026-01-01T01:00:00Z"},
        {"id": other, "last_status": "RUNNING"},
    ]});
    let program = folder.join("rd-ecs");
    std::fs::write(&program, format!("#!/bin/sh\necho '{tasks}'\n")).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let line = format!(
        "cp \"$(command -v rd-logs)\" bin/ && exec bin/rd-logs tail {group} --previous -o raw"
    );
    let done = world.rd("rd-logs").shell(&line).ok();
    assert_eq!(done.stdout, format!("{crashed}\n"));
    assert!(
        done.stderr.contains("with the exit code 1"),
        "{}",
        done.stderr
    );
}
