//! How often a plan without changes waits for AWS: the round trips on its critical path, of each slice and of the pipe.

use rd_testkit::rounds::{RoundCall, Rounds};
use rd_testkit::{Rd, World, endpoint};

const SLICES: [&str; 7] = ["net", "data", "cache", "store", "edge", "ecs", "logs"];

/// The calls of a plan without changes, by round.
fn plan(world: &World, slices: &[&str]) -> Vec<Vec<RoundCall>> {
    let rounds = Rounds::start(endpoint(), world.path(), slices.len());
    let line = slices.iter().map(|slice| {
        let program = format!("rd-{slice}");
        let url = rounds.url(&program);
        world
            .rd(&program)
            .args("plan --exit-code")
            .env("AWS_ENDPOINT_URL", &url)
    });
    for done in Rd::pipe(line.collect()) {
        assert_eq!(done.code, 0, "{}", done.stderr);
    }
    rounds.rounds()
}

/// One line for each round, with the operations of each program.
fn shown(rounds: &[Vec<RoundCall>]) -> String {
    let line = |(number, calls): (usize, &Vec<RoundCall>)| {
        let mut names: Vec<String> = calls
            .iter()
            .map(|(program, call)| format!("{program} {}", call.operation))
            .collect();
        names.sort();
        format!("{}. {}\n", number + 1, names.join(", "))
    };
    rounds.iter().enumerate().map(line).collect()
}

/// Applies the whole stack.
fn apply(world: &World) {
    let line: Vec<String> = SLICES
        .iter()
        .map(|slice| format!("rd-{slice} apply -y"))
        .collect();
    let line = format!("set -o pipefail; {}", line.join(" | "));
    world.rd("rd-net").shell(&line).ok();
}

/// The programs ask for the account in the same round. One does for all, unless its answer takes longer than they wait.
fn without_account(rounds: &[Vec<RoundCall>]) -> usize {
    let calls = rounds.iter().flatten();
    calls.filter(|(_, call)| call.service != "sts").count()
}

#[test]
fn a_plan_without_changes_waits_for_aws_once() {
    let world = World::new(
        "project = \"shop\"\nenvironment = \"test\"\n[logs]\nalert_email = \"ops@example.com\"\n",
    );
    apply(&world);
    for slice in SLICES {
        let rounds = plan(&world, &[slice]);
        assert_eq!(rounds.len(), 1, "{}", shown(&rounds));
    }
    let rounds = plan(&world, &SLICES);
    assert_eq!(rounds.len(), 1, "{}", shown(&rounds));
    assert!(without_account(&rounds) < 60, "{}", shown(&rounds));
}

#[test]
fn a_stack_with_everything_waits_no_longer() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n");
    let domain = world.domain();
    world.zone(&domain);
    let settings = format!(
        r#"project = "shop"
environment = "test"
domain = "{domain}"
[net]
nat = "per-az"
endpoints = "private"
flow_logs = true
[data.parameters]
log_min_duration_statement = 500
[cache]
nodes = 2
[cache.parameters]
maxmemory-policy = "allkeys-lru"
[store]
cors_origins = ["https://app.{domain}"]
[edge]
names = ["www.{domain}"]
[ecs.parameters]
LOG_LEVEL = "info"
[ecs.schedules]
night = {{ at = "cron(0 20 ? * MON-FRI *)", min = 0, max = 0 }}
[logs]
alert_email = "ops@example.com"
"#
    );
    world.settings(&settings);
    apply(&world);
    let rounds = plan(&world, &SLICES);
    assert_eq!(rounds.len(), 1, "{}", shown(&rounds));
}
