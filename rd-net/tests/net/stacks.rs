//! Several stacks: two with the same name, resources that another owner has, and states in the old layout.

use rd_testkit::World;
use serde_json::{Value, json};
use std::fs;

/// Two stacks whose resources have the same names.
const SHOP_EU: &str =
    "project = \"shop-eu\"\nenvironment = \"test\"\n[net]\nazs = 1\nflow_logs = true\n";
const SHOP: &str =
    "project = \"shop\"\nenvironment = \"eu-test\"\n[net]\nazs = 1\nflow_logs = true\n";
const SMALL: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\nnat = \"none\"\n";

#[test]
fn two_stacks_with_the_same_name_share_no_state_and_no_resource() {
    let world = World::new(SHOP_EU);
    world.rd("rd-net").args("apply -y").ok();
    let first = world.inventory();
    world.settings(SHOP);
    let plan = world.rd("rd-net").args("plan").code(6);
    for text in [
        "/vpc/shop-eu-test already exists and belongs to the stack shop-eu/test",
        "choose another `project` or `environment`",
    ] {
        assert!(plan.stderr.contains(text), "{text}: {}", plan.stderr);
    }
    world.rd("rd-net").args("apply -y").code(6);
    assert_eq!(world.inventory(), first, "nothing was created");
    // Without the name that they share, both exist next to each other.
    world.settings(&SHOP.replace("flow_logs = true\n", "nat = \"none\"\n"));
    world.rd("rd-net").args("apply -y").ok();
    assert!(world.state_file("shop/eu-test", "net").exists());
    assert!(world.state_file("shop-eu/test", "net").exists());
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), first);
    world.settings(SHOP_EU);
    world.rd("rd-net").args("plan --exit-code").ok();
}

#[test]
fn two_stacks_with_the_same_name_are_not_in_one_pipe() {
    let world = World::new(SHOP_EU);
    let line = "rd-net plan --offline --set project=shop-eu --environment test | \
                rd-store plan --offline --set project=shop --environment eu-test --new-environment";
    let done = world.rd("rd-net").shell(line).code(2);
    assert!(
        done.stderr
            .contains("works on project shop-eu, this program on project shop"),
        "{}",
        done.stderr
    );
}

#[test]
fn a_resource_that_the_state_has_is_left_alone_when_it_belongs_to_another_stack() {
    let world = World::new(SMALL);
    world.rd("rd-net").args("apply -y").ok();
    let before = world.inventory();
    let vpc = world.id("net.vpc.main");
    for (key, value) in [("Project", "blog"), ("Environment", "live")] {
        let tag = [
            ("ResourceId.1", vpc.as_str()),
            ("Tag.1.Key", key),
            ("Tag.1.Value", value),
        ];
        world.ec2("CreateTags", &tag);
    }
    for command in ["plan", "apply -y", "destroy -y"] {
        let refused = world.rd("rd-net").args(command).code(6);
        let text = format!(
            "{vpc} is in the state of the stack shop/test, but its tags say that it belongs to the stack blog/live"
        );
        assert!(refused.stderr.contains(&text), "{}", refused.stderr);
    }
    assert_eq!(world.inventory(), before);
    let found = world.rd("rd-net").args("doctor").code(1);
    assert!(found.stderr.contains("blog/live"), "{}", found.stderr);
    world.rd("rd-net").args("doctor --fix").code(1);
    assert_eq!(world.id("net.vpc.main"), vpc, "it is not forgotten");
}

#[test]
fn a_state_in_the_old_layout_is_found_and_moved() {
    let world = World::new(SMALL);
    world.rd("rd-net").args("apply -y").ok();
    let new = world.path().join(".rd/shop/test");
    let old = world.path().join(".rd/shop-test");
    fs::rename(&new, &old).unwrap();
    let mut state: Value =
        serde_json::from_slice(&fs::read(old.join("net.json")).unwrap()).unwrap();
    for key in ["project", "environment"] {
        assert!(state.as_object_mut().unwrap().remove(key).is_some());
    }
    fs::write(old.join("net.json"), state.to_string()).unwrap();
    world.rd("rd-net").args("plan --exit-code").ok();
    assert!(old.join("net.json").exists(), "a plan writes nothing");
    world.rd("rd-net").args("apply -y --set tags.Owner=me").ok();
    assert!(!old.exists());
    let state: Value = serde_json::from_slice(&fs::read(new.join("net.json")).unwrap()).unwrap();
    assert_eq!(
        json!([state["project"], state["environment"], state["stack"]]),
        json!(["shop", "test", "shop-test"])
    );
    world.rd("rd-net").args("destroy -y").ok();
    assert_eq!(world.inventory(), [""; 0]);
}

#[test]
fn what_has_the_name_but_no_tags_is_imported_only_by_import() {
    let world =
        World::new(&SMALL.replace("nat = \"none\"\n", "nat = \"none\"\nflow_logs = true\n"));
    let group = json!({"logGroupName": "/vpc/shop-test"});
    world.json("Logs_20140328.CreateLogGroup", &group);
    let refused = world.rd("rd-net").args("plan").code(6);
    for text in [
        "/vpc/shop-test already exists and does not belong to this stack: it has no tags",
        "rd-state import net.log_group.flow-logs /vpc/shop-test",
    ] {
        assert!(refused.stderr.contains(text), "{text}: {}", refused.stderr);
    }
    world.rd("rd-net").args("apply -y").code(6);
    assert_eq!(world.inventory(), [""; 0]);
    let import = world
        .rd("rd-net")
        .args("import net.log_group.flow-logs /vpc/shop-test");
    import.ok();
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-net").args("plan --exit-code").ok();
}

#[test]
fn what_has_no_tags_at_all_is_taken_only_where_it_is_equal() {
    const ROUTE: &str = "net.route.public-internet";
    let world = World::new(SMALL);
    world.rd("rd-net").args("apply -y").ok();
    let list = world.rd("rd-state").args("list net").ok().stdout;
    assert!(list.contains(ROUTE), "{list}");
    let id = world.id(ROUTE);
    world.rd("rd-state").args("rm").arg(ROUTE).ok();
    let plan = world.rd("rd-net").args("plan").ok();
    assert_eq!(plan.actions(), [format!("adopt {ROUTE}")]);

    let other = world.ec2("CreateInternetGateway", &[]);
    let other = other.tag("internetGatewayId").unwrap();
    let table = id.split_once('_').unwrap().0;
    let replace = [
        ("RouteTableId", table),
        ("DestinationCidrBlock", "0.0.0.0/0"),
        ("GatewayId", other),
    ];
    world.ec2("ReplaceRoute", &replace);
    let refused = world.rd("rd-net").args("plan").code(6);
    for text in [
        "already exists, is in no state, and differs from the settings",
        &format!("rd-state import {ROUTE} {id}"),
    ] {
        assert!(refused.stderr.contains(text), "{text}: {}", refused.stderr);
    }
    world.rd("rd-net").args("import").arg(ROUTE).arg(&id).ok();
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-net").args("plan --exit-code").ok();
}
