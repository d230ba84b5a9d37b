//! A plan has the whole spec of each resource, so that a filter downstream need read nothing else.

use rd_testkit::World;
use serde_json::{Value, json};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n";

#[test]
fn every_change_of_a_plan_has_its_whole_spec() {
    let world = World::new(SETTINGS);
    let plan = world.rd("rd-net").args("plan").ok();
    let view = |plan: &str| {
        let view = world.rd("rd-state").args("view").stdin(plan).ok();
        view.stdout
    };
    for change in plan.of_type("change") {
        let spec = change["spec"].as_object().unwrap();
        let fields = change["fields"].as_array().unwrap();
        let set = spec.values().filter(|value| !value.is_null()).count();
        assert_eq!(fields.len(), set, "{change}");
        for field in fields {
            assert_eq!(field["after"], spec[field["path"].as_str().unwrap()]);
        }
    }
    let spec_of = |records: Vec<Value>, address: &str| {
        let change = records.into_iter().find(|one| one["address"] == address);
        change.unwrap()["spec"].clone()
    };
    let gateway = spec_of(plan.of_type("change"), "net.nat_gateway.a");
    assert_eq!(
        gateway["subnet_id"],
        json!({"$ref": "net.subnet.public-a.id"})
    );

    // Plans of an earlier version are shown and applied alike.
    let without: String = plan
        .records()
        .into_iter()
        .map(|mut record| {
            record.as_object_mut().unwrap().remove("spec");
            format!("{record}\n")
        })
        .collect();
    assert!(!without.contains("\"spec\""));
    assert_eq!(view(&without), view(&plan.stdout));
    world.rd("rd-net").args("apply").stdin(without).ok();

    let same = world.rd("rd-net").args("plan").ok();
    assert_eq!(same.actions(), [""; 0]);
    let gateway = spec_of(same.of_type("change"), "net.nat_gateway.a");
    assert!(
        gateway["subnet_id"]
            .as_str()
            .unwrap()
            .starts_with("subnet-")
    );

    // What is deleted has the spec that was applied last.
    let less = world.rd("rd-net").args("plan --set net.nat=none").ok();
    assert_eq!(
        spec_of(less.of_type("change"), "net.nat_gateway.a"),
        gateway
    );
}
