//! Every preset, and changes after the first apply: as small as AWS allows.

use rd_testkit::World;

fn settings(net: &str) -> String {
    format!("project = \"shop\"\nenvironment = \"test\"\n[net]\n{net}\n")
}

/// Applies `first`, then plans and applies `second`; the plan's actions are returned once nothing more is to be done.
fn change(first: &str, second: &str) -> Vec<String> {
    let world = World::new(&settings(first));
    world.rd("rd-net").args("apply -y").ok();
    assert_eq!(
        world.rd("rd-net").args("plan").ok().actions(),
        [""; 0],
        "{first}"
    );
    world.settings(&settings(second));
    let plan = world.rd("rd-net").args("plan").ok();
    let actions = plan.actions();
    let apply = world.rd("rd-net").args("apply").stdin(plan.stdout).ok();
    assert_eq!(apply.actions(), actions, "{first} → {second}");
    let after = world.rd("rd-net").args("plan").ok();
    assert_eq!(after.actions(), [""; 0], "{first} → {second}");
    world.rd("rd-net").args("destroy -y").ok();
    actions
}

#[test]
fn one_zone_becomes_three() {
    let actions = change("azs = 1", "azs = 3");
    let mut wanted: Vec<String> = ["b", "c"]
        .iter()
        .flat_map(|zone| {
            ["public", "private"].map(|tier| {
                [
                    format!("create net.subnet.{tier}-{zone}"),
                    format!("create net.route_table_association.{tier}-{zone}"),
                ]
            })
        })
        .flatten()
        .collect();
    wanted.sort();
    assert_eq!(actions, wanted);
}

#[test]
fn a_zone_is_taken_away() {
    let actions = change("azs = 2", "azs = 1");
    assert_eq!(
        actions,
        [
            "delete net.route_table_association.private-b",
            "delete net.route_table_association.public-b",
            "delete net.subnet.private-b",
            "delete net.subnet.public-b",
        ]
    );
}

#[test]
fn from_one_nat_gateway_to_one_a_zone() {
    let actions = change("nat = \"single\"", "nat = \"per-az\"");
    assert_eq!(
        actions,
        [
            "create net.elastic_ip.nat-b",
            "create net.nat_gateway.b",
            "create net.route.private-b-internet",
            "create net.route_table.private-b",
            // The endpoints learn of the new table; the subnet moves to it; nothing is replaced.
            "update net.route_table_association.private-b",
            "update net.vpc_endpoint.dynamodb",
            "update net.vpc_endpoint.s3",
        ]
    );
}

#[test]
fn from_a_nat_gateway_to_none_and_private_endpoints() {
    let actions = change(
        "nat = \"single\"",
        "nat = \"none\"\nendpoints = \"private\"",
    );
    assert_eq!(
        actions,
        [
            "create net.vpc_endpoint.ecr-api",
            "create net.vpc_endpoint.ecr-dkr",
            "create net.vpc_endpoint.logs",
            "create net.vpc_endpoint.secretsmanager",
            "create net.vpc_endpoint.ssm",
            "create net.vpc_endpoint.ssmmessages",
            "delete net.elastic_ip.nat-a",
            "delete net.nat_gateway.a",
            "delete net.route.private-a-internet",
        ]
    );
}

#[test]
fn from_none_to_a_nat_gateway() {
    let actions = change("nat = \"none\"", "nat = \"single\"");
    assert_eq!(
        actions,
        [
            "create net.elastic_ip.nat-a",
            "create net.nat_gateway.a",
            "create net.route.private-a-internet",
        ]
    );
}

#[test]
fn endpoints_are_listed_and_unlisted() {
    let actions = change("endpoints = [\"logs\"]", "endpoints = [\"sqs\"]");
    assert_eq!(
        actions,
        [
            "create net.vpc_endpoint.sqs",
            "delete net.vpc_endpoint.logs"
        ]
    );
}

#[test]
fn an_interface_endpoint_follows_the_zones() {
    let actions = change(
        "azs = 1\nendpoints = [\"logs\"]",
        "azs = 2\nendpoints = [\"logs\"]",
    );
    assert!(
        actions.contains(&"update net.vpc_endpoint.logs".to_owned()),
        "{actions:?}"
    );
    assert!(
        !actions.iter().any(|action| action.starts_with("replace")),
        "{actions:?}"
    );
}

#[test]
fn another_port_replaces_just_its_two_rules() {
    let actions = change("app_port = 3001", "app_port = 8080");
    assert_eq!(
        actions,
        [
            "replace net.security_group_rule.alb-out-api",
            "replace net.security_group_rule.api-in-alb",
        ]
    );
}

#[test]
fn flow_logs_are_turned_on_changed_and_off() {
    let on = change("", "flow_logs = true");
    assert_eq!(
        on,
        [
            "create net.flow_log.main",
            "create net.log_group.flow-logs",
            "create net.role.flow-logs",
            "create net.role_policy.flow-logs"
        ]
    );
    let kept = change(
        "flow_logs = true",
        "flow_logs = true\nflow_logs_retention_days = 90",
    );
    assert_eq!(kept, ["update net.log_group.flow-logs"]);
    let off = change("flow_logs = true", "");
    assert_eq!(
        off,
        [
            "delete net.flow_log.main",
            "delete net.log_group.flow-logs",
            "delete net.role.flow-logs",
            "delete net.role_policy.flow-logs"
        ]
    );
}

#[test]
fn another_block_moves_the_whole_network() {
    let actions = change("cidr = \"10.0.0.0/16\"", "cidr = \"10.9.0.0/16\"");
    assert!(actions.contains(&"replace net.vpc.main".to_owned()));
    assert!(actions.contains(&"replace net.subnet.private-a".to_owned()));
    assert!(
        !actions.contains(&"replace net.elastic_ip.nat-a".to_owned()),
        "an address belongs to no VPC: {actions:?}"
    );
}

#[test]
fn every_preset_at_once_is_applied_and_destroyed() {
    let world = World::new(&settings(
        "azs = 3\nnat = \"per-az\"\nendpoints = \"private\"\nflow_logs = true",
    ));
    let apply = world.rd("rd-net").args("apply -y").ok();
    assert_eq!(
        apply
            .of_type("applied")
            .iter()
            .filter(|a| a["kind"] == "nat_gateway")
            .count(),
        3
    );
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);
    world.rd("rd-net").args("destroy -y").ok();
}

#[test]
fn zones_may_be_named_and_stay_where_they_are() {
    let world = World::new(&settings("azs = [\"us-east-1c\", \"us-east-1a\"]"));
    let apply = world.rd("rd-net").args("apply -y").ok();
    assert_eq!(
        apply.output("availability_zones"),
        serde_json::json!(["us-east-1c", "us-east-1a"])
    );
    // In another order they are the same zones: no subnet moves.
    world.settings(&settings("azs = [\"us-east-1a\", \"us-east-1c\"]"));
    let plan = world.rd("rd-net").args("plan").ok();
    assert!(
        !plan
            .actions()
            .iter()
            .any(|action| action.contains("subnet.")),
        "{:?}",
        plan.actions()
    );
}
