//! Programs in a pipe, as a shell runs them: records through, outputs down, plans carried out, failures passed on.

use rd_testkit::faults::Proxy;
use rd_testkit::{Rd, World, endpoint, finish};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";

fn line(record: &Value) -> String {
    format!("{record}\n")
}

fn begin(slice: &str, command: &str, stack: &str) -> Value {
    json!({"type": "begin", "slice": slice, "format": "rd/1", "command": command, "stack": stack,
           "region": "us-east-1", "tool_version": "0.1.0", "run": "r", "upstream": "none"})
}

fn end(slice: &str, status: &str) -> Value {
    json!({"type": "end", "slice": slice, "status": status, "counts": {}, "serial": 1})
}

#[test]
fn a_saved_plan_of_two_slices_is_reviewed_and_applied() {
    let world = World::new(SETTINGS);
    let plans = Rd::pipe(vec![
        world.rd("rd-net").args("plan"),
        world.rd("rd-store").args("plan"),
    ]);
    assert!(plans.iter().all(|done| done.code == 0));
    let plan = &plans[1].stdout;
    assert_eq!(plans[1].of_type("begin").len(), 2);
    let applied = Rd::pipe(vec![
        world.rd("rd-net").args("apply").stdin(plan.clone()),
        world.rd("rd-store").args("apply"),
    ]);
    assert_eq!(applied[0].code, 0, "{}", applied[0].stderr);
    assert_eq!(applied[1].code, 0, "{}", applied[1].stderr);
    // The last program passes on what the first one said; the plans themselves are used up on the way.
    assert_eq!(applied[1].actions(), plans[1].actions());
    assert!(applied[1].of_type("change").is_empty());
    assert_eq!(applied[1].of_type("end").len(), 2);

    let again = Rd::pipe(vec![
        world.rd("rd-net").args("plan --exit-code"),
        world.rd("rd-store").args("plan --exit-code"),
    ]);
    assert!(again.iter().all(|done| done.code == 0), "{again:?}");

    let gone = Rd::pipe(vec![
        world.rd("rd-store").args("destroy -y"),
        world.rd("rd-net").args("destroy -y"),
    ]);
    assert!(gone.iter().all(|done| done.code == 0), "{gone:?}");
}

/// `examples/rd-count.rs` of rd-common, the smallest filter.
const FILTER: &str = "examples/rd-count";

#[test]
fn a_filter_sees_every_change_and_passes_all_records_on() {
    let world = World::new(SETTINGS);
    let before = world.rd("rd-net").args("plan --offline").ok();
    let after = world
        .rd(FILTER)
        .args("changes")
        .stdin(before.stdout.clone())
        .ok();
    let own = |line: &&str| {
        let record: Value = serde_json::from_str(line).unwrap();
        record["slice"] == "count"
    };
    let passed_on: Vec<&str> = after.stdout.lines().filter(|line| !own(line)).collect();
    assert_eq!(passed_on, before.stdout.lines().collect::<Vec<_>>());
    let ends = after.of_type("end");
    let counted = ends.iter().find(|end| end["slice"] == "count").unwrap();
    assert_eq!(counted["counts"]["create"], before.of_type("change").len());
    assert_eq!(counted["status"], "ok");
    // The slice after it plans as if the filter were not in the pipe.
    let runs = Rd::pipe(vec![
        world.rd("rd-net").args("plan --offline"),
        world.rd(FILTER).args("changes"),
        world.rd("rd-store").args("plan --offline"),
    ]);
    assert!(runs.iter().all(|run| run.code == 0), "{runs:?}");
    assert_eq!(runs[2].of_type("begin").len(), 3);
    assert!(runs[2].of_type("change").len() > before.of_type("change").len());
}

#[test]
fn a_filter_fails_with_what_is_upstream() {
    let world = World::new(SETTINGS);
    let runs = Rd::pipe(vec![
        world.rd("rd-net").args("plan --offline --set net.nat=no"),
        world.rd(FILTER).args("changes"),
    ]);
    assert_eq!(runs[0].code, 2);
    assert_eq!(runs[1].code, 5, "{}", runs[1].stderr);
    let ends = runs[1].of_type("end");
    assert!(ends.iter().all(|end| end["status"] == "failed"), "{ends:?}");
    assert_eq!(ends.len(), 2);
}

