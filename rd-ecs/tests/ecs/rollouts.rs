//! Bringing revisions into service: what counts as success, what is left when it fails, is killed or is interrupted.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule, Scenario};
use rd_testkit::network::SETTINGS;
use rd_testkit::{World, endpoint, finish};
use serde_json::{Value, json};
use std::io::Read;
use std::time::{Duration, Instant};

const FEW: usize = 3;
const TARGET: &str = "service/shop-test-cluster/shop-test-api";

fn applied(world: &World) {
    world.service("");
    world.rd("rd-ecs").args("apply -y").ok();
    for tag in ["v1", "v2"] {
        world.image(tag, "arm64");
    }
}

fn deployed(world: &World) {
    applied(world);
    deploy(world, "v1").ok();
}

fn deploy(world: &World, tag: &str) -> rd_testkit::Rd {
    let rd = world.rd("rd-ecs").args("deploy --no-verify --tag");
    rd.arg(tag)
}

fn new(prepare: fn(&World)) -> World {
    let world = World::new(SETTINGS);
    prepare(&world);
    world
}

fn deployments(world: &World) -> Vec<Value> {
    let input = json!({"cluster": "shop-test-cluster", "service": "shop-test-api"});
    let briefs = world.ecs("ListServiceDeployments", &input);
    briefs["serviceDeployments"].as_array().unwrap().clone()
}

/// Whether the newest of `count` deployments is in progress.
fn is_in_progress(world: &World, count: usize) -> bool {
    let all = deployments(world);
    all.len() == count && all[0]["status"] == "IN_PROGRESS"
}

fn scale_in_is_suspended(world: &World) -> bool {
    let input = json!({"ServiceNamespace": "ecs", "ResourceIds": [TARGET]});
    let targets = world.json("AnyScaleFrontendService.DescribeScalableTargets", &input);
    targets["ScalableTargets"][0]["SuspendedState"]["DynamicScalingInSuspended"] == json!(true)
}

fn last_record(stdout: &str) -> Value {
    serde_json::from_str(stdout.lines().last().unwrap()).unwrap()
}

/// Makes the tasks of an image fail in this way.
fn tasks(world: &World, image: &str, fails: &Value) {
    let mut input = json!({"image": format!("*{image}*"), "account": world.account});
    let members = input.as_object_mut().unwrap();
    members.extend(fails.as_object().unwrap().clone());
    world.aws_local("/aws-local/task", &input);
}

/// The state after a deployment: nothing to plan, scale-in resumed, nothing in progress, no revision twice.
fn settled(world: &World) {
    assert!(!scale_in_is_suspended(world));
    let state = std::fs::read_to_string(world.state_file("shop/test", "ecs")).unwrap();
    assert!(!state.contains("begun"), "{state}");
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    let family = json!({"familyPrefix": "shop-test-api", "status": "ACTIVE"});
    let revisions = world.ecs("ListTaskDefinitions", &family);
    // The placeholder, v1 and v2; a registration whose answer was lost may exist twice.
    assert!(revisions["taskDefinitionArns"].as_array().unwrap().len() <= 4);
}

const DEPLOY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: deployed,
    command: |world| deploy(world, "v2"),
    check: |world| {
        assert!(world.live_image().contains("sha256:"));
        let digest = world.image("v2", "arm64");
        assert!(world.live_image().ends_with(&digest));
        settled(world);
    },
};

const ROLLBACK: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        deployed(world);
        deploy(world, "v2").ok();
    },
    command: |world| world.rd("rd-ecs").args("rollback --to 2"),
    check: |world| {
        let digest = world.image("v1", "arm64");
        assert!(world.live_image().ends_with(&digest));
        settled(world);
    },
};

rd_testkit::fault_walks! {
    FEW,
    deploy: DEPLOY,
    rollback: ROLLBACK,
}

