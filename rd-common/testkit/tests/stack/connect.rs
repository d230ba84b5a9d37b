//! `rd-data connect` and `rd-cache connect`: a client at a host in the private subnets, through a tunnel of `rd-ecs
//! forward`. The plugin and the clients are those of the testkit.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{World, finish};
use serde_json::{Value, json};
use std::process::Command;
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[ecs]\nautoscaling = false\ncapacity = \"FARGATE\"\nbucket_variable = \"\"\n";

const CLIENTS: [&str; 3] = ["psql", "pg_dump", "redis-cli"];

/// A whole stack but for bucket and monitoring, with a plugin and clients.
fn applied() -> World {
    let world = World::new(SETTINGS);
    let line = "rd-net apply -y | rd-data apply -y | rd-cache apply -y | rd-edge apply -y | rd-ecs apply -y > /dev/null";
    let done = world.rd("rd-net").shell(line).run();
    assert_eq!(done.code, 0, "{}", done.stderr);
    world.stand_ins(&CLIENTS);
    world
}

fn secret(world: &World, name: &str) -> Value {
    let ask = json!({"SecretId": format!("shop/test/{name}")});
    let value = world.json("secretsmanager.GetSecretValue", &ask);
    serde_json::from_str(value["SecretString"].as_str().unwrap()).unwrap()
}

fn file(world: &World, name: &str, text: &str) {
    std::fs::write(world.path().join(name), text).unwrap();
}