#[test]
fn one_program_asks_whose_account_it_is_for_all_with_its_key() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let asked = || {
        let calls = proxy.calls();
        calls.iter().filter(|call| call.service == "sts").count()
    };
    let net = world.rd("rd-net").args("plan").ok();
    assert_eq!(asked(), 1);
    let store = || world.rd("rd-store").args("plan").stdin(net.stdout.clone());
    let both = store().ok();
    assert_eq!(asked(), 1);
    let begins = both.of_type("begin");
    assert_eq!(begins.len(), 2);
    assert!(
        begins.iter().all(|one| one["account"] == world.account),
        "{begins:?}"
    );

    // Another key may be of another account, and this one is.
    let other = store()
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .code(2);
    assert!(other.stderr.contains("account"), "{}", other.stderr);
    assert_eq!(asked(), 2);
}

#[test]
fn a_plan_of_one_slice_does_not_apply_to_another() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-net").args("plan").ok();
    let refused = world
        .rd("rd-store")
        .args("apply")
        .stdin(plan.stdout)
        .code(6);
    assert!(
        refused.stderr.contains("has no changes for store"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_plan_is_applied_only_with_the_values_that_were_looked_at() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-net").args("plan").ok();
    world.settings(&format!("{SETTINGS}cidr = \"10.99.0.0/16\"\n"));
    let refused = world
        .rd("rd-net")
        .args("apply")
        .stdin(plan.stdout.clone())
        .code(6);
    assert!(
        refused.stderr.contains("the settings have changed"),
        "{}",
        refused.stderr
    );
    world.settings(SETTINGS);
    world.rd("rd-net").args("apply").stdin(plan.stdout).ok();
}

#[test]
fn a_stale_plan_is_refused() {
    let world = World::new(SETTINGS);
    let old = world.rd("rd-net").args("plan").ok();
    world.rd("rd-net").args("apply -y").ok();
    let refused = world.rd("rd-net").args("apply").stdin(old.stdout).code(6);
    assert!(
        refused.stderr.contains("the plan is stale"),
        "{}",
        refused.stderr
    );

    // The state is the same, but AWS is not: other actions would be needed than were reviewed.
    world.settings(&format!("{SETTINGS}app_port = 8080\n"));
    let plan = world.rd("rd-net").args("plan").ok();
    let state = std::fs::read_to_string(world.state_file("shop/test", "net")).unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    let vpc = state["resources"]["net.vpc.main"]["id"].as_str().unwrap();
    world.ec2(
        "ModifyVpcAttribute",
        &[("VpcId", vpc), ("EnableDnsHostnames.Value", "false")],
    );
    let refused = world
        .rd("rd-net")
        .args("apply")
        .stdin(plan.stdout.clone())
        .code(6);
    assert!(
        refused.stderr.contains("net.vpc.main"),
        "{}",
        refused.stderr
    );

    // A plan that was cut off is no plan.
    let half = &plan.stdout[..plan.stdout.trim_end().rfind('\n').unwrap() + 1];
    let refused = world.rd("rd-net").args("apply").stdin(half).code(5);
    assert!(
        refused.stderr.contains("ends in the middle of net"),
        "{}",
        refused.stderr
    );
}

#[test]
fn records_go_through_byte_for_byte() {
    let world = World::new(SETTINGS);
    let odd = "{\"type\":\"telemetry\",  \"x\" : 1.0, \"ü\":\"\\u00fc\"}\n";
    let stdin = format!(
        "{}{odd}{}",
        line(&begin("cost", "plan", "shop-test")),
        line(&end("cost", "ok"))
    );
    let plan = world.rd("rd-store").args("plan").stdin(stdin.clone()).ok();
    let passed: String = plan
        .stdout
        .split_inclusive('\n')
        .filter(|line| !line.contains("\"slice\":\"store\""))
        .collect();
    assert_eq!(passed, stdin);
}

#[test]
fn begin_comes_at_once_and_records_as_each_is_true() {
    let world = World::new(SETTINGS);
    let mut child = world.rd("rd-net").args("plan").start_piped();
    // Upstream that is silent, as one that waits for a lock: our own begin does not wait for it.
    let stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let start = Instant::now();
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["type"], "begin");
    assert_eq!(first["account"], world.account.as_str());
    assert!(start.elapsed() < Duration::from_secs(20));
    drop(stdin);
    assert_eq!(
        lines.last().map(|line| line.unwrap().contains("\"end\"")),
        Some(true)
    );
    assert_eq!(finish(child).code, 0);
}

