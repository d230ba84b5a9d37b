//! The commands of rd-cache: rotation, snapshots, check, status; and the places where its token is and is not.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule, Scenario, chosen};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, ELASTICACHE, World, carriers, endpoint, finish};
use serde_json::{Value, json};

/// The token of `examples/rd-cache-planted.rs`.
const TOKEN: &str = "PlantedToken0123456789abcdefghijk";

fn applied(world: &World) {
    world.network();
    world.rd("rd-cache").args("apply -y").ok();
}

fn secret(world: &World) -> Value {
    let value = world.json(
        "secretsmanager.GetSecretValue",
        &json!({"SecretId": "shop/test/redis"}),
    );
    serde_json::from_str(value["SecretString"].as_str().unwrap()).unwrap()
}

fn document(done: &Done) -> Value {
    serde_json::from_str(done.stdout.lines().last().unwrap()).unwrap()
}

#[test]
fn the_token_is_in_no_state_record_log_error_or_file() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    proxy.rules(Vec::new(), None);
    let mut wrote = Vec::new();
    for line in [
        "plan -vv",
        "apply -y -vv",
        "status --format text",
        "rotate -vv",
        "snapshot --wait -vv",
        "destroy -y -vv",
        "apply -y -vv",
    ] {
        let done = world.rd("examples/rd-cache-planted").args(line).run();
        assert_eq!(done.code, 0, "{line}: {}", done.stderr);
        wrote.push(done);
    }
    assert_eq!(
        carriers(&proxy.calls(), TOKEN),
        [
            "CreateReplicationGroup",
            "CreateSecret",
            "ModifyReplicationGroup",
            "PutSecretValue"
        ]
    );
    world.keeps(TOKEN, &wrote);
    let value = secret(&world);
    let host = value["host"].as_str().unwrap();
    assert_eq!(value["url"], format!("rediss://:{TOKEN}@{host}:6379"));
}

#[test]
fn a_rotation_killed_anywhere_is_completed_by_the_next() {
    let proxy = Proxy::start(endpoint());
    let count = {
        let world = World::at(SETTINGS, proxy.url());
        applied(&world);
        let before = secret(&world);
        proxy.rules(Vec::new(), None);
        let rotated = world
            .rd("rd-cache")
            .args("rotate --format text")
            .ok()
            .stdout;
        assert!(rotated.contains("rd-ecs restart -e test\n"), "{rotated}");
        let after = secret(&world);
        assert_ne!(before["token"], after["token"]);
        assert_eq!(before["host"], after["host"]);
        let calls = proxy.calls();
        let strategies: Vec<String> = calls
            .iter()
            .filter_map(|call| call.form("AuthTokenUpdateStrategy"))
            .collect();
        assert_eq!(strategies, ["ROTATE", "SET"]);
        Calls::Changes.count(&calls)
    };
    Scenario::walk(&chosen(2 * count, 8), |place| {
        let proxy = Proxy::start(endpoint());
        let fault = if place % 2 == 0 {
            Fault::KillBefore
        } else {
            Fault::KillAfter
        };
        let world = World::at(SETTINGS, proxy.url());
        applied(&world);
        proxy.rules(vec![Rule::once(Calls::Changes, place / 2, fault)], None);
        let mut child = world.rd("rd-cache").args("rotate").start();
        drop(child.stdin.take());
        proxy.victim(child.id());
        finish(child);
        proxy.rules(Vec::new(), None);
        world.rd("rd-cache").args("rotate").ok();
        let ask = json!({"SecretId": "shop/test/redis"});
        let versions = world.json("secretsmanager.DescribeSecret", &ask);
        assert!(
            !versions.to_string().contains("AWSPENDING"),
            "place {place}: {versions}"
        );
        assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
    });
}

#[test]
fn snapshots_are_taken_and_listed() {
    let world = World::new(SETTINGS);
    applied(&world);
    let taken = document(&world.rd("rd-cache").args("snapshot Mine --wait").ok());
    assert_eq!(taken["status"], "available");
    world.rd("rd-cache").args("snapshot mine").code(1);
    let listed = document(&world.rd("rd-cache").args("snapshots").ok());
    assert_eq!(listed["snapshots"][0]["id"], "mine");
}

