//! What stdin is, for commands that change AWS: nothing, the records of programs, a saved plan, or a mistake.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{Done, Rd, World, endpoint, finish};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";

/// One error that says all of `wanted`; nothing was created.
fn refused(world: &World, done: &Done, code: i32, wanted: &[&str]) {
    assert_eq!(done.code, code, "{}", done.stderr);
    for text in wanted {
        assert!(done.stderr.contains(text), "`{text}`: {}", done.stderr);
    }
    let errors = done.stderr.lines();
    let errors = errors.filter(|line| line.starts_with("error:")).count();
    assert_eq!(errors, 1, "{}", done.stderr);
    assert_eq!(done.end()["status"], "failed");
    assert!(!done.stderr.contains("without upstream"), "{}", done.stderr);
    assert_eq!(world.inventory(), [""; 0]);
}

/// The ways to say that nothing is meant to come.
const NOTHING: [&str; 3] = ["--no-stdin", "RD_NO_STDIN=1", "</dev/null"];

#[test]
fn nothing_can_come_from_a_null_device_or_a_closed_stdin() {
    let world = World::new(SETTINGS);
    for line in [
        "rd-store apply -y </dev/null",
        "rd-store apply -y <&-",
        "true | rd-store apply -y --no-stdin",
        "true | RD_NO_STDIN=1 rd-store apply -y",
        "yes | rd-store destroy -y --no-stdin",
    ] {
        let done = world.rd("rd-store").shell(line).ok();
        assert_eq!(done.stderr, "", "{line}");
    }
}

#[test]
fn a_producer_that_wrote_nothing_has_failed() {
    let world = World::new(SETTINGS);
    std::fs::write(world.path().join("empty.jsonl"), "\n").unwrap();
    for (line, program) in [
        (": | rd-net apply -y", "net"),
        (": | rd-net apply", "net"),
        ("rd-net apply -y < empty.jsonl", "net"),
        ("false | rd-store destroy -y", "store"),
    ] {
        let done = world.rd("rd-net").shell(line).run();
        refused(&world, &done, 5, &["stdin ended before the first record"]);
        refused(&world, &done, 5, &NOTHING);
        assert_eq!(done.end()["slice"], program);
    }
    // To look is harmless, so it goes on, and says so.
    let done = world.rd("rd-store").shell(": | rd-store plan").ok();
    let wanted = "stdin ended before the first record; continuing without upstream";
    assert!(done.stderr.contains(wanted), "{}", done.stderr);
}

#[test]
fn what_is_no_record_is_wrong_usage_at_once() {
    let world = World::new(SETTINGS);
    for line in [
        "yes | rd-net apply -y",
        "yes | rd-net apply",
        "yes | rd-net destroy -y",
        "rd-net plan --offline --format text | rd-net apply",
    ] {
        let done = world.rd("rd-net").shell(line).run();
        refused(&world, &done, 2, &["stdin, line 1: not a record"]);
        refused(&world, &done, 2, &NOTHING);
    }
}

#[test]
fn silence_is_wrong_usage_after_5_seconds() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-net").args("plan").ok().stdout;
    let mut late: Vec<_> = ["apply -y", "apply", "destroy -y"]
        .map(|line| world.rd("rd-net").args(line).start_piped())
        .into();
    // A plan that may take its time, since it was named.
    let mut named = world.rd("rd-net").args("apply --plan -").start_piped();
    let held: Vec<_> = late.iter_mut().map(|child| child.stdin.take()).collect();
    std::thread::sleep(Duration::from_secs(6));
    for child in late {
        let done = finish(child);
        refused(&world, &done, 2, &["no records on stdin within 5 s"]);
        refused(&world, &done, 2, &NOTHING);
    }
    for mut stdin in held.into_iter().flatten() {
        assert!(stdin.write_all(plan.as_bytes()).is_err(), "nobody reads it");
    }
    let mut stdin = named.stdin.take().unwrap();
    stdin.write_all(plan.as_bytes()).unwrap();
    drop(stdin);
    let done = finish(named);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(!world.inventory().is_empty());
}