#[test]
fn a_deployment_is_followed_and_ends_with_awss_status() {
    let world = new(applied);
    let done = deploy(&world, "v1").ok();
    let events = done.of_type("event");
    assert!(
        events.iter().any(|event| event["message"]
            .as_str()
            .unwrap()
            .contains("deployment completed")),
        "{}",
        done.stdout
    );
    let last = last_record(&done.stdout);
    assert_eq!(last["status"], "SUCCESSFUL");
    assert_eq!(last["revision"], 2);
    settled(&world);
    // Deploying the same image again changes nothing.
    let before = deployments(&world).len();
    let again = deploy(&world, "v1").ok();
    assert_eq!(last_record(&again.stdout)["unchanged"], true);
    assert_eq!(deployments(&world).len(), before);
}

#[test]
fn a_deployment_that_was_rolled_back_fails_with_the_reason() {
    let world = new(deployed);
    let before = world.live_image();
    let digest = world.image("v2", "arm64");
    tasks(
        &world,
        &digest,
        &json!({"fails": "exit", "code": 1, "logs": ["cannot reach the queue"]}),
    );
    let done = deploy(&world, "v2").code(1);
    let last = done
        .of_type("deployment")
        .pop()
        .unwrap_or_else(|| panic!("{}", done.stdout));
    assert_eq!(last["status"], "ROLLBACK_SUCCESSFUL");
    assert!(
        done.stderr.contains("deployment of shop-test-api"),
        "{}",
        done.stderr
    );
    // Its tasks are reported as they stop, with findings about them.
    let stopped = done.of_type("task");
    assert!(
        stopped.iter().any(|task| task["exit_code"] == 1),
        "{}",
        done.stdout
    );
    let findings = done.of_type("finding");
    let cause = &findings[0];
    assert_eq!(cause["rule"], "exit-1", "{}", done.stdout);
    assert_eq!(cause["severity"], "error");
    assert_eq!(cause["last_lines"], json!(["cannot reach the queue"]));
    assert_eq!(world.live_image(), before);
    settled(&world);
}

/// A deployment that the service shows as under way, or not at all, and that has ended by the time its deployments are listed.
#[test]
fn what_a_killed_run_has_deployed_meanwhile_is_live() {
    let stale = [
        ("COMPLETED", "IN_PROGRESS"),
        (
            "task-definition/shop-test-api:3",
            "task-definition/shop-test-api:2",
        ),
    ];
    for (from, to) in stale {
        let proxy = Proxy::start(endpoint());
        let world = World::at(SETTINGS, proxy.url());
        deployed(&world);
        let killed = Rule::once(Calls::Of("UpdateService"), 0, Fault::KillAfter);
        proxy.rules(vec![killed], None);
        let mut child = deploy(&world, "v2").start();
        drop(child.stdin.take());
        proxy.victim(child.id());
        assert_eq!(finish(child).code, -1);
        wait_until(|| !is_in_progress(&world, 3));
        let before = deployments(&world).len();
        let rewrite = Fault::Rewrite { from, to };
        let reads = Calls::Of("DescribeServices");
        proxy.rules(vec![Rule::at_first(reads, 4, rewrite)], None);
        deploy(&world, "v2").ok();
        assert_eq!(deployments(&world).len(), before, "{from}");
        proxy.rules(Vec::new(), None);
        settled(&world);
    }
}

/// AWS's clock is 20 minutes behind this machine's: by this machine's, the failed tasks are older than the deployment.
#[test]
fn a_fast_clock_hides_no_failed_task() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    deployed(&world);
    let digest = world.image("v2", "arm64");
    tasks(&world, &digest, &json!({"fails": "exit", "code": 1}));
    let behind = Fault::Clock { ahead: -20 * 60 };
    proxy.rules(vec![Rule::at_first(Calls::All, usize::MAX, behind)], None);
    let done = deploy(&world, "v2").code(1);
    proxy.rules(Vec::new(), None);
    let last = done.of_type("deployment").pop();
    assert_eq!(last.unwrap()["status"], "ROLLBACK_SUCCESSFUL");
    assert!(!done.of_type("task").is_empty(), "{}", done.stdout);
    let findings = done.of_type("finding");
    assert_eq!(findings[0]["rule"], "exit-1", "{}", done.stdout);
    settled(&world);
}

