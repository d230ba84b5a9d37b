//! `diagnose`: each kind of failure leads to its likely cause, with AWS's words and the last log lines.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, World, endpoint};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const TIMEOUT: Duration = Duration::from_secs(60);

fn applied() -> World {
    on(World::new(SETTINGS))
}

fn on(world: World) -> World {
    world.service("capacity = \"FARGATE\"\nautoscaling = false");
    world.rd("rd-ecs").args("apply -y").ok();
    world
}

/// From now on, the tasks of this world's service fail in this way.
fn fail(world: &World, how: &Value) {
    let mut input = how.clone();
    input["account"] = json!(world.account);
    input["family"] = json!("shop-test-api");
    world.aws_local("/aws-local/task", &input);
}

fn restart(world: &World) {
    world.rd("rd-ecs").args("restart --no-wait").ok();
}

fn document(done: &Done) -> Value {
    serde_json::from_str(done.stdout.trim())
        .unwrap_or_else(|e| panic!("{e}: {}{}", done.stdout, done.stderr))
}

fn finding<'a>(document: &'a Value, rule: &str) -> Option<&'a Value> {
    let findings = document["findings"].as_array().unwrap();
    findings.iter().find(|one| one["rule"] == rule)
}

/// Diagnoses until a rule has a finding, and returns the whole document.
fn diagnose_until(world: &World, rule: &str) -> Value {
    let start = Instant::now();
    loop {
        let done = world.rd("rd-ecs").args("diagnose").run();
        let document = document(&done);
        if finding(&document, rule).is_some() {
            assert_eq!(done.code, 1, "{}", done.stdout);
            return document;
        }
        assert!(
            start.elapsed() < TIMEOUT,
            "no {rule}: {}",
            document["findings"]
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Fails the test unless tasks that fail in this way are found by this rule first, with these words in the evidence.
fn is_found_first(how: &Value, rule: &str, words: &[&str]) {
    let world = applied();
    fail(&world, how);
    restart(&world);
    let document = diagnose_until(&world, rule);
    let found = finding(&document, rule).unwrap();
    let evidence = found["evidence"].to_string();
    for word in words {
        assert!(evidence.contains(word), "{evidence} lacks {word}");
    }
    assert_eq!(
        document["findings"][0]["rule"], rule,
        "{}",
        document["findings"]
    );
    assert!(!found["advice"].as_str().unwrap().is_empty());
}

#[test]
fn after_an_apply_there_are_no_problems() {
    let world = applied();
    let done = world.rd("rd-ecs").args("diagnose").ok();
    assert_eq!(document(&done)["ok"], true, "{}", done.stdout);
    let text = world.rd("rd-ecs").args("diagnose --format text").ok();
    assert!(
        text.stdout
            .contains("no problems found; desired 1, running 1, pending 0"),
        "{}",
        text.stdout
    );
}

#[test]
fn an_image_that_is_missing() {
    is_found_first(
        &json!({"fails": "image-missing"}),
        "image-not-found",
        &["CannotPullContainerError"],
    );
}

#[test]
fn a_secret_that_is_denied() {
    is_found_first(
        &json!({"fails": "secret-denied"}),
        "secret-denied",
        &["ResourceInitializationError", "AccessDeniedException"],
    );
}

#[test]
fn a_container_without_memory() {
    is_found_first(
        &json!({"fails": "out-of-memory"}),
        "out-of-memory",
        &["OutOfMemoryError", "exit code 137"],
    );
}

#[test]
fn exit_codes_and_the_last_lines() {
    let world = applied();
    let lines = [
        "starting",
        "cannot reach postgres://user:planted-data@host:5432",
    ];
    fail(&world, &json!({"fails": "exit", "code": 1, "logs": lines}));
    restart(&world);
    let document = diagnose_until(&world, "exit-1");
    let found = finding(&document, "exit-1").unwrap();
    let last = found["last_lines"].as_array().unwrap();
    assert_eq!(last.len(), 2, "{last:?}");
    assert_eq!(last[1], "cannot reach postgres://user:(secret)@host:5432");
    assert!(!document.to_string().contains("planted-"));
    let text = world.rd("rd-ecs").args("diagnose --format text").code(1);
    assert!(
        text.stdout.starts_with("✗ the application failed"),
        "{}",
        text.stdout
    );
    assert!(text.stdout.contains("| starting"), "{}", text.stdout);
}

#[test]
fn a_command_that_is_missing_and_a_crash() {
    is_found_first(
        &json!({"fails": "exit", "code": 127}),
        "exit-127",
        &["exit code 127"],
    );
    is_found_first(
        &json!({"fails": "exit", "code": 139}),
        "exit-139",
        &["exit code 139"],
    );
}

#[test]
fn health_checks_of_the_load_balancer() {
    let world = applied();
    fail(&world, &json!({"fails": "unhealthy"}));
    restart(&world);
    let document = diagnose_until(&world, "health-failed");
    let found = finding(&document, "health-failed").unwrap();
    assert!(
        found["evidence"].to_string().contains("target-group"),
        "{found}"
    );
}

#[test]
fn health_checks_of_the_container() {
    let world = World::new(SETTINGS);
    world.service(
        "capacity = \"FARGATE\"\nautoscaling = false\nhealth_command = [\"CMD\", \"true\"]",
    );
    world.rd("rd-ecs").args("apply -y").ok();
    world.image("v1", "arm64");
    world.rd("rd-ecs").args("deploy --tag v1").ok();
    fail(&world, &json!({"fails": "container-unhealthy"}));
    restart(&world);
    diagnose_until(&world, "container-health-failed");
}

#[test]
fn no_capacity() {
    let world = applied();
    fail(&world, &json!({"fails": "no-capacity"}));
    restart(&world);
    let document = diagnose_until(&world, "no-capacity");
    let found = finding(&document, "no-capacity").unwrap();
    assert!(
        found["evidence"]
            .to_string()
            .contains("Capacity is unavailable"),
        "{found}"
    );
}

#[test]
fn an_unknown_reason_is_reported_word_for_word() {
    let proxy = Proxy::start(endpoint());
    let world = on(World::at(SETTINGS, proxy.url()));
    fail(&world, &json!({"fails": "image-missing"}));
    restart(&world);
    let rewrite = Fault::Rewrite {
        from: "CannotPullContainerError",
        to: "FluxCapacitorError",
    };
    let rule = Rule::at_first(Calls::Of("DescribeTasks"), usize::MAX, rewrite);
    proxy.rules(vec![rule], None);
    let document = diagnose_until(&world, "unknown");
    let found = finding(&document, "unknown").unwrap();
    assert!(
        found["evidence"][0]
            .as_str()
            .unwrap()
            .contains("FluxCapacitorError"),
        "{found}"
    );
}

#[test]
fn a_settled_failure_is_a_note() {
    let world = applied();
    fail(&world, &json!({"fails": "exit", "code": 1, "times": 1}));
    world.rd("rd-ecs").args("restart").ok();
    let done = world.rd("rd-ecs").args("diagnose").ok();
    let document = document(&done);
    let found = finding(&document, "exit-1").unwrap();
    assert_eq!(
        (&found["severity"], &found["over"]),
        (&json!("note"), &json!(true)),
        "{found}"
    );
    let text = world
        .rd("rd-ecs")
        .args("diagnose --format text")
        .ok()
        .stdout;
    assert!(text.starts_with("over by now:"), "{text}");
}

#[test]
fn a_task_of_its_own_that_failed_is_no_illness_of_the_service() {
    let world = applied();
    fail(&world, &json!({"fails": "exit", "code": 3, "times": 1}));
    world.rd("rd-ecs").args("run -- migrate").code(3);
    let whole = world.rd("rd-ecs").args("diagnose").ok();
    assert!(
        finding(&document(&whole), "exit").is_none(),
        "{}",
        whole.stdout
    );
    let tasks = document(&whole)["tasks"].clone();
    let mut tasks = tasks.as_array().unwrap().iter();
    let own = tasks
        .find(|one| one["group"] != "service:shop-test-api")
        .unwrap();
    let id = own["id"].as_str().unwrap().to_owned();
    let named = world.rd("rd-ecs").args("diagnose --task").arg(&id).code(1);
    let named = document(&named);
    assert_eq!(finding(&named, "exit").unwrap()["tasks"], json!([id]));
}

#[test]
fn a_task_stopped_manually_is_a_note() {
    let world = applied();
    let tasks = document(&world.rd("rd-ecs").args("tasks").ok());
    let id = tasks["tasks"][0]["id"].as_str().unwrap().to_owned();
    let stop =
        json!({"cluster": "shop-test-cluster", "task": id, "reason": "Task stopped by user"});
    world.ecs("StopTask", &stop);
    let start = Instant::now();
    loop {
        let done = world.rd("rd-ecs").args("diagnose --task").arg(&id).run();
        let document = document(&done);
        if let Some(found) = finding(&document, "stopped-by-user") {
            assert_eq!(found["severity"], "note");
            assert_eq!(found["tasks"], json!([id]));
            assert_eq!(document["tasks"].as_array().unwrap().len(), 1);
            break;
        }
        assert!(start.elapsed() < TIMEOUT, "{}", done.stdout);
        std::thread::sleep(Duration::from_millis(200));
    }
    let none = world.rd("rd-ecs").args("diagnose --task 0000").code(1);
    assert!(none.stderr.contains("no task `0000`"), "{}", none.stderr);
}

#[test]
fn the_evidence_is_saved_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let world = applied();
    fail(
        &world,
        &json!({"fails": "out-of-memory", "logs": ["last words"]}),
    );
    restart(&world);
    diagnose_until(&world, "out-of-memory");
    world
        .rd("rd-ecs")
        .args("diagnose --save evidence.json")
        .code(1);
    let file = world.path().join("evidence.json");
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&file).unwrap();
    let saved: Value = serde_json::from_str(&text).unwrap();
    assert!(finding(&saved, "out-of-memory").is_some());
    for part in [
        "service",
        "revision",
        "deployments",
        "events",
        "tasks",
        "targets",
        "checks",
    ] {
        let value = &saved[part];
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        assert!(!empty, "{part}: {text}");
    }
    assert!(text.contains("last words"));
    assert!(!text.contains("planted-"));
    let unwritable = world
        .rd("rd-ecs")
        .args("diagnose --save no/such/folder/x")
        .code(1);
    assert!(
        unwritable.stderr.contains("cannot write"),
        "{}",
        unwritable.stderr
    );
}

#[test]
fn a_failed_check_is_a_finding() {
    let world = applied();
    let group = json!({"logGroupName": "/ecs/shop-test-api"});
    world.json("Logs_20140328.DeleteLogGroup", &group);
    let document = diagnose_until(&world, "verify: log group");
    let found = finding(&document, "verify: log group").unwrap();
    assert!(
        found["evidence"][0]
            .as_str()
            .unwrap()
            .contains("rd-ecs apply"),
        "{found}"
    );
}

#[test]
fn what_cannot_be_read_does_not_hide_the_rest() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    // Without a circuit breaker it never ends.
    world.service("capacity = \"FARGATE\"\nautoscaling = false\ncircuit_breaker = false");
    world.rd("rd-ecs").args("apply -y").ok();
    fail(
        &world,
        &json!({"fails": "exit", "code": 1, "logs": ["last words"]}),
    );
    restart(&world);
    diagnose_until(&world, "exit-1");
    let refuse = Fault::Refuse {
        status: 400,
        code: "AccessDeniedException",
    };
    let denied = [
        "GetLogEvents",
        "DescribeTargetHealth",
        "ListServiceDeployments",
    ];
    let rules = denied.map(|one| Rule::at_first(Calls::Of(one), usize::MAX, refuse.clone()));
    proxy.rules(rules.to_vec(), None);
    let done = world.rd("rd-ecs").args("diagnose").code(1);
    let document = document(&done);
    assert!(finding(&document, "exit-1").is_some(), "{}", done.stdout);
    let unread = document["unread"].to_string();
    assert!(
        unread.contains("targets: ") && unread.contains("deployments: "),
        "{unread}"
    );
    let text = world.rd("rd-ecs").args("diagnose --format text").code(1);
    assert!(
        text.stdout.contains("last lines not read: "),
        "{}",
        text.stdout
    );
}

