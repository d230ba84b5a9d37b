//! `rd-net check FROM TO PORT` reports whether a path is open, and what blocks it.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::{Done, World};
use serde_json::Value;

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";

fn answer(done: &Done) -> Value {
    serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e}: {}", done.stdout))
}

/// The failed steps with their reasons.
fn blocked(done: &Done) -> Vec<String> {
    answer(done)["steps"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|step| step["ok"] == false)
        .map(|step| {
            format!(
                "{}: {}",
                step["step"].as_str().unwrap(),
                step["reason"].as_str().unwrap()
            )
        })
        .collect()
}

fn id(world: &World, address: &str) -> String {
    let show = world.rd("rd-state").args("show").arg(address).ok();
    serde_json::from_str::<Value>(&show.stdout).unwrap()["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn only_the_paths_of_the_architecture_are_open() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    for path in [
        "internet alb 443",
        "alb api 3001",
        "api db 5432",
        "api redis 6379",
        "api internet 443",
        "api aws 443",
    ] {
        let done = world.rd("rd-net").args("check").args(path).ok();
        assert_eq!(answer(&done)["reachable"], true, "{path}");
    }
    for path in [
        "internet db 5432",
        "alb db 5432",
        "api db 22",
        "db internet 443",
        "redis api 3001",
    ] {
        let done = world.rd("rd-net").args("check").args(path).code(1);
        assert!(!blocked(&done).is_empty(), "{path}");
    }
}

#[test]
fn the_rule_the_route_and_the_acl_that_block_are_named() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let check = |path: &str| blocked(&world.rd("rd-net").args("check").args(path).code(1));

    let rule = id(&world, "net.security_group_rule.db-in-api");
    let group = id(&world, "net.security_group.db");
    world.ec2(
        "RevokeSecurityGroupIngress",
        &[("GroupId", &group), ("SecurityGroupRuleId.1", &rule)],
    );
    let why = check("api db 5432");
    assert_eq!(why.len(), 1, "{why:?}");
    assert!(why[0].contains("db") && why[0].contains("5432"), "{why:?}");
    world.rd("rd-net").args("apply -y").ok();

    let table = id(&world, "net.route_table.private-a");
    world.ec2(
        "DeleteRoute",
        &[
            ("RouteTableId", &table),
            ("DestinationCidrBlock", "0.0.0.0/0"),
        ],
    );
    let why = check("api internet 443");
    assert!(why.iter().any(|step| step.contains("route")), "{why:?}");
    world.rd("rd-net").args("apply -y").ok();

    let vpc = id(&world, "net.vpc.main");
    let acl = world.ec2(
        "DescribeNetworkAcls",
        &[("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", &vpc)],
    );
    world.ec2(
        "CreateNetworkAclEntry",
        &[
            ("NetworkAclId", acl.tag("networkAclId").unwrap()),
            ("RuleNumber", "10"),
            ("Protocol", "6"),
            ("RuleAction", "deny"),
            ("Egress", "false"),
            ("CidrBlock", "10.0.0.0/8"),
            ("PortRange.From", "5432"),
            ("PortRange.To", "5432"),
        ],
    );
    let why = check("api db 5432");
    assert!(
        why.iter().any(|step| step.to_lowercase().contains("acl")),
        "{why:?}"
    );
}

#[test]
fn the_text_has_a_line_for_each_step_and_wrong_arguments_are_refused() {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let text = world
        .rd("rd-net")
        .args("check api db 5432 --format text")
        .ok();
    assert!(
        text.stdout.contains("✓") && text.stdout.contains("api → db:5432: open"),
        "{}",
        text.stdout
    );
    let wrong = world.rd("rd-net").args("check api mars 5432").code(2);
    assert!(
        wrong
            .stderr
            .contains("one of alb, api, db, redis, endpoints, internet"),
        "{}",
        wrong.stderr
    );
    world.rd("rd-net").args("check api db 0").code(2);
    let never = World::new(SETTINGS);
    let done = never.rd("rd-net").args("check api db 5432").code(1);
    assert!(done.stderr.contains("never applied"), "{}", done.stderr);
}
