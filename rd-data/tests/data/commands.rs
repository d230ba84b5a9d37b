//! The commands of rd-data: snapshots, restore, rotation, check.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::{Calls, Fault, Proxy, Rule, Scenario, chosen};
use rd_testkit::network::SETTINGS;
use rd_testkit::{Done, RDS, World, endpoint};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const INSTANCE: &str = "data.db_instance.postgres";

fn applied(world: &World) {
    world.network();
    world.rd("rd-data").args("apply -y").ok();
}

fn secret(world: &World, stage: &str) -> Value {
    let ask = json!({"SecretId": "shop/test/database", "VersionStage": stage});
    let value = world.json("secretsmanager.GetSecretValue", &ask);
    serde_json::from_str(value["SecretString"].as_str().unwrap()).unwrap()
}

fn rotation_is_in_progress(world: &World) -> bool {
    let ask = json!({"SecretId": "shop/test/database"});
    let versions = world.json("secretsmanager.DescribeSecret", &ask)["VersionIdsToStages"].clone();
    versions.to_string().contains("AWSPENDING")
}

fn document(done: &Done) -> Value {
    serde_json::from_str(done.stdout.lines().last().unwrap()).unwrap()
}

/// The log groups that RDS writes to, with their retention in days.
fn log_groups(world: &World) -> BTreeMap<String, Option<u64>> {
    let input = json!({"logGroupNamePrefix": "/aws/rds/"});
    let answer = world.json("Logs_20140328.DescribeLogGroups", &input);
    let groups = answer["logGroups"].as_array().unwrap().iter();
    groups
        .map(|group| {
            let name = group["logGroupName"].as_str().unwrap();
            let name = name.strip_prefix("/aws/rds/instance/").unwrap();
            (name.to_owned(), group["retentionInDays"].as_u64())
        })
        .collect()
}

/// The expected log groups of instances with these names.
fn groups_of(instances: &[&str]) -> BTreeMap<String, Option<u64>> {
    let exports = ["postgresql", "upgrade"];
    let groups = instances
        .iter()
        .flat_map(|id| exports.map(|export| (format!("{id}/{export}"), Some(30))));
    groups.collect()
}

fn instances(world: &World) -> usize {
    let all = world.query(RDS, "DescribeDBInstances", &[]);
    all.body.matches("<DBInstanceIdentifier>").count()
}