#[test]
fn check_names_the_step_that_fails() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-cache").args("apply -y").ok();
    assert_eq!(
        document(&world.rd("rd-cache").args("check").ok())["ok"],
        true
    );
    let other = world.output("net", "db_security_group_id");
    let id = world.id("cache.replication_group.redis");
    let change = [
        ("ReplicationGroupId", id.as_str()),
        (
            "SecurityGroupIds.SecurityGroupId.1",
            other.as_str().unwrap(),
        ),
    ];
    world.query(ELASTICACHE, "ModifyReplicationGroup", &change);
    let failed = document(&world.rd("rd-cache").args("check").code(1));
    let steps = failed["steps"].as_array().unwrap();
    let failed: Vec<&Value> = steps.iter().filter(|step| step["ok"] == false).collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(failed[0]["step"], "security group");
}

#[test]
fn status_shows_nodes_roles_and_endpoint() {
    let world = World::new(&format!("{SETTINGS}[cache]\nnodes = 2\n"));
    applied(&world);
    let status = world.rd("rd-cache").args("status").ok();
    let all = status.of_type("status");
    let group = all
        .iter()
        .find(|one| one["kind"] == "replication_group")
        .unwrap();
    let details = group["details"].as_object().unwrap();
    assert_eq!(details["engine"], "redis 7.1.0");
    assert!(details["endpoint"].as_str().unwrap().ends_with(":6379"));
    let roles: Vec<&str> = details
        .iter()
        .filter(|(name, _)| name.starts_with("shop-test-redis-"))
        .map(|(_, text)| text.as_str().unwrap().split(',').next().unwrap())
        .collect();
    assert_eq!(roles, ["primary", "replica"]);
}

#[test]
fn a_group_that_failed_is_reported_at_once_and_created_again() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    let failed = Fault::Rewrite {
        from: "<Status>available</Status>",
        to: "<Status>create-failed</Status>",
    };
    let failed = Rule::at_first(Calls::Of("DescribeReplicationGroups"), 99, failed);
    let told = Fault::Rewrite {
        from: "<Message>",
        to: "<Message>No subnet has addresses left. ",
    };
    let told = Rule::at_first(Calls::Of("DescribeEvents"), 99, told);
    proxy.rules(vec![failed.clone(), told], None);
    let first = world.rd("rd-cache").args("apply -y").code(1);
    let cause = "create-failed: No subnet has addresses left.";
    assert!(first.stderr.contains(cause), "{}", first.stderr);
    let status = world.rd("rd-cache").args("status").run();
    assert!(status.stdout.contains(cause), "{}", status.stdout);
    // Without the permission it fails all the same.
    let denied = Fault::Refuse {
        status: 403,
        code: "AccessDenied",
    };
    let denied = Rule::at_first(Calls::Of("DescribeEvents"), 99, denied);
    proxy.rules(vec![failed, denied], None);
    let status = world.rd("rd-cache").args("status").run();
    assert!(status.stdout.contains("create-failed"), "{}", status.stdout);
    assert!(!status.stdout.contains(cause), "{}", status.stdout);
    proxy.rules(Vec::new(), None);
    world.rd("rd-cache").args("apply -y").ok();
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
}

/// A command that holds the lock and makes no plan asks before each change, too.
#[test]
fn a_rotation_whose_lock_is_taken_away_changes_nothing_more() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    applied(&world);
    let before = secret(&world);
    let throttled = Rule::at_first(Calls::Changes, usize::MAX, Fault::Throttle);
    proxy.rules(vec![throttled], None);
    let rotation = world.rd("rd-cache").args("rotate");
    // Pauses of seconds: the lock is gone before the next attempt.
    let mut rotation = rotation.env("RD_WAIT_SCALE", "1").start();
    let changes = || Calls::Changes.count(&proxy.calls());
    while changes() < 2 && rotation.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    world.rd("rd-state").args("unlock cache --force").ok();
    let sent = changes();
    proxy.rules(Vec::new(), None);
    let done = finish(rotation);
    assert_eq!(done.code, 4, "{}", done.stderr);
    // One may have been on its way when the rules changed.
    assert!(sent >= 2 && changes() <= 1, "{sent}, then {}", changes());
    assert_eq!(secret(&world), before);
}
