//! The pipelines of `scripts/`, which `make plan`, `apply`, `status` and `destroy` run.

use rd_testkit::{Done, World};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n\n";

fn script(world: &World, line: &str) -> Done {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts");
    world
        .rd("rd-net")
        .shell(&format!("{root}/{line} </dev/null"))
        .run()
}

#[test]
fn the_whole_stack_is_planned_applied_shown_and_destroyed() {
    let world = World::new(SETTINGS);
    let plan = script(&world, "plan --exit-code");
    assert_eq!(plan.code, 3, "{}", plan.stderr);
    let unasked = script(&world, "apply");
    assert_eq!(unasked.code, 6, "{}", unasked.stderr);
    assert!(
        unasked.stdout.contains("+ net.vpc.main"),
        "the plan is shown all the same: {}",
        unasked.stdout
    );
    assert!(unasked.stderr.contains("pass -y"), "{}", unasked.stderr);
    let apply = script(&world, "apply -y");
    assert_eq!(
        (apply.code, apply.actions()),
        (0, plan.actions()),
        "{}",
        apply.stderr
    );
    let again = script(&world, "apply");
    assert_eq!(
        again.code, 0,
        "nothing to do needs no confirmation: {}",
        again.stderr
    );
    let status = script(&world, "status");
    assert_eq!(status.code, 0, "{}", status.stderr);
    // Nothing is known of the alarms yet.
    for one in status.of_type("status") {
        let health = if one["kind"] == "alarm" {
            "pending"
        } else {
            "ready"
        };
        assert_eq!(one["health"], health, "{one}");
    }
    let last = status.of_type("begin");
    assert!(
        last.iter().any(|one| one["command"] == "charged"),
        "{last:?}"
    );

    assert_eq!(script(&world, "destroy").code, 6);
    assert_eq!(script(&world, "destroy --confirm shop-other").code, 6);
    let destroy = script(&world, "destroy --confirm shop-test");
    assert_eq!(destroy.code, 0, "{}", destroy.stderr);
    assert_eq!(destroy.actions().len(), plan.actions().len());
}

#[test]
fn a_restore_switches_the_database_and_what_watches_it() {
    let world = World::new(SETTINGS);
    world.network();
    world.rd("rd-data").args("apply -y").ok();
    world.rd("rd-logs").args("apply -y").ok();
    world.rd("rd-data").args("snapshot before --wait").ok();
    let restore = script(&world, "restore --snapshot before -e test");
    assert_eq!(restore.code, 0, "{}", restore.stderr);
    let alarm = world
        .rd("rd-state")
        .args("show logs.alarm.db-cpu --format json")
        .ok()
        .stdout;
    let instance = world.id("data.db_instance.postgres");
    assert!(
        instance.contains("-r") && alarm.contains(&instance),
        "{instance}: {alarm}"
    );
    // What was never applied is not created.
    assert_eq!(world.rd("rd-state").args("list ecs").ok().stdout, "");
    let nothing = script(&world, "restore -e test");
    assert_eq!(nothing.code, 2, "{}", nothing.stderr);
}

#[test]
fn a_program_that_fails_fails_the_script() {
    let world = World::new("project = \"shop\"\n[net]\nnat = \"two\"\n");
    assert_ne!(script(&world, "plan").code, 0);
    assert_ne!(script(&world, "apply -y").code, 0);
    assert_ne!(script(&world, "status").code, 0);
}

fn errors(done: &Done) -> Vec<&str> {
    let lines = done.stderr.lines();
    lines.filter(|line| line.starts_with("error:")).collect()
}

