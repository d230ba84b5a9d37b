//! `run`: the output of a task to its last line, and its exit code.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Rd, World, endpoint, finish};
use serde_json::{Value, json};

fn prepared(world: &World) {
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
}

fn applied() -> World {
    let world = World::new(SETTINGS);
    prepared(&world);
    world
}

fn run(world: &World, flags: &str, line: &str) -> Rd {
    let rd = world.rd("rd-ecs").args("run").args(flags);
    rd.arg("--").arg("sh").arg("-c").arg(line)
}

fn one_off_tasks(world: &World) -> Vec<Value> {
    let all = ["RUNNING", "STOPPED"].map(|status| {
        let input = json!({"cluster": "shop-test-cluster", "desiredStatus": status, "startedBy": "rd-ecs-run"});
        let listed = world.ecs("ListTasks", &input);
        listed["taskArns"].as_array().unwrap().clone()
    });
    let arns = all.concat();
    if arns.is_empty() {
        return arns;
    }
    let input = json!({"cluster": "shop-test-cluster", "tasks": arns});
    world.ecs("DescribeTasks", &input)["tasks"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn the_output_and_the_exit_code_are_those_of_the_command() {
    let world = applied();
    for (line, code, output) in [
        ("echo a; sleep 1; echo b", 0, "a\nb\n"),
        ("echo failed; exit 3", 3, "failed\n"),
        ("exit 137", 137, ""),
        ("false", 1, ""),
    ] {
        let done = run(&world, "", line).code(code);
        assert_eq!(done.stdout, output, "{line}");
    }
    let records = run(&world, "--format json", "echo a; exit 4").code(4);
    assert_eq!(records.of_type("log")[0]["message"], "a");
    assert_eq!(records.of_type("exit")[0]["exit_code"], 4);
}

#[test]
fn the_last_lines_are_waited_for() {
    let world = applied();
    let late = json!({"family": "shop-test-api", "account": world.account, "fails": "late-logs", "seconds": 0.2});
    world.aws_local("/aws-local/task", &late);
    let done = run(&world, "--log-wait 20s", "echo a; echo b; echo c; exit 2").code(2);
    assert_eq!(done.stdout, "a\nb\nc\n");
}

#[test]
fn the_flags_set_size_and_variables_of_the_task() {
    let world = applied();
    run(
        &world,
        "--cpu 512 --memory 2048 --env DRY_RUN=1 --env A=b=c",
        "true",
    )
    .ok();
    let tasks = one_off_tasks(&world);
    assert_eq!(tasks.len(), 1);
    let overrides = &tasks[0]["overrides"];
    assert_eq!(overrides["cpu"], "512");
    assert_eq!(overrides["memory"], "2048");
    let environment = &overrides["containerOverrides"][0]["environment"];
    assert_eq!(
        *environment,
        json!([{"name": "DRY_RUN", "value": "1"}, {"name": "A", "value": "b=c"}])
    );
    for (flags, expected) in [
        ("--cpu 300", "300 CPU"),
        ("--memory 1536", "1536 MiB"),
        ("--env DRY_RUN", "NAME=VALUE"),
    ] {
        let wrong = run(&world, flags, "true").code(2);
        assert!(wrong.stderr.contains(expected), "{}", wrong.stderr);
    }
    assert_eq!(one_off_tasks(&world).len(), 1);
}

#[test]
fn a_migration_runs_with_the_image_of_the_next_deployment() {
    let world = applied();
    let digest = world.image("v1", "arm64");
    let before = world.live_image();
    run(&world, "--tag v1", "true").ok();
    let image = one_off_tasks(&world)[0]["containers"][0]["image"].clone();
    assert!(image.as_str().unwrap().ends_with(&digest), "{image}");
    assert_eq!(world.live_image(), before);
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    world.rd("rd-ecs").args("deploy --no-verify --tag v1").ok();
    let revisions = world.ecs("ListTaskDefinitions", &json!({}));
    assert_eq!(revisions["taskDefinitionArns"].as_array().unwrap().len(), 2);
}

#[test]
fn after_the_timeout_the_task_is_stopped() {
    let world = applied();
    let done = run(&world, "--timeout 40s", "echo started; sleep 600").code(124);
    assert!(done.stdout.starts_with("started\n"), "{}", done.stdout);
    assert_eq!(one_off_tasks(&world)[0]["lastStatus"], "STOPPED");
}

#[test]
fn a_task_is_started_and_followed_later() {
    let world = applied();
    let id = run(&world, "--detach", "echo a; sleep 1; echo b; exit 7")
        .ok()
        .stdout;
    let id = id.trim();
    assert_eq!(one_off_tasks(&world).len(), 1);
    // While it runs, and after its stop.
    for _ in 0..2 {
        let followed = world
            .rd("rd-ecs")
            .args("run --attach")
            .arg(&id[..12])
            .code(7);
        assert_eq!(followed.stdout, "a\nb\n");
    }
    let record = run(&world, "--detach --format json", "true").ok();
    assert_eq!(record.of_type("started").len(), 1);
    for wrong in [
        "run --attach x --detach",
        "run --attach x -- true",
        "run",
        "run --detach",
    ] {
        world.rd("rd-ecs").args(wrong).code(2);
    }
    let none = world.rd("rd-ecs").args("run --attach 0000").code(1);
    assert!(none.stderr.contains("no task `0000`"), "{}", none.stderr);
}

#[test]
fn reads_that_fail_do_not_end_the_run() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    prepared(&world);
    // More than the SDK repeats by itself.
    let broken =
        |operation, count| Rule::at_first(Calls::Of(operation), count, Fault::InternalError);
    proxy.rules(
        vec![broken("DescribeTasks", 9), broken("GetLogEvents", 9)],
        None,
    );
    let done = run(&world, "", "echo a; sleep 1; echo b; exit 3").code(3);
    assert_eq!(done.stdout, "a\nb\n");
    // A page that fails after one that did not.
    proxy.rules(
        vec![Rule::once(Calls::Of("GetLogEvents"), 2, Fault::LoseAnswer)],
        None,
    );
    let done = run(&world, "", "echo a; sleep 1; echo b; sleep 1; echo c").ok();
    assert_eq!(done.stdout, "a\nb\nc\n");
    // A token that has expired: the stream is read again, and nothing is printed twice.
    let expired = Fault::Refuse {
        status: 400,
        code: "InvalidParameterException",
    };
    proxy.rules(
        vec![Rule::once(Calls::Of("GetLogEvents"), 3, expired)],
        None,
    );
    let done = run(&world, "", "echo a; sleep 1; echo b; sleep 1; echo c").ok();
    assert_eq!(done.stdout, "a\nb\nc\n");
}

#[test]
fn a_task_that_aws_has_forgotten_ends_the_run_with_125() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    prepared(&world);
    let forgotten = Fault::Rewrite {
        from: "\"tasks\"",
        to: "\"forgotten\"",
    };
    let mut rule = Rule::at_first(Calls::Of("DescribeTasks"), usize::MAX, forgotten);
    rule.first = 2;
    proxy.rules(vec![rule], None);
    let done = run(&world, "--format json", "echo a; exit 3").code(125);
    assert_eq!(done.of_type("log")[0]["message"], "a");
    let exit = &done.of_type("exit")[0];
    assert_eq!(exit["exit_code"], Value::Null);
    assert!(
        done.stderr.contains("no longer knows the task"),
        "{}",
        done.stderr
    );
}