#[test]
fn an_open_pipe_that_nobody_writes_to_is_no_reason_to_hang() {
    let world = World::new(SETTINGS);
    let mut child = world.rd("rd-store").args("plan").start_piped();
    let held = child.stdin.take();
    let done = finish(child);
    drop(held);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(
        done.stderr.contains("no records on stdin within 5 s"),
        "{}",
        done.stderr
    );
    assert!(done.end()["status"] == "ok");
}

#[test]
fn no_stdin_leaves_the_loop_its_lines() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let bash = world.rd("rd-net").shell(
        "printf '%s\\n' one two three | while read -r word; do echo \"$word\"; rd-net output vpc_id --no-stdin >/dev/null; \
         rd-net plan --no-stdin >/dev/null; done",
    );
    assert_eq!(bash.ok().stdout, "one\ntwo\nthree\n");
}

#[test]
fn two_stacks_in_one_pipe_are_refused_before_anything_is_touched() {
    let world = World::new(SETTINGS);
    for (upstream, what) in [
        (begin("net", "apply", "shop-other"), "stack shop-other"),
        (
            {
                let mut b = begin("net", "apply", "shop-test");
                b["region"] = json!("eu-west-1");
                b
            },
            "region eu-west-1",
        ),
        (
            {
                let mut b = begin("net", "apply", "shop-test");
                b["account"] = json!("000000000001");
                b
            },
            "account 000000000001",
        ),
        (begin("store", "apply", "shop-test"), "in this pipe twice"),
    ] {
        let done = world
            .rd("rd-store")
            .args("apply -y")
            .stdin(line(&upstream))
            .code(2);
        assert!(done.stderr.contains(what), "{what}: {}", done.stderr);
        assert_eq!(done.end()["status"], "failed");
        assert!(done.actions().is_empty());
    }
    assert!(!world.state_file("shop/test", "store").exists());
}

#[test]
fn upstream_that_fails_or_breaks_off_makes_exit_5() {
    let world = World::new(SETTINGS);
    let failed = format!(
        "{}{}",
        line(&begin("net", "plan", "shop-test")),
        line(&end("net", "failed"))
    );
    let done = world.rd("rd-store").args("plan").stdin(failed).code(5);
    assert!(done.stderr.contains("rd-net failed"), "{}", done.stderr);
    let cut = line(&begin("net", "plan", "shop-test"));
    world.rd("rd-store").args("plan").stdin(cut).code(5);

    // A program that cannot even start says so down the pipe.
    let broken = World::new("projekt = \"shop\"\n");
    let line = Rd::pipe(vec![
        broken.rd("rd-net").args("plan"),
        world.rd("rd-store").args("plan"),
    ]);
    assert_eq!((line[0].code, line[1].code), (2, 5));
    assert_eq!(line[1].of_type("diagnostic")[0]["severity"], "error");
}

#[test]
fn a_reader_that_goes_away_is_no_crash_and_loses_nothing() {
    let world = World::new(SETTINGS);
    let mut child = world.rd("rd-net").args("apply -y").start();
    drop(child.stdin.take());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    drop(lines);
    let done = finish(child);
    assert_eq!(done.code, 1, "{}", done.stderr);
    assert!(!done.stderr.contains("panicked"), "{}", done.stderr);
    // What it had begun is recorded, and the next run goes on from there.
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
    let vpcs = world.ec2(
        "DescribeVpcs",
        &[
            ("Filter.1.Name", "tag:ManagedBy"),
            ("Filter.1.Value.1", "rd"),
        ],
    );
    assert_eq!(vpcs.body.matches("<vpcId>").count(), 1);
    world.rd("rd-net").args("destroy -y").ok();

    let head = world.rd("rd-net").shell("rd-net plan | head -1").ok();
    assert_eq!(head.stdout.lines().count(), 1);
}

