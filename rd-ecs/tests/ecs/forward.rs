//! `forward`: a local port through a task, with the plugin of the testkit.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::network::SETTINGS;
use rd_testkit::{Api, Done, Rd, World, finish};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command};

const IAM: Api = ("iam", "2010-05-08");

fn applied(keys: &str) -> World {
    let world = World::new(SETTINGS);
    world.service(&format!(
        "capacity = \"FARGATE\"\nautoscaling = false\n{keys}"
    ));
    world.rd("rd-ecs").args("apply -y").ok();
    world.stand_ins(&[]);
    world
}

fn forward(world: &World, arguments: &str) -> Rd {
    let rd = world.rd_with_stand_ins("rd-ecs");
    rd.args("forward").args(arguments)
}

/// Waits for the document that says that the port is open.
fn opened(child: &mut Child) -> Value {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    rd_testkit::assert_fits("rd-ecs.forward", &line);
    serde_json::from_str(&line).unwrap()
}

fn connect(document: &Value) -> String {
    let port = u16::try_from(document["local_port"].as_u64().unwrap()).unwrap();
    let mut answer = String::new();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Fails the test unless it is refused with these words, before the plugin is started.
fn refused(world: &World, done: &Done, words: &[&str]) {
    assert_ne!(done.code, 0, "{}{}", done.stdout, done.stderr);
    for word in words {
        assert!(done.stderr.contains(word), "{} lacks {word}", done.stderr);
    }
    assert_eq!(world.recorded("plugin"), Value::Null);
}

#[test]
fn a_port_is_forwarded_until_the_user_interrupts() {
    let world = applied("");
    let mut child = forward(&world, "db.internal:5432").start();
    let document = opened(&mut child);
    assert_eq!(connect(&document), "greeting");
    let asked = world.recorded("plugin");
    let arguments = &asked["arguments"];
    let request: Value = serde_json::from_str(arguments[4].as_str().unwrap()).unwrap();
    assert_eq!(
        request["DocumentName"],
        "AWS-StartPortForwardingSessionToRemoteHost"
    );
    let local = document["local_port"].to_string();
    let parameters =
        json!({"host": ["db.internal"], "portNumber": ["5432"], "localPortNumber": [local]});
    assert_eq!(request["Parameters"], parameters);
    let task = document["task"].as_str().unwrap();
    let target = request["Target"].as_str().unwrap();
    assert!(
        target.starts_with(&format!("ecs:shop-test-cluster_{task}_{task}-")),
        "{target}"
    );
    assert_eq!(asked["session"]["SessionId"], document["session"]);
    let token = asked["session"]["TokenValue"].as_str().unwrap();
    assert!(!arguments.to_string().contains(token));
    signal(&child, "INT");
    let done = finish(child);
    assert_eq!(done.code, 130, "{}", done.stderr);
    world.no_session_is_left();
}

#[test]
fn it_ends_with_stdin_where_that_counts_and_with_its_session() {
    let world = applied("");
    let mut child = forward(&world, "--until-eof db.internal:5432").start_piped();
    opened(&mut child);
    drop(child.stdin.take());
    assert_eq!(finish(child).code, 0);
    world.no_session_is_left();

    std::fs::write(world.path().join("unreachable"), "").unwrap();
    std::fs::write(world.path().join("session-times-out"), "").unwrap();
    let mut child = forward(&world, "db.internal:5432").start();
    connect(&opened(&mut child));
    let done = finish(child);
    assert_eq!(done.code, 1, "{}", done.stderr);
    for words in [
        "the task cannot connect to db.internal:5432",
        "rd-data check",
        "the session has ended: ",
        "timed out due to inactivity",
    ] {
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
    let fails = "Cannot perform start session: EOF";
    std::fs::write(world.path().join("plugin-fails"), fails).unwrap();
    let done = forward(&world, "db.internal:5432").code(1);
    let words = "could not open the port: Starting session with SessionId: ";
    assert!(
        done.stderr.contains(words) && done.stderr.contains(fails),
        "{}",
        done.stderr
    );
}

/// As after a crash of rd-ecs, whose plugin would keep the session and the port open.
#[cfg(target_os = "linux")]
#[test]
fn the_plugin_ends_also_where_rd_ecs_is_killed() {
    let world = applied("");
    let mut child = forward(&world, "db.internal:5432").start();
    connect(&opened(&mut child));
    signal(&child, "KILL");
    finish(child);
    let ended = world.path().join("plugin-ended");
    let start = std::time::Instant::now();
    while !ended.exists() {
        assert!(start.elapsed().as_secs() < 30, "the plugin did not end");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[test]
fn what_is_missing_is_named_before_a_session_is_opened() {
    let world = applied("exec = false");
    let used = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let used = used.local_addr().unwrap().port();
    let listening = TcpListener::bind((Ipv4Addr::LOCALHOST, used));
    let done = forward(&world, &format!("{used}:db.internal:5432")).code(1);
    refused(&world, &done, &[&format!("local port {used} is in use")]);
    drop(listening);
    let done = forward(&world, "db.internal").code(2);
    refused(&world, &done, &["LOCAL:HOST:PORT"]);
    let done = forward(&world, "db.internal:5432").run();
    let disabled = ["exec is disabled for the service", "exec = true"];
    refused(&world, &done, &disabled);
    world.ecs_settings("capacity = \"FARGATE\"\nautoscaling = false");
    world.rd("rd-ecs").args("apply -y").ok();
    world.rd("rd-ecs").args("restart").ok();
    let role = [
        ("RoleName", "shop-test-task-us-east-1"),
        ("PolicyName", "work"),
    ];
    world.query(IAM, "DeleteRolePolicy", &role);
    let done = forward(&world, "db.internal:5432").run();
    let denied = [
        "task role has no access",
        "ssmmessages:CreateControlChannel",
        "TargetNotConnected",
    ];
    refused(&world, &done, &denied);
    std::fs::remove_file(world.path().join("bin/session-manager-plugin")).unwrap();
    let done = forward(&world, "db.internal:5432").run();
    refused(&world, &done, &["session-manager-plugin is not installed"]);
}

#[test]
fn the_printed_policy_is_enough() {
    let world = applied("");
    let stand_ins = format!("{}/bin:/usr/bin:/bin", world.path().display());
    let mut child = world
        .restricted("rd-ecs", "forward")
        .env("PATH", &stand_ins)
        .args("forward --until-eof db.internal:5432")
        .start_piped();
    opened(&mut child);
    drop(child.stdin.take());
    assert_eq!(finish(child).code, 0);
}
