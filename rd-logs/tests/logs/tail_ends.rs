//! When a tail ends: with its reader, after idle time, with its task, at a time, or on a signal.

use rd_testkit::log_events::{group, messages, now, put_one, rule, stream};
use rd_testkit::{Rd, World, finish};
use serde_json::json;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// A group with one stream.
fn world() -> (World, String) {
    let world = World::new(SETTINGS);
    let group = group(&world, "g");
    stream(&world, &group, "s");
    (world, group)
}

/// Runs a shell command that must end within seconds, and prints the exit codes of its pipe.
fn run_briefly(rd: Rd, line: &str) -> String {
    let start = Instant::now();
    let done = rd
        .shell(&format!("{line}; echo \"${{PIPESTATUS[*]}}\""))
        .run();
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "it took {:?}",
        start.elapsed()
    );
    assert_eq!(done.stderr, "", "{line}");
    done.stdout
}

#[test]
fn it_ends_when_the_reader_has_read_enough() {
    let (world, group) = world();
    put_one(&world, &group, "s", now() - 2000, "first");
    put_one(&world, &group, "s", now() - 1000, "second");
    let tail = format!("rd-logs tail {group} --follow -o raw");
    let run = |line: &str| run_briefly(world.rd("rd-logs"), line);
    assert_eq!(run(&format!("{tail} | head -1")), "first\n0 0\n");
    assert_eq!(run(&format!("{tail} | grep -m1 second")), "second\n0 0\n");
    let search = format!("rd-logs search {group} -o raw");
    assert_eq!(run(&format!("{search} | head -1")), "first\n0 0\n");
}

#[test]
fn it_ends_with_its_reader_although_no_event_arrives() {
    let (world, group) = world();
    let run = |line: &str| run_briefly(world.rd("rd-logs"), line);
    assert_eq!(
        run(&format!("rd-logs tail {group} --follow | true")),
        "0 0\n"
    );
    assert_eq!(
        run(&format!("rd-logs tail {group} --follow | sleep 1")),
        "0 0\n"
    );
    assert_eq!(
        run(&format!("rd-logs tail {group} --live | sleep 1")),
        "0 0\n"
    );
    rule(&world, &group, "", &json!({"query_seconds": 60}));
    assert_eq!(
        run(&format!("rd-logs insights 'limit 1' {group} | sleep 1")),
        "0 0\n"
    );
}

#[test]
fn a_full_disk_is_an_error() {
    let (world, group) = world();
    put_one(&world, &group, "s", now() - 2000, "first");
    let line = format!("rd-logs tail {group} > /dev/full");
    let done = world.rd("rd-logs").shell(&line).code(1);
    assert!(
        done.stderr
            .contains("error: cannot write to stdout: No space left"),
        "{}",
        done.stderr
    );
}

#[test]
fn it_ends_after_idle_time() {
    let (world, group) = world();
    put_one(&world, &group, "s", now() - 2000, "first");
    let done = world
        .rd("rd-logs")
        .args(&format!("tail {group} --idle-exit 30s -o raw"))
        .ok();
    assert_eq!(
        (done.stdout.as_str(), done.stderr.as_str()),
        ("first\n", "")
    );
}

#[test]
fn it_ends_at_a_time() {
    let (world, group) = world();
    put_one(&world, &group, "s", now() - 60_000, "before");
    put_one(&world, &group, "s", now() - 20_000, "after");
    let range = "--since 5m --until 30s -o raw";
    let tail = |flags: &str| {
        let rd = world
            .rd("rd-logs")
            .args(&format!("tail {group} {range} {flags}"));
        rd.ok().stdout
    };
    assert_eq!(tail(""), "before\n");
    assert_eq!(tail("--follow"), "before\n");
}

#[test]
fn a_signal_ends_it_after_printing_what_was_read() {
    let (world, group) = world();
    put_one(&world, &group, "s", now() - 1000, "first");
    let child = world
        .rd("rd-logs")
        .args(&format!("tail {group} --follow --hold 1h"))
        .start();
    std::thread::sleep(Duration::from_secs(2));
    let kill = std::process::Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let done = finish(child);
    assert_eq!((done.code, done.stderr.as_str()), (130, ""));
    assert_eq!(messages(&done.stdout), ["first"]);
}

#[test]
fn it_ends_with_its_task() {
    let (world, group) = world();
    let task = "0123456789abcdef0123456789abcdef";
    for name in [task, "fedcba9876543210fedcba9876543210"] {
        stream(&world, &group, &format!("api/api/{name}"));
    }
    put_one(
        &world,
        &group,
        &format!("api/api/{task}"),
        now() - 1000,
        "of the task",
    );
    put_one(
        &world,
        &group,
        "api/api/fedcba9876543210fedcba9876543210",
        now() - 1000,
        "of another",
    );
    // Only rd-ecs calls ECS. A script takes its place, which reports the task as running, then as stopped.
    let folder = world.path().join("bin");
    std::fs::create_dir(&folder).unwrap();
    let program = folder.join("rd-ecs");
    let script = "#!/bin/sh\n\
        [ \"$1 $2 $4\" = \"tasks --task --format\" ] || exit 9\n\
        echo \"$@\" >> asked\n\
        if [ -e stopped ]; then\n\
          cat stopped\n\
        else\n\
          echo '{\"task\":\"x\",\"last_status\":\"RUNNING\",\"stopped_at\":null}'\n\
        fi\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let line = format!(
        "cp \"$(command -v rd-logs)\" bin/ && exec bin/rd-logs tail {group} --task {task} --until-task-stopped {task} -o raw"
    );
    let child = world.rd("rd-logs").shell(&line).start();
    std::thread::sleep(Duration::from_secs(2));
    put_one(
        &world,
        &group,
        &format!("api/api/{task}"),
        now(),
        "its last",
    );
    let stopped = json!({"task": "x", "last_status": "STOPPED", "stopped_at": jiff::Timestamp::now(), "exit_code": 0});
    // In one step: the script can read it at any time.
    let next = world.path().join("stopped.next");
    std::fs::write(&next, format!("{stopped}\n")).unwrap();
    std::fs::rename(next, world.path().join("stopped")).unwrap();
    let done = finish(child);
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (0, "of the task\nits last\n"),
        "{}",
        done.stderr
    );
    let asked = std::fs::read_to_string(world.path().join("asked")).unwrap();
    assert!(
        asked.contains(&format!("--task {task} --format json --no-stdin")),
        "{asked}"
    );
    assert!(asked.lines().count() >= 2);
}

#[test]
fn invalid_flags_are_reported_before_any_call() {
    let (world, group) = world();
    for (flags, expected) in [
        ("--since noon", "`noon` is not a valid time for --since"),
        ("--since 1h --until 2h", "--until 2h is before --since 1h"),
        ("--filter a-b", "put it in double quotes"),
        ("--grep (", "--grep is not a valid regular expression"),
        ("--tz Mars/X", "`Mars/X` is not a valid time zone"),
        ("--overlap 1s --follow", "--overlap must be from 10s to 24h"),
    ] {
        let rd = world.rd("rd-logs").args(&format!("tail {group} {flags}"));
        let done = rd.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").code(2);
        assert!(done.stderr.contains(expected), "{flags}: {}", done.stderr);
    }
    let done = world.rd("rd-logs").args("tail /no/such").code(1);
    assert!(
        done.stderr.contains("ResourceNotFoundException"),
        "{}",
        done.stderr
    );
    let done = world.rd("rd-logs").args("tail").code(1);
    assert!(
        done.stderr.contains("shop-test has no log groups yet"),
        "{}",
        done.stderr
    );
}