#[test]
fn ctrl_c_stops_the_task() {
    let world = applied();
    let mut child = run(&world, "", "echo started; sleep 600").start();
    drop(child.stdin.take());
    let start = std::time::Instant::now();
    while !one_off_tasks(&world)
        .iter()
        .any(|task| task["lastStatus"] == "RUNNING")
    {
        assert!(start.elapsed().as_secs() < 60, "it never started");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let mut kill = std::process::Command::new("kill");
    let killed = kill
        .arg("-INT")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(killed.success());
    let done = finish(child);
    assert_eq!(done.code, 130, "{}", done.stderr);
    assert_eq!(one_off_tasks(&world)[0]["lastStatus"], "STOPPED");
}

#[test]
fn a_command_that_never_ran_is_a_failure_with_its_reason() {
    let world = applied();
    for (fails, expected) in [
        ("image-missing", "CannotPullContainerError"),
        ("secret-denied", "ResourceInitializationError"),
        ("no-capacity", "apacity"),
    ] {
        let input = json!({"family": "shop-test-api", "account": world.account, "fails": fails, "times": 1});
        world.aws_local("/aws-local/task", &input);
        let done = run(&world, "", "echo a").code(1);
        assert!(done.stderr.contains(expected), "{fails}: {}", done.stderr);
    }
    let input = json!({"family": "shop-test-api", "account": world.account, "fails": "out-of-memory", "times": 1});
    world.aws_local("/aws-local/task", &input);
    run(&world, "", "echo a").code(137);
}

#[test]
fn a_new_role_is_waited_for_and_a_wrong_one_is_an_error() {
    let world = applied();
    let lag = json!({"times": 3, "account": world.account, "where": "task"});
    world.aws_local("/aws-local/iam-lag", &lag);
    // Created again, so that it has to propagate.
    let role = ("iam", "2010-05-08");
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"},
    }]})
    .to_string();
    let name = "shop-test-execution-us-east-1";
    let change = [("RoleName", name), ("PolicyDocument", trust.as_str())];
    world.query(role, "UpdateAssumeRolePolicy", &change);
    let done = run(&world, "", "echo a").code(1);
    assert!(done.stderr.contains("refused for 120 s"), "{}", done.stderr);
}

#[test]
fn exactly_one_task_is_started_despite_lost_answers() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    prepared(&world);
    for fault in [Fault::LoseAnswer, Fault::Throttle, Fault::InternalError] {
        let before = one_off_tasks(&world).len();
        proxy.rules(vec![Rule::once(Calls::Of("RunTask"), 0, fault)], None);
        let done = run(&world, "", "echo a; exit 5").code(5);
        assert_eq!(done.stdout, "a\n");
        assert_eq!(one_off_tasks(&world).len(), before + 1);
    }
    // Lines that cannot be read now are read later.
    proxy.rules(
        vec![Rule::once(Calls::Of("GetLogEvents"), 1, Fault::LoseAnswer)],
        None,
    );
    assert_eq!(
        run(&world, "", "echo a; sleep 1; echo b").ok().stdout,
        "a\nb\n"
    );
}