#[test]
fn a_plan_made_without_upstream_that_was_only_late_has_failed() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let net = world.rd("rd-net").args("plan").ok().stdout;
    // Its first read takes so long that it is still at work when the records come.
    let delay = Fault::Delay(Duration::from_secs(5));
    proxy.rules(vec![Rule::once(Calls::All, 0, delay)], None);
    let mut child = world.rd("rd-store").args("plan").start_piped();
    let mut stdin = child.stdin.take().unwrap();
    while !proxy.calls().iter().any(|call| Calls::All.has(call)) {
        std::thread::sleep(Duration::from_millis(20));
    }
    stdin.write_all(net.as_bytes()).unwrap();
    drop(stdin);
    let done = finish(child);
    assert_eq!(done.code, 5, "{}", done.stderr);
    assert!(done.stderr.contains("worked without it"), "{}", done.stderr);
    assert_eq!(done.end()["status"], "failed");
}

#[test]
fn records_without_their_begin_are_refused() {
    let world = World::new(SETTINGS);
    let plans = Rd::pipe(vec![
        world.rd("rd-net").args("plan"),
        world.rd("rd-store").args("plan"),
    ]);
    let plan = &plans[1].stdout;
    let without = |slice: &str| -> String {
        let begin = format!("{{\"type\":\"begin\",\"slice\":\"{slice}\"");
        let lines = plan.lines().filter(|line| !line.starts_with(&begin));
        lines.map(|line| format!("{line}\n")).collect()
    };
    let alone: String = without("net")
        .lines()
        .filter(|line| line.contains("\"slice\":\"net\""))
        .map(|line| format!("{line}\n"))
        .collect();
    for (stdin, line) in [
        (alone.clone(), "apply -y"),
        (alone, "apply"),
        (without("net"), "apply"),
        (without("store"), "apply"),
        ("{\"type\":\"telemetry\"}\n".to_owned(), "apply -y"),
    ] {
        let done = world.rd("rd-net").args(line).stdin(stdin).run();
        refused(&world, &done, 6, &["`begin`: the stream is not whole"]);
    }
    // Outputs after the end of a plan are none of its own: an apply would take them for real ones.
    let forged = json!({"type": "output", "slice": "net", "name": "vpc_id", "value": "vpc-1"});
    let done = world
        .rd("rd-store")
        .args("apply")
        .stdin(format!("{plan}{forged}\n"))
        .run();
    refused(&world, &done, 6, &["a record of net without its `begin`"]);
}

#[test]
fn a_plan_and_yes_contradict_each_other() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-net").args("plan").ok().stdout;
    std::fs::write(world.path().join("plan.jsonl"), &plan).unwrap();
    let rd = |line: &str| world.rd("rd-net").args(line).stdin(plan.clone()).run();
    let done = rd("apply -y");
    refused(
        &world,
        &done,
        2,
        &["-y applies without one", "leave out -y"],
    );
    refused(&world, &rd("destroy -y"), 2, &["destroy does not take"]);
    let both = rd("apply -y --plan plan.jsonl");
    assert_eq!(both.code, 2, "{}", both.stderr);
    assert!(both.stderr.contains("--plan"), "{}", both.stderr);
    // Also where the plan comes from further up the pipe.
    let line = "rd-net apply < plan.jsonl | rd-store apply -y";
    let done = world.rd("rd-net").shell(line).run();
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert!(!world.state_file("shop/test", "store").exists());
}

#[test]
fn upstream_that_ends_without_end_has_failed() {
    let world = World::new(SETTINGS);
    let plans = Rd::pipe(vec![
        world.rd("rd-net").args("plan"),
        world.rd("rd-store").args("plan"),
    ]);
    // Cut in the plan of the other slice: nobody has reviewed what is missing.
    let lines: Vec<&str> = plans[1].stdout.lines().collect();
    let is_end = |line: &&str, slice: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        record["type"] == "end" && record["slice"] == slice
    };
    for slice in ["net", "store"] {
        let kept = lines.iter().filter(|line| !is_end(line, slice));
        let cut: String = kept.map(|line| format!("{line}\n")).collect();
        let done = world.rd("rd-net").args("apply").stdin(cut).run();
        let wanted = format!("ends in the middle of {slice}");
        refused(&world, &done, 5, &[&wanted]);
    }
}

