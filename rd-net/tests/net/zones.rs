//! Zones are swapped, reordered and removed: no subnet moves that need not, and private subnets keep a default route.

use rd_testkit::faults::Proxy;
use rd_testkit::{World, endpoint};
use serde_json::Value;

fn settings(net: &str) -> String {
    format!("project = \"shop\"\nenvironment = \"test\"\n[net]\n{net}\n")
}

fn apply(world: &World, net: &str) -> Vec<String> {
    world.settings(&settings(net));
    let actions = world.rd("rd-net").args("apply -y").ok().actions();
    let after = world.rd("rd-net").args("plan").ok();
    assert_eq!(after.actions(), [""; 0], "{net}");
    actions
}

/// The block of a subnet in the state.
fn block(world: &World, subnet: &str) -> Value {
    let text = std::fs::read_to_string(world.state_file("shop/test", "net"));
    let state: Value = text
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    state["resources"][format!("net.subnet.{subnet}")]["spec"]["cidr_block"].clone()
}

fn touches(actions: &[String], kind: &str) -> bool {
    let part = format!(" net.{kind}.");
    actions.iter().any(|action| action.contains(&part))
}

#[test]
fn a_zone_is_swapped_for_another_in_one_apply() {
    let world = World::new(&settings(""));
    apply(
        &world,
        "azs = [\"us-east-1a\", \"us-east-1b\", \"us-east-1c\"]\nendpoints = [\"logs\"]",
    );
    let of_c = block(&world, "private-c");
    // Neither name before nor after is special, and no block is free among the first three.
    let actions = apply(
        &world,
        "azs = [\"us-east-1d\", \"us-east-1a\", \"us-east-1b\"]\nendpoints = [\"logs\"]",
    );
    assert!(!touches(&actions, "nat_gateway"), "{actions:?}");
    assert!(
        !actions.iter().any(|one| one.starts_with("replace")),
        "{actions:?}"
    );
    assert_ne!(block(&world, "private-d"), of_c);
    assert!(block(&world, "private-d").is_string());
}

#[test]
fn the_order_of_the_zones_changes_nothing() {
    let world = World::new(&settings(""));
    apply(&world, "azs = [\"us-east-1c\", \"us-east-1a\"]");
    assert_eq!(
        apply(&world, "azs = [\"us-east-1a\", \"us-east-1c\"]"),
        [""; 0]
    );
}

#[test]
fn listed_private_blocks_leave_the_public_subnets_alone() {
    let world = World::new(&settings(""));
    apply(&world, "azs = [\"us-east-1a\", \"us-east-1b\"]");
    // The blocks that they have: nothing changes.
    let same = "private_cidrs = [\"10.0.0.0/20\", \"10.0.16.0/20\"]";
    assert_eq!(apply(&world, same), [""; 0]);
    let actions = apply(
        &world,
        "private_cidrs = [\"10.0.128.0/20\", \"10.0.144.0/20\"]",
    );
    assert!(
        actions.contains(&"replace net.subnet.private-a".to_owned()),
        "{actions:?}"
    );
    let public = actions.iter().any(|action| action.contains("public"));
    assert!(!public && !touches(&actions, "nat_gateway"), "{actions:?}");
    // The block of another subnet is free only once that one is deleted.
    world.settings(&settings(
        "azs = [\"us-east-1a\", \"us-east-1c\"]\nprivate_cidrs = [\"10.0.128.0/20\", \"10.0.144.0/20\"]",
    ));
    let refused = world.rd("rd-net").args("apply -y").code(6);
    assert!(refused.stderr.contains("us-east-1b"), "{}", refused.stderr);
}

#[test]
fn private_subnets_always_have_a_default_route() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(&settings(""), proxy.url());
    let calls = |net: &str| -> Vec<String> {
        proxy.rules(Vec::new(), None);
        apply(&world, net);
        proxy
            .calls()
            .into_iter()
            .map(|call| call.operation)
            .collect()
    };
    let first = |calls: &[String], operation: &str| calls.iter().position(|one| one == operation);
    let last = |calls: &[String], operation: &str| calls.iter().rposition(|one| one == operation);
    calls("azs = [\"us-east-1a\", \"us-east-1b\"]");
    // The zone of the NAT gateway goes: the route is changed to the new one before the old one is deleted.
    let moved = calls("azs = [\"us-east-1b\"]");
    assert_eq!(first(&moved, "DeleteRoute"), None, "{moved:?}");
    assert!(
        last(&moved, "CreateNatGateway") < first(&moved, "ReplaceRoute"),
        "{moved:?}"
    );
    assert!(
        last(&moved, "ReplaceRoute") < first(&moved, "DeleteNatGateway"),
        "{moved:?}"
    );
    assert!(first(&moved, "ReplaceRoute").is_some());
    // To tables of their own: each subnet moves once the route is there.
    let own = calls("azs = [\"us-east-1b\", \"us-east-1c\"]\nnat = \"per-az\"");
    assert!(
        first(&own, "CreateRoute") < first(&own, "ReplaceRouteTableAssociation"),
        "{own:?}"
    );
    assert!(first(&own, "ReplaceRouteTableAssociation").is_some());
    // Back to one table: the routes of the others go last.
    let back = calls("azs = [\"us-east-1b\", \"us-east-1c\"]");
    assert!(
        last(&back, "ReplaceRouteTableAssociation") < first(&back, "DeleteRoute"),
        "{back:?}"
    );
    assert!(first(&back, "DeleteRoute").is_some());
}