#[test]
fn a_reason_that_comes_late_is_waited_for() {
    let world = new(deployed);
    let digest = world.image("v2", "arm64");
    let exit = json!({"fails": "exit", "code": 1, "phase_seconds": 1});
    tasks(&world, &digest, &exit);
    tasks(
        &world,
        &digest,
        &json!({"fails": "late-reason", "seconds": 0.8}),
    );
    let done = deploy(&world, "v2").code(1);
    let stopped = done.of_type("task");
    assert!(
        !stopped.is_empty() && stopped.iter().all(|task| task["exit_code"] == 1),
        "{}",
        done.stdout
    );
    assert_eq!(
        done.of_type("finding")[0]["rule"],
        "exit-1",
        "{}",
        done.stdout
    );
    settled(&world);
}

#[test]
fn a_first_deployment_without_a_previous_revision_fails() {
    let world = World::new(SETTINGS);
    world.service("bootstrap = \"none\"");
    world.rd("rd-ecs").args("apply -y").ok();
    let digest = world.image("v1", "arm64");
    tasks(&world, &digest, &json!({"fails": "image-missing"}));
    let done = deploy(&world, "v1").code(1);
    assert!(
        done.stdout.contains("CannotPullContainer"),
        "{}",
        done.stdout
    );
    assert!(!scale_in_is_suspended(&world));
}

#[test]
fn an_apply_whose_revision_is_rolled_back_fails_with_the_reason() {
    let world = new(deployed);
    world.aws_local(
        "/aws-local/task",
        &json!({"family": "shop-test-api:3", "account": world.account, "fails": "out-of-memory"}),
    );
    world.ecs_settings("cpu = 512\nmemory = 1024");
    let done = world.rd("rd-ecs").args("apply -y").code(1);
    assert!(
        done.stderr.contains("deployment of shop-test-api")
            && done.stderr.contains("rd-ecs diagnose"),
        "{}",
        done.stderr
    );
    assert_eq!(
        world.live_service()["deployments"][0]["rolloutState"],
        "COMPLETED"
    );
}

#[test]
fn without_waiting_the_deployment_continues_and_can_be_followed() {
    let world = new(deployed);
    let done = world
        .rd("rd-ecs")
        .args("deploy --no-verify --no-wait --tag v2")
        .ok();
    assert_ne!(last_record(&done.stdout)["status"], "SUCCESSFUL");
    let waited = world.rd("rd-ecs").args("wait").ok();
    assert_eq!(last_record(&waited.stdout)["status"], "SUCCESSFUL");
    settled(&world);
}

#[test]
fn an_interrupted_deployment_continues_and_can_be_followed() {
    let world = new(deployed);
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 1});
    world.aws_local("/aws-local/task", &slow);
    let mut child = deploy(&world, "v2").start();
    drop(child.stdin.take());
    wait_until(|| is_in_progress(&world, 3));
    signal(child.id(), "INT");
    let done = finish(child);
    assert_eq!(done.code, 130, "{}", done.stderr);
    assert!(done.stderr.contains("rd-ecs wait"), "{}", done.stderr);
    assert!(!scale_in_is_suspended(&world));
    let waited = world.rd("rd-ecs").args("wait").ok();
    assert_eq!(last_record(&waited.stdout)["status"], "SUCCESSFUL");
    settled(&world);
}

#[test]
fn ctrl_c_on_a_terminal_offers_to_roll_back() {
    let world = new(deployed);
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 1});
    world.aws_local("/aws-local/task", &slow);
    let mut terminal = deploy(&world, "v2").on_terminal();
    wait_until(|| is_in_progress(&world, 3));
    terminal.press("\x03");
    terminal.wait_for("Type `y` to roll it back");
    terminal.press("y\n");
    let done = terminal.end();
    assert_eq!(done.code, 130, "{}", done.stdout);
    assert!(
        done.stdout.contains("was rolled back, as you asked"),
        "{}",
        done.stdout
    );
    assert!(!scale_in_is_suspended(&world));
    assert_eq!(deployments(&world)[0]["status"], "ROLLBACK_SUCCESSFUL");
}