#[test]
fn a_plan_is_taken_by_its_name() {
    let world = World::new(SETTINGS);
    let shell = |line: &str| {
        let line = format!("set -o pipefail; {line}");
        world.rd("rd-net").shell(&line)
    };
    let plan = "rd-store plan | rd-logs plan > plan.jsonl";
    shell(plan).ok();
    for (file, code, wanted) in [
        ("nothing.jsonl", 2, "nothing.jsonl: cannot be read"),
        (".", 2, "., line 1: cannot be read"),
        ("rd.toml", 2, "rd.toml, line 1: not a record"),
        ("/dev/null", 5, "/dev/null ended before the first record"),
    ] {
        let done = world.rd("rd-store").args("apply --plan").arg(file).run();
        refused(&world, &done, code, &[wanted]);
    }
    // The first program passes the other plans on, and each of them may name the file, too.
    for line in [
        "rd-store apply --plan plan.jsonl | rd-logs apply",
        "rd-store apply --plan plan.jsonl | rd-logs apply --plan plan.jsonl",
        "rd-store apply --plan - < plan.jsonl | rd-logs apply",
        "rd-store apply --plan <(cat plan.jsonl) | rd-logs apply",
        "rd-store apply -y | rd-logs apply --plan plan.jsonl",
    ] {
        let done = shell(line).ok();
        assert_eq!(done.of_type("end").len(), 2, "{line}");
        assert!(done.of_type("change").is_empty(), "{line}");
        let created = done.actions();
        assert!(created.contains(&"create store.bucket.sessions".to_owned()));
        assert!(created.iter().any(|one| one.starts_with("create logs.")));
        shell("rd-logs destroy -y | rd-store destroy -y").ok();
        shell(plan).ok();
    }
    let wrong = shell("rd-net plan --offline | rd-store apply --plan -").run();
    assert_eq!(wrong.code, 6, "{}", wrong.stderr);
    let wrong = world.rd("rd-net").args("apply --plan - --no-stdin").code(2);
    assert!(wrong.stderr.contains("--no-stdin"), "{}", wrong.stderr);
}

/// The most memory that a process has had, in MiB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let words = line.unwrap().split_whitespace().nth(1).unwrap();
    words.parse::<u64>().unwrap() >> 10
}

#[test]
fn slow_credentials_neither_hold_begin_back_nor_fill_the_memory() {
    let world = World::new(SETTINGS);
    std::fs::write(
        world.path().join("config"),
        "[default]\ncredential_process = sleep 30\n",
    )
    .unwrap();
    let config = world.path().join("config");
    let start = Instant::now();
    let mut child = world
        .rd("rd-store")
        .args("plan")
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .without("AWS_SESSION_TOKEN")
        .env("AWS_CONFIG_FILE", config.to_str().unwrap())
        .start_piped();
    let mut stdin = child.stdin.take().unwrap();
    let begin = json!({"type": "begin", "slice": "net", "format": "rd/1", "command": "plan",
        "stack": "shop-test", "region": "us-east-1", "tool_version": "0.1.0", "run": "r"});
    let flood = format!(
        "{}\n",
        json!({"type": "telemetry", "text": "x".repeat(10_000)})
    );
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    std::thread::spawn(move || {
        writeln!(stdin, "{begin}").unwrap();
        while count.load(Ordering::SeqCst) < 300 << 20 && stdin.write_all(flood.as_bytes()).is_ok()
        {
            count.fetch_add(flood.len(), Ordering::SeqCst);
        }
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(
        (&first["type"], &first["slice"]),
        (&json!("begin"), &json!("store"))
    );
    assert_eq!(first["account"], Value::Null);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    // Nobody reads on, so it must not, either.
    std::thread::sleep(Duration::from_secs(1));
    let memory = peak(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(memory < 150, "{memory} MiB");
    assert!(written.load(Ordering::SeqCst) < 30 << 20);
}