#[test]
fn each_program_gets_the_flags_that_are_meant_for_it() {
    let world = World::new(SETTINGS);
    let flags = "--offline --set net.nat=per-az --set=store.versioning=false --set tags.Owner=me";
    let plan = script(&world, &format!("plan {flags}"));
    assert_eq!(plan.code, 0, "{}", plan.stderr);
    let created = plan.actions();
    assert!(created.contains(&"create net.nat_gateway.b".to_owned()));
    let changes = plan.of_type("change");
    assert!(changes.iter().all(|one| one["tags"]["Owner"] == "me"));
    let text = script(&world, &format!("plan --format text {flags}"));
    assert_eq!(text.code, 0, "{}", text.stderr);
    assert!(
        text.stdout.contains("+ net.nat_gateway.b"),
        "{}",
        text.stdout
    );
    assert!(text.stdout.contains("+ logs."), "{}", text.stdout);
    // What it costs stands in the summary, and is not listed.
    let summary = text.stdout.lines().nth(1).unwrap_or_default();
    assert!(summary.contains(" USD a month"), "{}", text.stdout);
    assert!(!text.stdout.contains("in all"), "{}", text.stdout);
    let over = script(&world, "plan --offline --format text --fail-over 1");
    assert_eq!(over.code, 7, "{}", over.stderr);
    // A flag of one program alone.
    let destroy = script(&world, "destroy -y --delete-objects --format text");
    assert_eq!(destroy.code, 0, "{}", destroy.stderr);
    // The flags of an apply are not those of its plan.
    let apply = script(
        &world,
        "apply --parallelism 2 --lock-timeout 1s --format text",
    );
    assert_eq!(apply.code, 6, "{}", apply.stderr);
    let hint = "ARGS='--parallelism 2 --lock-timeout 1s --format text -y'";
    assert!(apply.stderr.contains(hint), "{}", apply.stderr);
}

#[test]
fn one_mistake_is_one_error() {
    let world = World::new(SETTINGS);
    std::fs::write(world.path().join("file"), "").unwrap();
    for (line, code) in [
        ("plan --exitcode", 2),
        ("plan --config nothing.toml", 2),
        ("apply --config nothing.toml", 2),
        ("apply -y --config nothing.toml", 2),
        ("status --region mars", 2),
        ("plan --offline --set net.nat=two", 2),
        ("apply -y --state-dir file", 1),
        ("destroy --confirm shop-other", 6),
    ] {
        let done = script(&world, line);
        let told = errors(&done);
        // Programs after one that failed say so.
        let told: Vec<_> = told
            .iter()
            .filter(|one| !one.ends_with(" failed"))
            .collect();
        assert_eq!(
            (done.code, told.len()),
            (code, 1),
            "{line}: {}",
            done.stderr
        );
    }
    let nowhere = World::at(SETTINGS, "http://127.0.0.1:1");
    let done = script(&nowhere, "plan");
    assert_eq!((done.code, errors(&done).len()), (1, 1), "{}", done.stderr);
}

#[test]
fn destroy_shows_what_goes_and_asks_for_the_name_of_the_stack() {
    let world = World::new(&format!("{SETTINGS}[environments.production]\n"));
    world.rd("rd-store").args("apply -y").ok();
    let unasked = script(&world, "destroy");
    assert_eq!(unasked.code, 6);
    let hint = "ARGS='--confirm shop-test'";
    assert!(unasked.stderr.contains(hint), "{}", unasked.stderr);
    let other = script(&world, "destroy -e production");
    let hint = "ARGS='-e production --confirm shop-production'";
    assert!(other.stderr.contains(hint), "{}", other.stderr);

    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts");
    let asked = |answer: &str| {
        let spawn =
            "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
        let line = format!("echo {answer} | python3 -c '{spawn}' {root}/destroy");
        world.rd("rd-net").shell(&line).run()
    };
    let done = asked("shop-other");
    for shown in ["store.bucket.sessions", "`shop-test`", "not confirmed"] {
        assert!(done.stdout.contains(shown), "{shown}: {}", done.stdout);
    }
    let left = world.rd("rd-state").args("list").ok().stdout;
    assert!(left.contains("store.bucket.sessions"), "{left}");
}