/// Autoscaling itself does not scale in during a deployment: there is nothing to suspend.
#[test]
fn a_killed_deployment_leaves_nothing_suspended_and_is_continued() {
    let world = new(deployed);
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 1});
    world.aws_local("/aws-local/task", &slow);
    let mut child = deploy(&world, "v2").start();
    drop(child.stdin.take());
    wait_until(|| is_in_progress(&world, 3));
    child.kill().unwrap();
    finish(child);
    assert!(!scale_in_is_suspended(&world));
    let again = deploy(&world, "v2").ok();
    assert_eq!(last_record(&again.stdout)["status"], "SUCCESSFUL");
    settled(&world);
}

#[test]
fn the_suspension_that_an_earlier_version_noted_is_lifted() {
    let world = new(deployed);
    let suspend = json!({
        "ServiceNamespace": "ecs", "ResourceId": TARGET, "ScalableDimension": "ecs:service:DesiredCount",
        "SuspendedState": {"DynamicScalingInSuspended": true, "ScheduledScalingSuspended": true},
    });
    world.json("AnyScaleFrontendService.RegisterScalableTarget", &suspend);
    let file = world.state_file("shop/test", "ecs");
    let mut state: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    state["begun"] = json!({"rollout": {"scalable_target": TARGET}});
    std::fs::write(&file, state.to_string()).unwrap();
    assert!(scale_in_is_suspended(&world));
    deploy(&world, "v2").ok();
    assert!(!scale_in_is_suspended(&world));
    // What others have suspended is drift, which only an apply undoes.
    let plan = world.rd("rd-ecs").args("plan").ok();
    assert_eq!(plan.actions(), ["update ecs.scalable_target.api"]);
    world.rd("rd-ecs").args("apply -y").ok();
    settled(&world);
}

#[test]
fn waiting_for_a_stuck_deployment_times_out_and_a_stopped_one_has_failed() {
    let world = new(deployed);
    let before = world.live_image();
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 3});
    world.aws_local("/aws-local/task", &slow);
    // Waits are scaled: 20 s take one.
    let done = world
        .rd("rd-ecs")
        .args("deploy --no-verify --tag v2 --timeout 20s")
        .code(1);
    assert!(
        done.stderr.contains("is still being deployed") && done.stderr.contains("rd-ecs wait"),
        "{}",
        done.stderr
    );
    assert!(!scale_in_is_suspended(&world));
    let mut child = world.rd("rd-ecs").args("wait").start();
    drop(child.stdin.take());
    let arn = deployments(&world)[0]["serviceDeploymentArn"].clone();
    let stop = json!({"serviceDeploymentArn": arn, "stopType": "ROLLBACK"});
    world.ecs("StopServiceDeployment", &stop);
    let waited = finish(child);
    assert_eq!(waited.code, 1, "{}", waited.stdout);
    assert!(
        waited.stderr.contains("deployment of shop-test-api"),
        "{}",
        waited.stderr
    );
    assert_eq!(world.live_image(), before);
}

#[test]
fn a_rollback_stops_the_deployment_in_progress() {
    let world = new(deployed);
    let before = world.live_image();
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 1});
    world.aws_local("/aws-local/task", &slow);
    world
        .rd("rd-ecs")
        .args("deploy --no-verify --no-wait --tag v2")
        .ok();
    let done = world.rd("rd-ecs").args("rollback").ok();
    assert_eq!(last_record(&done.stdout)["status"], "ROLLBACK_SUCCESSFUL");
    assert_eq!(world.live_image(), before);
    assert_eq!(world.rd("rd-ecs").args("plan").ok().actions(), [""; 0]);
    // What AWS has rolled back already is not rolled back once more.
    let again = world.rd("rd-ecs").args("rollback").code(1);
    assert!(
        again.stderr.contains("already rolled back") && again.stderr.contains("--to"),
        "{}",
        again.stderr
    );
    assert_eq!(world.live_image(), before);
}

#[test]
fn a_rollback_of_what_has_ended_meanwhile_is_told_by_its_end() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    deployed(&world);
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 0.3});
    world.aws_local("/aws-local/task", &slow);
    let line = "deploy --no-verify --no-wait --tag v2";
    world.rd("rd-ecs").args(line).ok();
    let ended = Fault::Refuse {
        status: 400,
        code: "ConflictException",
    };
    proxy.rules(
        vec![Rule::once(Calls::Of("StopServiceDeployment"), 0, ended)],
        None,
    );
    let done = world.rd("rd-ecs").args("rollback").code(1);
    let said = "was complete before it could be stopped";
    assert!(done.stderr.contains(said), "{}", done.stderr);
}