#[test]
fn a_snapshot_is_taken_listed_and_restored_next_to_the_old_instance() {
    let world = World::new(&format!(
        "{SETTINGS}[data]\nbackup_retention_days = 3\nmulti_az = true\ndeletion_protection = true\n"
    ));
    applied(&world);
    let taken = document(&world.rd("rd-data").args("snapshot before-it --wait").ok());
    assert_eq!(
        (&taken["snapshot"], &taken["status"]),
        (&json!("before-it"), &json!("available"))
    );
    world.rd("rd-data").args("snapshot before-it").code(1);
    let listed = document(&world.rd("rd-data").args("snapshots").ok());
    let ids: Vec<&str> = listed["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert!(ids.contains(&"before-it"), "{ids:?}");

    let before = secret(&world, "AWSCURRENT");
    let restored = document(
        &world
            .rd("rd-data")
            .args("restore --snapshot before-it")
            .ok(),
    );
    assert_eq!(restored["switched"], false);
    assert_eq!(
        (instances(&world), secret(&world, "AWSCURRENT")),
        (2, before.clone())
    );
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    let refused = world.rd("rd-data").args("destroy -y").code(6);
    assert!(refused.stderr.contains("protected") || refused.stderr.contains("never switched to"));

    let new = restored["restored"].as_str().unwrap();
    let both = groups_of(&["shop-test-postgres", new]);
    assert_eq!(log_groups(&world), both);

    // The same command with --switch creates no second instance.
    let switched = document(
        &world
            .rd("rd-data")
            .args("restore --snapshot before-it --switch")
            .ok(),
    );
    assert_eq!(
        (&switched["restored"], &switched["switched"]),
        (&restored["restored"], &json!(true))
    );
    assert_eq!(restored["next"], json!([]));
    assert_eq!(
        switched["next"],
        json!([
            "rd-ecs apply -y -e test | rd-logs apply -y -e test",
            "rd-ecs restart -e test"
        ])
    );
    assert_eq!((instances(&world), world.id(INSTANCE)), (2, new.to_owned()));
    let after = secret(&world, "AWSCURRENT");
    assert_eq!(after["password"], before["password"]);
    assert_eq!(after["host"], world.output("data", "host"));
    assert_ne!(after["host"], before["host"]);
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);

    // The old instance has the name of the setting, but is not the database any more.
    world.settings(SETTINGS);
    world.rd("rd-data").args("apply -y").ok();
    let kept = world.rd("rd-data").args("destroy -y").code(6);
    assert!(kept.stderr.contains("--delete-old"), "{}", kept.stderr);
    assert_eq!((instances(&world), log_groups(&world)), (2, both));

    // A rebuild without a state finds the new instance, not the old one.
    std::fs::remove_file(world.state_file("shop/test", "data")).unwrap();
    std::fs::remove_dir_all(world.path().join(".rd/shop/test/history")).unwrap();
    world.rd("rd-data").args("rebuild").ok();
    assert_eq!(json!(world.id(INSTANCE)), restored["restored"]);
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);

    let unasked = world.rd("rd-data").args("restore --delete-old").code(6);
    assert!(
        unasked.stderr.contains("was not deleted"),
        "{}",
        unasked.stderr
    );
    world.rd("rd-data").args("restore --delete-old -y").ok();
    assert_eq!(
        (instances(&world), log_groups(&world)),
        (1, groups_of(&[new]))
    );
    let none = document(&world.rd("rd-data").args("restore --delete-old -y").ok());
    assert_eq!(none["deleted"], json!([]));

    // The same snapshot can be restored once more.
    let once = world.id(INSTANCE);
    let line = "restore --snapshot before-it --switch --delete-old -y";
    world.rd("rd-data").args(line).ok();
    assert_ne!(world.id(INSTANCE), once);
    assert_eq!(instances(&world), 1);
}

