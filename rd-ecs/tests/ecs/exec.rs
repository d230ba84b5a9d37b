//! `exec`: the plugin gets the terminal, the signals and the session, and each cause of a refusal is named. The plugin of
//! these tests is a script that records how it was called.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::network::SETTINGS;
use rd_testkit::{Api, Done, Rd, World, finish};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

const IAM: Api = ("iam", "2010-05-08");
const NEW: &str = "1.2.553.0";
const TIMEOUT: Duration = Duration::from_secs(30);

/// Records its arguments and the session. If the file `wait` exists, it waits and records signals; SIGTERM ends it with 42.
const PLUGIN: &str = r#"#!/bin/sh
cd "$HOME"
if [ "$1" = --version ]; then cat version; exit 0; fi
printf '%s\n' "$@" > arguments
printf '%s' "$AWS_SSM_START_SESSION_RESPONSE" > response
tr '\0' ' ' < /proc/$$/cmdline > command
[ -t 0 ] && { echo "on a terminal"; stty size; } || echo "no terminal"
for name in INT QUIT TSTP HUP; do trap "echo $name >> signals" $name; done
trap 'echo TERM >> signals; exit 42' TERM
if [ -e wait ]; then
  touch ready
  while :; do sleep 0.05; done
fi
exit "$(cat code 2>/dev/null || echo 0)"
"#;

fn plugin(world: &World, version: &str) {
    let folder = world.path().join("bin");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("session-manager-plugin");
    std::fs::write(&file, PLUGIN).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::write(world.path().join("version"), version).unwrap();
}

fn path(world: &World) -> String {
    format!("{}/bin:/usr/bin:/bin", world.path().display())
}

/// A service, with a plugin on the path.
fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(&format!(
        "capacity = \"FARGATE\"\nautoscaling = false\n{keys}"
    ));
    world.rd("rd-ecs").args("apply -y").ok();
    plugin(&world, NEW);
    world
}

fn exec(world: &World, arguments: &str) -> Rd {
    world
        .rd("rd-ecs")
        .env("PATH", &path(world))
        .args("exec")
        .args(arguments)
}

fn written(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.path().join(name)).unwrap_or_default()
}

fn task(world: &World) -> Value {
    let done = world.rd("rd-ecs").args("tasks").ok();
    let document: Value = serde_json::from_str(&done.stdout).unwrap();
    document["tasks"][0].clone()
}

fn fail(world: &World, how: &str) {
    let input = json!({"account": world.account, "family": "shop-test-api", "fails": how});
    world.aws_local("/aws-local/task", &input);
}

/// Fails the test unless the session is refused with these words, before the plugin is started.
fn refused(world: &World, done: &Done, words: &[&str]) {
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    for word in words {
        assert!(done.stderr.contains(word), "{} lacks {word}", done.stderr);
    }
    assert!(
        !world.path().join("arguments").exists(),
        "the plugin was started"
    );
}

#[test]
fn the_plugin_gets_the_session_and_sets_the_exit_code() {
    let world = applied("");
    std::fs::write(world.path().join("code"), "7").unwrap();
    let config = world.path().join("config");
    // The profile has the credentials of the environment.
    let mut profile = "[default]\n".to_owned();
    for (name, value) in world.environment() {
        let is_key = name.starts_with("AWS_ACCESS") || name.starts_with("AWS_SE");
        if is_key {
            profile += &format!("{} = {value}\n", name.to_lowercase());
        }
    }
    std::fs::write(&config, profile).unwrap();
    let done = exec(&world, "--profile=default -- ls -l")
        .env("AWS_CONFIG_FILE", config.to_str().unwrap())
        .env("AWS_ENDPOINT_URL_SSM", "http://ssm.test")
        .code(7);
    assert!(done.stdout.contains("no terminal"), "{}", done.stdout);
    let arguments = written(&world, "arguments");
    let arguments: Vec<&str> = arguments.lines().collect();
    let task = task(&world);
    let text = |name: &str| task[name].as_str().unwrap();
    let target = format!(
        "ecs:shop-test-cluster_{}_{}",
        text("id"),
        text("runtime_id")
    );
    let target = json!({"Target": target}).to_string();
    assert_eq!(
        arguments,
        [
            "AWS_SSM_START_SESSION_RESPONSE",
            "us-east-1",
            "StartSession",
            "default",
            &target,
            "http://ssm.test"
        ]
    );
    let session: Value = serde_json::from_str(&written(&world, "response")).unwrap();
    for member in ["SessionId", "StreamUrl", "TokenValue"] {
        assert!(!session[member].as_str().unwrap().is_empty(), "{session}");
    }
    let token = session["TokenValue"].as_str().unwrap();
    assert!(
        !written(&world, "command").contains(token),
        "ps shows the token"
    );
    assert!(!format!("{}{}", done.stdout, done.stderr).contains(token));
    assert!(
        done.stderr.contains("stdin is not a terminal"),
        "{}",
        done.stderr
    );
}