#[test]
fn a_rollback_needs_no_lock_and_the_deploying_run_records_it() {
    let world = new(deployed);
    let before = world.live_image();
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 1});
    world.aws_local("/aws-local/task", &slow);
    let mut child = deploy(&world, "v2").start();
    drop(child.stdin.take());
    wait_until(|| is_in_progress(&world, 3));
    let done = world.rd("rd-ecs").args("rollback").ok();
    assert_eq!(last_record(&done.stdout)["status"], "ROLLBACK_SUCCESSFUL");
    let deployed = finish(child);
    assert_eq!(deployed.code, 1, "{}", deployed.stderr);
    assert!(
        deployed.stderr.contains("rollback successful"),
        "{}",
        deployed.stderr
    );
    assert_eq!(world.live_image(), before);
    settled(&world);
}

#[test]
fn the_placeholder_is_not_the_previous_revision_unless_it_is_named() {
    let world = new(deployed);
    let before = world.live_image();
    let none = world.rd("rd-ecs").args("rollback").code(1);
    assert!(
        none.stderr.contains("no record") && none.stderr.contains("--to"),
        "{}",
        none.stderr
    );
    assert_eq!(world.live_image(), before);
    world.rd("rd-ecs").args("rollback --to 1").ok();
    assert!(world.live_image().contains("nginx"));
}

#[test]
fn deploying_what_runs_after_a_deployment_that_was_rolled_back_changes_nothing() {
    let world = new(deployed);
    let before = world.live_image();
    let digest = world.image("v2", "arm64");
    tasks(&world, &digest, &json!({"fails": "exit", "code": 1}));
    deploy(&world, "v2").code(1);
    let count = deployments(&world).len();
    for done in [
        deploy(&world, "v1").ok(),
        world.rd("rd-ecs").args("rollback --to 2").ok(),
    ] {
        let last = last_record(&done.stdout);
        assert_eq!(last["unchanged"], true, "{}", done.stdout);
        assert_eq!(last["revision"], 2);
    }
    assert_eq!(deployments(&world).len(), count);
    assert_eq!(world.live_image(), before);
    settled(&world);
}

#[test]
fn deploying_what_was_stopped_and_not_rolled_back_deploys_it_again() {
    let world = new(deployed);
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 0.3});
    world.aws_local("/aws-local/task", &slow);
    let line = "deploy --no-verify --no-wait --tag v2";
    world.rd("rd-ecs").args(line).ok();
    let arn = deployments(&world)[0]["serviceDeploymentArn"].clone();
    let abort = json!({"serviceDeploymentArn": arn, "stopType": "ABORT"});
    world.ecs("StopServiceDeployment", &abort);
    wait_until(|| deployments(&world)[0]["status"] == "STOPPED");
    let count = deployments(&world).len();
    let done = deploy(&world, "v2").ok();
    assert_eq!(last_record(&done.stdout)["status"], "SUCCESSFUL");
    assert_eq!(deployments(&world).len(), count + 1);
    settled(&world);
}

#[test]
fn a_rollback_to_an_image_that_is_gone_changes_nothing() {
    let world = new(deployed);
    deploy(&world, "v2").ok();
    let before = (world.live_image(), deployments(&world).len());
    let digest = world.image("v1", "arm64");
    let gone = json!({"repositoryName": "shop-test-api", "imageIds": [{"imageDigest": digest}]});
    world.json(
        "AmazonEC2ContainerRegistry_V20150921.BatchDeleteImage",
        &gone,
    );
    let done = world.rd("rd-ecs").args("rollback").code(1);
    assert!(
        done.stderr.contains("the image of shop-test-api:2 is gone"),
        "{}",
        done.stderr
    );
    assert_eq!((world.live_image(), deployments(&world).len()), before);
}

