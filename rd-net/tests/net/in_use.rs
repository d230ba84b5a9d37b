//! A replacement that deletes what other slices use is refused, before anything is changed.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::World;
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";
const OTHER_BLOCK: &str = "--set net.cidr=10.9.0.0/16";

/// A network, and states of a database that uses its private subnets and of alarms that watch its NAT gateway.
fn used_network() -> World {
    let world = World::new(SETTINGS);
    world.rd("rd-net").args("apply -y").ok();
    let resource = |kind: &str, spec: Value| json!({"kind": kind, "id": kind, "phase": "ready", "since": "2026-01-01T00:00:00Z", "spec": spec});
    let subnets = world.output("net", "private_subnet_ids");
    let group = resource(
        "db_subnet_group",
        json!({"name": "a", "subnet_ids": subnets}),
    );
    write(&world, "data", "needs", "data.db_subnet_group.main", &group);
    let gateway = world.output("net", "nat_gateway_a_id");
    let alarm = resource("alarm", json!({"dimensions": {"NatGatewayId": gateway}}));
    write(&world, "logs", "looks_at", "logs.alarm.nat-a", &alarm);
    world
}

fn write(world: &World, slice: &str, uses: &str, address: &str, resource: &Value) {
    world.give(slice, &json!({}));
    let file = world.state_file("shop/test", slice);
    let mut document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    document[uses] = json!(["net"]);
    document["resources"] = json!({address: resource});
    std::fs::write(file, document.to_string()).unwrap();
}

#[test]
fn a_network_in_use_is_replaced_only_where_the_user_names_it() {
    let world = used_network();
    let state = || std::fs::read(world.state_file("shop/test", "net")).unwrap();
    let before = state();
    let plan = world.rd("rd-net").args("plan").args(OTHER_BLOCK).ok();
    assert!(plan.stderr.contains("apply will refuse"), "{}", plan.stderr);
    let is_deleted_first = |name: &str| {
        let outputs = plan.of_type("output");
        let output = outputs
            .iter()
            .find(|output| output["name"] == name)
            .unwrap();
        output["deleted_first"] == true
    };
    assert!(is_deleted_first("private_subnet_ids") && is_deleted_first("internet_gateway_id"));
    assert!(!is_deleted_first("vpc_cidr"));

    let apply = || world.rd("rd-net").args("apply").args(OTHER_BLOCK);
    for refused in [
        apply().args("-y").code(6),
        apply().stdin(plan.stdout.clone()).code(6),
    ] {
        for text in [
            "net.subnet.private-a (used by data.db_subnet_group.main)",
            "rd-data destroy",
            "rd-net apply --allow-replace net.vpc.main",
        ] {
            assert!(refused.stderr.contains(text), "{text}: {}", refused.stderr);
        }
        for text in ["logs.", "route_table_association"] {
            assert!(!refused.stderr.contains(text), "{}", refused.stderr);
        }
        assert_eq!(refused.actions(), [""; 0]);
        assert!(state() == before, "the state was changed");
    }
    assert_eq!(world.rd("rd-net").args("plan").ok().actions(), [""; 0]);

    let unknown = apply().args("-y --allow-replace net.vpc.mian").code(2);
    assert!(
        unknown.stderr.contains("net.vpc.mian"),
        "{}",
        unknown.stderr
    );
    apply()
        .args("-y --allow-replace net.subnet.private-a")
        .code(6);
    let replaced = apply()
        .args("-y --allow-replace data.x.y --allow-replace net.vpc.main")
        .ok();
    assert!(
        replaced
            .actions()
            .contains(&"replace net.vpc.main".to_owned())
    );
}

#[test]
fn what_is_created_first_or_not_in_use_is_replaced_as_ever() {
    let world = used_network();
    // Rules are created first, and only alarms watch the NAT gateway.
    let line = "apply -y --set net.app_port=8080 --set net.nat=none";
    let apply = world.rd("rd-net").args(line).ok();
    let actions = apply.actions();
    for action in [
        "replace net.security_group_rule.api-in-alb",
        "delete net.nat_gateway.a",
    ] {
        assert!(actions.contains(&action.to_owned()), "{actions:?}");
    }
}