#[test]
fn a_point_in_time_is_restored_and_one_out_of_reach_is_refused() {
    let world = World::new(SETTINGS);
    applied(&world);
    let late = world
        .rd("rd-data")
        .args("restore --to-time 2000-01-01T00:00:00Z")
        .code(1);
    assert!(
        late.stderr.contains("choose a time within the last 1 days"),
        "{}",
        late.stderr
    );
    let wrong = world
        .rd("rd-data")
        .args("restore --to-time yesterday")
        .code(2);
    assert!(
        wrong.stderr.contains("2026-03-01T02:10:00Z"),
        "{}",
        wrong.stderr
    );
    let answer = world.query(RDS, "DescribeDBInstances", &[]);
    let latest = answer.tag("LatestRestorableTime").unwrap();
    let line = format!("restore --to-time {latest} --switch --delete-old -y");
    world.rd("rd-data").args(&line).ok();
    assert_eq!(instances(&world), 1);
    assert_ne!(world.id(INSTANCE), "shop-test-postgres");
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn a_source_that_cannot_be_restored_is_refused_before_anything_is_created() {
    let world = World::new(SETTINGS);
    applied(&world);
    let unknown = world
        .rd("rd-data")
        .args("restore --snapshot nothing")
        .code(2);
    assert!(
        unknown.stderr.contains("there is no snapshot nothing"),
        "{}",
        unknown.stderr
    );
    world.rd("rd-data").args("restore").code(2);
    let nothing = world.rd("rd-data").args("restore --switch").code(2);
    assert!(nothing.stderr.contains("--snapshot"), "{}", nothing.stderr);
    assert_eq!(instances(&world), 1);
}

/// Kills the command before and after every change that it makes; the next run completes it.
fn survives_each_kill(line: &'static str, prepare: fn(&World), check: fn(&World)) {
    let proxy = Proxy::start(endpoint());
    let count = {
        let world = World::at(SETTINGS, proxy.url());
        prepare(&world);
        proxy.rules(Vec::new(), None);
        world.rd("rd-data").args(line).ok();
        let calls = proxy.calls();
        check(&world);
        Calls::Changes.count(&calls)
    };
    assert!(count >= 2, "{line} makes {count} changes");
    // After the last change the command was complete, so that the same line would be a new request.
    Scenario::walk(&chosen(2 * count - 1, 8), |place| {
        let proxy = Proxy::start(endpoint());
        let fault = if place % 2 == 0 {
            Fault::KillBefore
        } else {
            Fault::KillAfter
        };
        let world = World::at(SETTINGS, proxy.url());
        prepare(&world);
        proxy.rules(vec![Rule::once(Calls::Changes, place / 2, fault)], None);
        let mut child = world.rd("rd-data").args(line).start();
        drop(child.stdin.take());
        proxy.victim(child.id());
        let first = rd_testkit::finish(child);
        proxy.rules(Vec::new(), None);
        assert_eq!(first.code, -1, "{line}, place {place}: it was not killed");
        let again = world.rd("rd-data").args(line).run();
        assert_eq!(
            again.code, 0,
            "{line}, place {place}: {}\nfirst: {}",
            again.stderr, first.stderr
        );
        check(&world);
    });
}

#[test]
fn a_rotation_killed_anywhere_is_completed_by_the_next() {
    fn check(world: &World) {
        assert!(
            !rotation_is_in_progress(world),
            "a rotation is still in progress"
        );
        assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
        world.rd("rd-data").args("apply -y").ok();
    }
    survives_each_kill("rotate", applied, check);

    let world = World::new(SETTINGS);
    applied(&world);
    let before = secret(&world, "AWSCURRENT");
    let rotated = world.rd("rd-data").args("rotate --format text").ok().stdout;
    assert!(rotated.contains("rd-ecs restart -e test\n"), "{rotated}");
    let after = secret(&world, "AWSCURRENT");
    assert_ne!(before["password"], after["password"]);
    assert_eq!(before["host"], after["host"]);
    let password = after["password"].as_str().unwrap();
    assert!(after["url"].as_str().unwrap().contains(password));
}

#[test]
fn a_restore_killed_anywhere_is_completed_by_the_next() {
    fn prepare(world: &World) {
        applied(world);
        world.rd("rd-data").args("snapshot s --wait").ok();
    }
    fn check(world: &World) {
        assert_eq!(instances(world), 2);
        assert_ne!(world.id(INSTANCE), "shop-test-postgres");
        assert_eq!(
            secret(world, "AWSCURRENT")["host"],
            world.output("data", "host")
        );
        assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
        world.rd("rd-data").args("restore --delete-old -y").ok();
        assert_eq!(instances(world), 1);
        assert_eq!(log_groups(world), groups_of(&[&world.id(INSTANCE)]));
    }
    survives_each_kill("restore --snapshot s --switch", prepare, check);
}

#[test]
fn check_names_the_step_that_fails() {
    let world = World::new(&format!("{SETTINGS}[net]\n"));
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-data").args("apply -y").ok();
    let passed = document(&world.rd("rd-data").args("check").ok());
    assert_eq!(passed["ok"], true);

    let steps = |world: &World| -> Vec<(String, String)> {
        let done = world.rd("rd-data").args("check").code(1);
        let all = document(&done)["steps"].as_array().unwrap().clone();
        let failed = all.into_iter().filter(|step| step["ok"] == false);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        failed
            .map(|step| (text(&step["step"]), text(&step["reason"])))
            .collect()
    };
    // Another security group.
    let other = world.output("net", "redis_security_group_id");
    let group = (
        "VpcSecurityGroupIds.VpcSecurityGroupId.1",
        other.as_str().unwrap(),
    );
    let id = world.id(INSTANCE);
    world.query(
        RDS,
        "ModifyDBInstance",
        &[("DBInstanceIdentifier", &id), group],
    );
    assert_eq!(steps(&world)[0].0, "security group");
    world.rd("rd-data").args("apply -y").ok();
    // A secret that points to another host.
    let mut value = secret(&world, "AWSCURRENT");
    value["host"] = json!("elsewhere");
    let put = json!({"SecretId": "shop/test/database", "SecretString": value.to_string()});
    world.json("secretsmanager.PutSecretValue", &put);
    let found = steps(&world);
    assert!(
        found
            .iter()
            .any(|(step, reason)| step == "secret: host" && reason.contains("elsewhere")),
        "{found:?}"
    );
    world.rd("rd-data").args("apply -y").ok();
    // A deleted rule.
    let (db, rule) = (
        world.id("net.security_group.db"),
        world.id("net.security_group_rule.db-in-api"),
    );
    world.ec2(
        "RevokeSecurityGroupIngress",
        &[("GroupId", &db), ("SecurityGroupRuleId.1", &rule)],
    );
    let found = steps(&world);
    assert!(
        found
            .iter()
            .any(|(step, _)| step.starts_with("inbound rule of db")),
        "{found:?}"
    );
}

#[test]
fn an_impaired_database_says_what_to_do() {
    let cases = [
        ("storage-full", "raise allocated_storage"),
        ("incompatible-parameters", "[data.parameters]"),
    ];
    for (status, advice) in cases {
        let proxy = Proxy::start(endpoint());
        let world = World::at(SETTINGS, proxy.url());
        world.network();
        let to = match status {
            "storage-full" => "<DBInstanceStatus>storage-full</DBInstanceStatus>",
            _ => "<DBInstanceStatus>incompatible-parameters</DBInstanceStatus>",
        };
        let bad = Fault::Rewrite {
            from: "<DBInstanceStatus>available</DBInstanceStatus>",
            to,
        };
        let rule = Rule::at_first(Calls::Of("DescribeDBInstances"), 999, bad);
        proxy.rules(vec![rule], None);
        let failed = world.rd("rd-data").args("apply -y").code(1);
        assert!(
            failed.stderr.contains(status) && failed.stderr.contains(advice),
            "{}",
            failed.stderr
        );
        // The instance is kept: no plan replaces it.
        assert_eq!(
            world
                .rd("rd-data")
                .args("plan")
                .run()
                .actions()
                .iter()
                .filter(|a| a.contains("replace"))
                .count(),
            0
        );
        proxy.rules(Vec::new(), None);
        world.rd("rd-data").args("apply -y").ok();
    }
}

#[test]
fn an_instance_that_failed_shows_why() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.network();
    let failed = Fault::Rewrite {
        from: "<DBInstanceStatus>available</DBInstanceStatus>",
        to: "<DBInstanceStatus>restore-error</DBInstanceStatus>",
    };
    let failed = Rule::at_first(Calls::Of("DescribeDBInstances"), 999, failed);
    let told = Fault::Rewrite {
        from: "<Message>",
        to: "<Message>The snapshot cannot be read. ",
    };
    let told = Rule::at_first(Calls::Of("DescribeEvents"), 999, told);
    let denied = Fault::Refuse {
        status: 403,
        code: "AccessDenied",
    };
    let denied = Rule::at_first(Calls::Of("DescribeEvents"), 999, denied);
    let cause = "restore-error: The snapshot cannot be read.";
    proxy.rules(vec![failed.clone(), told.clone()], None);
    let apply = world.rd("rd-data").args("apply -y").code(1);
    assert!(apply.stderr.contains(cause), "{}", apply.stderr);
    for (events, is_shown) in [(told, true), (denied, false)] {
        proxy.rules(vec![failed.clone(), events], None);
        let status = world.rd("rd-data").args("status").run();
        assert!(status.stdout.contains("restore-error"), "{}", status.stdout);
        assert_eq!(status.stdout.contains(cause), is_shown, "{}", status.stdout);
        let check = world.rd("rd-data").args("check").code(1);
        assert!(check.stdout.contains("restore-error"), "{}", check.stdout);
        assert_eq!(check.stdout.contains(cause), is_shown, "{}", check.stdout);
    }
}
