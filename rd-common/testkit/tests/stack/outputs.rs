//! The list of outputs in `rd_common::outputs` is what the programs set.

use rd_common::outputs::ALL;
use rd_testkit::World;
use std::collections::{BTreeMap, BTreeSet};

/// Settings with which every slice sets every output that it has.
const SETTINGS: &str = r#"
project = "shop"
region = "us-east-1"
domain = "example.com"

[net]
nat = "per-az"

[cache]
nodes = 2
"#;

#[test]
fn every_output_is_listed_and_every_listed_output_is_set() {
    let world = World::new("");
    world.settings(SETTINGS);
    let programs = ALL.map(|outputs| format!("rd-{} plan --offline", outputs.slice));
    let plan = world.rd("rd-logs").shell(&programs.join(" | ")).ok();
    let mut set: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in plan.of_type("output") {
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        set.entry(text("slice")).or_default().insert(text("name"));
    }
    assert_eq!(set.len(), ALL.len(), "{set:?}");
    for outputs in ALL {
        let set = &set[outputs.slice];
        for name in set {
            assert!(
                outputs.contains(name),
                "{}.{name} is not listed",
                outputs.slice
            );
        }
        for name in outputs.names {
            assert!(set.contains(*name), "{}.{name} is not set", outputs.slice);
        }
        for pattern in outputs.patterns {
            let (before, after) = pattern.split_once("{}").unwrap();
            let members = set
                .iter()
                .filter(|name| name.starts_with(before) && name.ends_with(after));
            let count = members.count();
            assert!(
                count >= 2,
                "{}.{pattern} is set {count} times",
                outputs.slice
            );
        }
    }
}