#[test]
fn a_deployment_that_is_rolled_back_shows_findings() {
    let world = applied();
    fail(
        &world,
        &json!({"fails": "exit", "code": 1, "logs": ["no such table: users"]}),
    );
    let done = world.rd("rd-ecs").args("restart").code(1);
    let found = done.of_type("finding");
    assert_eq!(found[0]["rule"], "exit-1", "{}", done.stdout);
    assert!(
        done.stdout.contains("no such table: users"),
        "{}",
        done.stdout
    );
}

/// AWS's clock is 20 minutes behind this machine's, by which a task that was started a moment ago would be stuck.
#[test]
fn times_are_judged_by_the_clock_of_aws() {
    let proxy = Proxy::start(endpoint());
    let world = on(World::at(SETTINGS, proxy.url()));
    let behind = Fault::Clock { ahead: -20 * 60 };
    proxy.rules(vec![Rule::at_first(Calls::All, usize::MAX, behind)], None);
    fail(&world, &json!({"phase_seconds": 60}));
    restart(&world);
    let start = Instant::now();
    let document = loop {
        let document = document(
            &world
                .rd("rd-ecs")
                .args("diagnose --save evidence.json")
                .run(),
        );
        let mut tasks = document["tasks"].as_array().unwrap().iter();
        if tasks.any(|task| task["desired_status"] == "RUNNING" && task["last_status"] != "RUNNING")
        {
            break document;
        }
        assert!(start.elapsed() < TIMEOUT, "{document}");
        std::thread::sleep(Duration::from_millis(200));
    };
    assert!(finding(&document, "task-stuck").is_none(), "{document}");
    let saved = std::fs::read_to_string(world.path().join("evidence.json")).unwrap();
    let saved: Value = serde_json::from_str(&saved).unwrap();
    let taken: jiff::Timestamp = saved["taken_at"].as_str().unwrap().parse().unwrap();
    let earlier = jiff::Timestamp::now().duration_since(taken).as_secs();
    assert!((15 * 60..25 * 60).contains(&earlier), "{earlier} s earlier");
}