#[test]
fn many_restarts_do_not_hide_the_previous_revision() {
    let world = new(deployed);
    deploy(&world, "v2").ok();
    let previous = world.live_image();
    world.rd("rd-ecs").args("rollback --to 2").ok();
    let force = json!({"cluster": "shop-test-cluster", "service": "shop-test-api", "forceNewDeployment": true});
    for _ in 0..21 {
        world.ecs("UpdateService", &force);
    }
    world.rd("rd-ecs").args("wait").ok();
    // By its number, the revision before the second one would be the placeholder.
    world.rd("rd-ecs").args("rollback").ok();
    assert_eq!(world.live_image(), previous);
}

#[test]
fn an_unusable_image_or_revision_is_refused_before_anything_changes() {
    let world = new(deployed);
    world.image("intel", "amd64");
    for (line, expected) in [
        ("deploy --tag v9", "no tag `v9`"),
        ("deploy --tag intel", "architecture"),
        ("deploy", "no image is named"),
        ("rollback --to 99", "no active revision 99"),
    ] {
        let done = world.rd("rd-ecs").args(line).run();
        assert!(done.code == 1 || done.code == 2, "{line}: {}", done.code);
        let output = format!("{}{}", done.stderr, done.stdout);
        assert!(output.contains(expected), "{line}: {output}");
    }
    assert_eq!(deployments(&world).len(), 2);
}

#[test]
fn two_deployments_do_not_run_at_once() {
    let world = new(deployed);
    let slow = json!({"family": "shop-test-api", "account": world.account, "phase_seconds": 2});
    world.aws_local("/aws-local/task", &slow);
    let mut child = deploy(&world, "v2").start();
    drop(child.stdin.take());
    wait_until(|| is_in_progress(&world, 3));
    let other = world
        .rd("rd-ecs")
        .args("apply -y --lock-timeout 0s")
        .code(4);
    assert!(other.stderr.contains("rd-ecs deploy"), "{}", other.stderr);
    assert_eq!(finish(child).code, 0);
}

#[test]
fn scale_prints_what_autoscaling_will_do() {
    let world = new(deployed);
    let inside = world.rd("rd-ecs").args("scale 3").ok();
    assert_eq!(last_record(&inside.stdout)["tasks"], 3);
    assert_eq!(world.live_service()["runningCount"], 3);
    let doubtful = world.rd("rd-ecs").args("scale 6").code(6);
    assert!(doubtful.stderr.contains("pass -y"), "{}", doubtful.stderr);
    assert_eq!(world.live_service()["desiredCount"], 3);
    let beyond = world.rd("rd-ecs").args("scale 6 -y").ok();
    let note = last_record(&beyond.stdout)["autoscaling"].clone();
    let note = note.as_str().unwrap();
    assert!(
        note.contains("lowers them to 4 when the load is low"),
        "{note}"
    );
    // Nothing is at stake in a stack that is not protected.
    let none = world.rd("rd-ecs").args("scale 0").ok();
    let note = last_record(&none.stdout)["autoscaling"].clone();
    assert!(note.as_str().unwrap().contains("leaves it at 0"), "{note}");
    let protected = world
        .rd("rd-ecs")
        .args("scale 0")
        .env("RD_PROTECT", "true")
        .code(6);
    assert!(
        protected.stderr.contains("is protected"),
        "{}",
        protected.stderr
    );
    let wrong = world.rd("rd-ecs").args("scale -- -1").code(2);
    assert!(wrong.stderr.contains("-1"), "{}", wrong.stderr);
}

#[test]
fn a_restart_starts_new_tasks_once_despite_lost_answers() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    deployed(&world);
    let before = deployments(&world).len();
    proxy.rules(
        vec![Rule::once(Calls::Of("UpdateService"), 0, Fault::LoseAnswer)],
        None,
    );
    world.rd("rd-ecs").args("restart").ok();
    assert_eq!(deployments(&world).len(), before + 1);
    settled(&world);
}

fn wait_until(due: impl Fn() -> bool) {
    let start = Instant::now();
    while !due() {
        assert!(start.elapsed() < Duration::from_secs(60), "timed out");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(process: u32, name: &str) {
    let mut kill = std::process::Command::new("kill");
    kill.arg(format!("-{name}")).arg(process.to_string());
    let mut child = kill.stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut output = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    assert!(child.wait().unwrap().success(), "{output}");
}