fn wait_for(world: &World, name: &str, text: &str) {
    let start = Instant::now();
    let path = world.path().join(name);
    while !std::fs::read_to_string(&path).is_ok_and(|found| found.contains(text)) {
        assert!(start.elapsed() < Duration::from_secs(60), "{name}: {text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn psql_connects_through_a_task() {
    let world = applied();
    file(&world, "code", "3");
    // A name is an argument, and so is what looks like a flag.
    let done = world
        .rd_with_stand_ins("rd-data")
        .args("connect -- -c")
        .arg("select 1")
        .env("PGSERVICE", "another")
        .env("PGPASSWORD", "another's")
        .stdin("from stdin")
        .code(3);
    assert_eq!(done.stdout, "from the client\n", "{}", done.stderr);
    world.no_session_is_left();
    let (given, known) = (world.recorded("client"), secret(&world, "database"));
    let text = |name: &str| known[name].as_str().unwrap();
    assert_eq!(given["arguments"], json!(["-c", "select 1"]));
    assert_eq!(
        (&given["greeting"], &given["stdin"]),
        (&json!("greeting"), &json!("from stdin"))
    );
    let variables = &given["variables"];
    let expected = [
        ("PGHOST", text("host")),
        ("PGHOSTADDR", "127.0.0.1"),
        ("PGDATABASE", text("dbname")),
        ("PGUSER", text("username")),
        ("PGSSLMODE", "require"),
    ];
    for (name, value) in expected {
        assert_eq!(variables[name], value, "{name}");
    }
    assert!(variables["PGPASSWORD"].is_null() && variables["PGSERVICE"].is_null());
    // The password is in a file for this client alone, which is gone, and nowhere else.
    let password = text("password");
    let line = format!("{}:*:*:{}:{password}\n", text("host"), text("username"));
    assert_eq!(
        (&given["password_file"], &given["mode"]),
        (&json!(line), &json!("0o600"))
    );
    let path = variables["PGPASSFILE"].as_str().unwrap();
    assert!(!std::path::Path::new(path).exists());
    for (name, seen) in [("client", variables), ("plugin", &world.recorded("plugin"))] {
        assert!(
            !seen.to_string().contains(password),
            "the {name} has the password"
        );
    }
    assert!(!given["arguments"].to_string().contains(password));

    // The certificate is verified where the user has the authorities.
    std::fs::create_dir(world.path().join(".postgresql")).unwrap();
    file(&world, ".postgresql/root.crt", "");
    std::fs::remove_file(world.path().join("code")).unwrap();
    let dump = "connect --client pg_dump -- --schema-only";
    world.rd_with_stand_ins("rd-data").args(dump).ok();
    assert_eq!(
        world.recorded("client")["variables"]["PGSSLMODE"],
        "verify-full"
    );
    world.no_session_is_left();
}

#[test]
fn redis_cli_connects_and_the_clients_signals_are_its_own() {
    let world = applied();
    let done = world
        .rd_with_stand_ins("rd-cache")
        .args("connect -- info memory")
        .ok();
    assert_eq!(done.stdout, "from the client\n");
    world.no_session_is_left();
    let (given, known) = (world.recorded("client"), secret(&world, "redis"));
    let (host, token) = (
        known["host"].as_str().unwrap(),
        known["token"].as_str().unwrap(),
    );
    let arguments = given["arguments"].as_array().unwrap();
    assert_eq!(
        arguments[0..3],
        [json!("-h"), json!("127.0.0.1"), json!("-p")]
    );
    let rest = [
        json!("--tls"),
        json!("--sni"),
        json!(host),
        json!("info"),
        json!("memory"),
    ];
    assert_eq!(arguments[4..], rest);
    assert_eq!(given["variables"]["REDISCLI_AUTH"], token);
    assert!(!given["arguments"].to_string().contains(token));
    assert!(!world.recorded("plugin").to_string().contains(token));

    // Ctrl-C is the client's: it goes to the client alone, and neither ends the tunnel nor this program.
    file(&world, "wait", "");
    let mut terminal = world
        .rd_with_stand_ins("rd-cache")
        .args("connect")
        .on_terminal();
    terminal.wait_for("from the client");
    for pressed in ["SIGINT\n", "SIGINT\nSIGINT\n", "SIGINT\nSIGINT\nSIGINT\n"] {
        terminal.press("\x03");
        wait_for(&world, "heard", pressed);
    }
    assert!(!world.path().join("plugin-ended").exists());
    std::fs::remove_file(world.path().join("wait")).unwrap();
    let done = terminal.end();
    assert_eq!(done.code, 0, "{}", done.stdout);
    world.no_session_is_left();

    // SIGTERM ends the client, and the tunnel with it.
    file(&world, "wait", "");
    std::fs::remove_file(world.path().join("client.json")).unwrap();
    let child = world.rd_with_stand_ins("rd-cache").args("connect").start();
    wait_for(&world, "client.json", "greeting");
    let sent = Command::new("kill")
        .args(["-s", "TERM", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    assert_eq!(finish(child).code, 128 + 15);
    world.no_session_is_left();
}

#[test]
fn what_is_missing_is_named() {
    let world = applied();
    let connect = || world.rd_with_stand_ins("rd-data").args("connect");
    // The rule of the security group.
    let group = world.output("net", "db_security_group_id");
    let rules = [
        ("Filter.1.Name", "group-id"),
        ("Filter.1.Value.1", group.as_str().unwrap()),
    ];
    let rules = world.ec2("DescribeSecurityGroupRules", &rules);
    let mut rest = rules.body.as_str();
    while let Some((_, found)) = rest.split_once("<securityGroupRuleId>") {
        let (rule, after) = found.split_once('<').unwrap();
        let item = after.split("</item>").next().unwrap();
        if item.contains("<isEgress>false") {
            let one = [
                ("GroupId", group.as_str().unwrap()),
                ("SecurityGroupRuleId.1", rule),
            ];
            world.ec2("RevokeSecurityGroupIngress", &one);
        }
        rest = after;
    }
    let done = connect().code(1);
    for words in [
        "the tasks cannot reach",
        "inbound rule of db",
        "rd-net apply",
    ] {
        assert!(done.stderr.contains(words), "{}", done.stderr);
    }
    world.no_session_is_left();
    world.rd("rd-net").args("apply -y").ok();
    // The plugin: one error, of rd-ecs.
    std::fs::remove_file(world.path().join("bin/session-manager-plugin")).unwrap();
    let done = connect().code(1);
    assert!(
        done.stderr
            .contains("session-manager-plugin is not installed")
    );
    assert_eq!(done.stderr.matches("error:").count(), 1, "{}", done.stderr);
    // The client, before any call.
    for (program, names) in [("rd-data", "pgcli"), ("rd-cache", "valkey-cli")] {
        let line = format!("connect --client {names}");
        let done = world.rd_with_stand_ins(program).args(&line).code(1);
        assert!(
            done.stderr.contains(&format!("{names} is not installed")),
            "{}",
            done.stderr
        );
    }
}
