//! Changes of the settings after the first apply change as few resources as AWS allows.

use rd_testkit::World;

fn settings(net: &str) -> String {
    format!("project = \"shop\"\nenvironment = \"test\"\n[net]\n{net}\n")
}

/// Applies the settings `first`, then plans and applies `second`. Returns the actions of that plan; a plan after it
/// must have none.
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
fn two_zones_become_one() {
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
            // The endpoints get the new table, and the subnet uses it; nothing is replaced.
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
fn an_endpoint_is_added_and_another_removed() {
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
fn a_changed_port_replaces_only_its_two_rules() {
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
fn flow_logs_are_enabled_changed_and_disabled() {
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
    let retention = change(
        "flow_logs = true",
        "flow_logs = true\nflow_logs_retention_days = 90",
    );
    assert_eq!(retention, ["update net.log_group.flow-logs"]);
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
fn a_changed_block_replaces_the_network() {
    let actions = change("cidr = \"10.0.0.0/16\"", "cidr = \"10.9.0.0/16\"");
    assert!(actions.contains(&"replace net.vpc.main".to_owned()));
    assert!(actions.contains(&"replace net.subnet.private-a".to_owned()));
    assert!(
        !actions.contains(&"replace net.elastic_ip.nat-a".to_owned()),
        "an elastic IP address does not belong to a VPC: {actions:?}"
    );
}

#[test]
fn the_largest_network_is_applied_and_destroyed() {
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
fn named_zones_keep_their_blocks_in_any_order() {
    let world = World::new(&settings("azs = [\"us-east-1c\", \"us-east-1a\"]"));
    let apply = world.rd("rd-net").args("apply -y").ok();
    assert_eq!(
        apply.output("availability_zones"),
        serde_json::json!(["us-east-1c", "us-east-1a"])
    );
    // The same zones in another order: no subnet is replaced.
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