#[test]
fn an_apply_in_a_pipe_never_asks() {
    let world = World::new(SETTINGS);
    let done = world.rd("rd-net").args("apply").stdin("yes\n").code(2);
    assert!(done.stderr.contains("not a record"), "{}", done.stderr);
    let done = world.rd("rd-net").args("apply").code(6);
    assert!(done.stderr.contains("pass -y"), "{}", done.stderr);
    assert!(!world.state_file("shop/test", "net").exists());
}

#[test]
fn a_slice_in_use_is_not_destroyed_under_its_users() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    // The state of a slice that needs this one, as rd-data writes it.
    let net = std::fs::read_to_string(world.state_file("shop/test", "net")).unwrap();
    let mut user: Value = serde_json::from_str(&net).unwrap();
    user["slice"] = json!("data");
    user["needs"] = json!(["net"]);
    let resources = user["resources"].as_object_mut().unwrap();
    let mut one = resources["net.vpc.main"].clone();
    one["depends_on"] = json!([]);
    *resources = [("data.db_instance.main".to_owned(), one)]
        .into_iter()
        .collect();
    std::fs::write(world.state_file("shop/test", "data"), user.to_string()).unwrap();

    let refused = world.rd("rd-net").args("destroy -y").code(6);
    assert!(
        refused.stderr.contains("rd-data still has 1 resource"),
        "{}",
        refused.stderr
    );
    let failed = format!(
        "{}{}",
        line(&begin("data", "destroy", "shop-test")),
        line(&end("data", "failed"))
    );
    world.rd("rd-net").args("destroy -y").stdin(failed).code(5);
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
    let gone = format!(
        "{}{}",
        line(&begin("data", "destroy", "shop-test")),
        line(&end("data", "ok"))
    );
    world.rd("rd-net").args("destroy -y").stdin(gone).ok();
}

#[test]
fn garbage_on_stdin_is_one_clear_error() {
    let world = World::new(SETTINGS);
    let mut other = begin("net", "plan", "shop-test");
    other["format"] = json!("rd/2");
    let half = line(&begin("net", "plan", "shop-test"));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("invalid UTF-8", b"\xff\xfe{}\n".to_vec(), "not UTF-8"),
        ("NUL", b"\0\0\0\n".to_vec(), "not a record"),
        (
            "half a record",
            half.as_bytes()[..40].to_vec(),
            "not a record",
        ),
        ("another format", line(&other).into_bytes(), "rd/2"),
        ("no object", b"[1,2]\n".to_vec(), "not a JSON object"),
        (
            "deep nesting",
            [b"[".repeat(100_000), b"\n".to_vec()].concat(),
            "not a record",
        ),
    ];
    for (name, bytes, wanted) in cases {
        let done = world.rd("rd-net").args("apply -y").stdin(bytes).code(2);
        assert!(
            done.stderr.contains(wanted) && done.stderr.contains("→"),
            "{name}: {}",
            done.stderr
        );
        assert!(!done.stderr.contains("panicked"), "{name}: {}", done.stderr);
        assert!(done.actions().is_empty(), "{name}");
    }
}

#[test]
fn a_line_of_100_mb_is_refused_without_filling_the_memory() {
    let world = World::new(SETTINGS);
    let mut child = world.rd("rd-net").args("plan").start_piped();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let part = vec![b'x'; 1 << 20];
        (0..100)
            .take_while(|_| stdin.write_all(&part).is_ok())
            .count()
    });
    let done = finish(child);
    assert_eq!(done.code, 2, "{}", done.stderr);
    assert!(done.stderr.contains("longer than 8 MiB"), "{}", done.stderr);
    assert!(
        writer.join().unwrap() < 20,
        "it read on long after the limit"
    );
}