#[test]
fn an_old_plugin_gets_the_session_as_an_argument_with_a_warning() {
    let world = applied("");
    plugin(&world, "1.2.497.0");
    let done = exec(&world, "").ok();
    let arguments = written(&world, "arguments");
    let session: Value = serde_json::from_str(arguments.lines().next().unwrap()).unwrap();
    assert!(session["TokenValue"].is_string());
    assert_eq!(written(&world, "response"), "");
    assert!(
        done.stderr.contains("1.2.497.0 is outdated"),
        "{}",
        done.stderr
    );
}

#[test]
fn the_plugin_has_the_terminal_and_its_size() {
    let world = applied("");
    // `script` runs its command on a terminal; the programs are on the path of the tests' shells.
    let line = "PATH=$HOME/bin:$PATH script -qec 'stty rows 45 cols 123; rd-ecs exec' /dev/null < /dev/null";
    let done = world.rd("rd-ecs").shell(line).run();
    assert!(
        done.stdout.contains("on a terminal\r\n45 123"),
        "{}{}",
        done.stdout,
        done.stderr
    );
    assert!(
        !done.stdout.contains("stdin is not a terminal"),
        "{}",
        done.stdout
    );
}

#[test]
fn the_plugin_gets_the_signals() {
    let world = applied("");
    std::fs::write(world.path().join("wait"), "").unwrap();
    // Tests in the background of a shell ignore signals, which a script cannot undo.
    let line = "PATH=$HOME/bin:$PATH; exec env --default-signal rd-ecs exec";
    let child = world.rd("rd-ecs").shell(line).start();
    let process = child.id().to_string();
    let until = |what: &str, is: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !is() {
            assert!(
                start.elapsed() < TIMEOUT,
                "{what}: {}",
                written(&world, "signals")
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    until("ready", &|| world.path().join("ready").exists());
    for name in ["INT", "QUIT", "TSTP", "HUP", "INT", "INT", "TERM"] {
        let before = written(&world, "signals").lines().count();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.unwrap().success());
        until(name, &|| {
            written(&world, "signals").lines().count() > before
        });
    }
    let done = finish(child);
    assert_eq!(
        written(&world, "signals"),
        "INT\nQUIT\nTSTP\nHUP\nINT\nINT\nTERM\n"
    );
    assert_eq!(done.code, 42, "{}", done.stderr);
}

#[test]
fn the_output_goes_through_a_pipe() {
    let world = applied("");
    let line = "PATH=$HOME/bin:$PATH; rd-ecs exec -- env < /dev/null | grep -c terminal";
    let done = world.rd("rd-ecs").shell(line).run();
    assert_eq!(done.stdout.trim(), "1", "{}", done.stderr);
}

#[test]
fn without_the_plugin_the_error_says_how_to_install_it() {
    let world = applied("");
    std::fs::remove_file(world.path().join("bin/session-manager-plugin")).unwrap();
    let done = exec(&world, "").run();
    refused(
        &world,
        &done,
        &[
            "session-manager-plugin is not installed",
            "brew install",
            "https://docs.aws.amazon.com/",
        ],
    );
}

#[test]
fn exec_must_be_enabled_for_the_service_and_the_task() {
    let world = applied("exec = false");
    let done = exec(&world, "").run();
    refused(
        &world,
        &done,
        &["exec is disabled for the service", "exec = true"],
    );
    world.ecs_settings("capacity = \"FARGATE\"\nautoscaling = false\nexec = true");
    world.rd("rd-ecs").args("apply -y").ok();
    let done = exec(&world, "").run();
    refused(
        &world,
        &done,
        &["started while exec was disabled", "rd-ecs restart"],
    );
    world.rd("rd-ecs").args("restart").ok();
    exec(&world, "").ok();
}

#[test]
fn an_agent_that_is_not_running_is_named_with_its_reason() {
    let world = applied("");
    fail(&world, "no-agent");
    world.rd("rd-ecs").args("restart").ok();
    let done = exec(&world, "").run();
    refused(
        &world,
        &done,
        &[
            "its agent is stopped",
            "ExecuteCommandAgent failed to start",
        ],
    );
}

#[test]
fn a_read_only_file_system_is_named() {
    let world = applied("read_only = true");
    world.image("v1", "arm64");
    world.rd("rd-ecs").args("apply -y").ok();
    world.rd("rd-ecs").args("deploy --tag v1").ok();
    // The first deployment keeps the placeholder's settings; the apply after it sets those of the file.
    world.rd("rd-ecs").args("apply -y").ok();
    fail(&world, "no-agent");
    world.rd("rd-ecs").args("restart").ok();
    let done = exec(&world, "").run();
    refused(
        &world,
        &done,
        &["file system is read-only", "read_only = false"],
    );
}

#[test]
fn a_task_role_without_access_is_named_after_the_refusal() {
    let world = applied("");
    let role = [
        ("RoleName", "shop-test-task-us-east-1"),
        ("PolicyName", "work"),
    ];
    world.query(IAM, "DeleteRolePolicy", &role);
    let done = exec(&world, "").run();
    refused(
        &world,
        &done,
        &[
            "task role has no access",
            "ssmmessages:CreateControlChannel",
            "TargetNotConnectedException",
        ],
    );
}

#[test]
fn a_missing_path_to_session_manager_is_named() {
    let none = "database_variable = \"\"\ncache_variable = \"\"\nbucket_variable = \"\"\n";
    let world = World::new(&format!("{SETTINGS}[net]\nnat = \"none\"\n[ecs]\n{none}"));
    for program in ["rd-net", "rd-edge", "rd-ecs"] {
        world.rd(program).args("apply -y").ok();
    }
    plugin(&world, NEW);
    fail(&world, "no-agent");
    world.rd("rd-ecs").args("restart").ok();
    let done = exec(&world, "").run();
    refused(
        &world,
        &done,
        &["cannot reach Session Manager", "nat in [net]"],
    );
}

#[test]
fn the_task_and_the_container_must_exist() {
    let world = applied("");
    let done = exec(&world, "--task 0000").run();
    refused(&world, &done, &["no task `0000`"]);
    let done = exec(&world, "--container web").code(2);
    assert!(
        done.stderr.contains("no container `web`") && done.stderr.contains("it has api"),
        "{}",
        done.stderr
    );
    let id = task(&world)["id"].as_str().unwrap().to_owned();
    exec(&world, &format!("--task {} --container api", &id[..8])).ok();
    std::fs::remove_file(world.path().join("arguments")).unwrap();
    world.rd("rd-ecs").args("scale 0").ok();
    let start = Instant::now();
    let one = format!("tasks --task {id}");
    while !world
        .rd("rd-ecs")
        .args(&one)
        .ok()
        .stdout
        .contains("\"last_status\":\"STOPPED\"")
    {
        assert!(start.elapsed() < TIMEOUT, "it is still running");
        std::thread::sleep(Duration::from_millis(100));
    }
    refused(
        &world,
        &exec(&world, "").run(),
        &["no task of shop-test-api is running"],
    );
    let stopped = exec(&world, &format!("--task {id}")).run();
    refused(&world, &stopped, &["it has stopped"]);
}
