//! The database, with a fault at every change that a command makes: nothing is lost, created twice, or left behind.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::Scenario;
use rd_testkit::network::SETTINGS;
use rd_testkit::{RDS, World};
use serde_json::json;

const FEW: usize = 3;

fn applied(world: &World) {
    world.network();
    world.rd("rd-data").args("apply -y").ok();
}

/// Every resource is up to date and exists once, and a destroy deletes all of them.
fn is_complete(world: &World) {
    assert_eq!(world.rd("rd-data").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop/test", "data")).unwrap();
    assert!(
        !state.contains("creating") && !state.contains("deposed"),
        "{state}"
    );
    let instances = world.query(RDS, "DescribeDBInstances", &[]);
    assert_eq!(instances.body.matches("<DBInstanceIdentifier>").count(), 1);
    world.rd("rd-data").args("destroy -y").ok();
    nothing_is_left(world);
}

fn nothing_is_left(world: &World) {
    let instances = world.query(RDS, "DescribeDBInstances", &[]);
    assert!(!instances.body.contains("shop-test"), "{}", instances.body);
    for list in ["DescribeDBSubnetGroups", "DescribeDBParameterGroups"] {
        let left = world.query(RDS, list, &[]);
        assert!(!left.body.contains("shop-test"), "{}", left.body);
    }
    let secrets = world.json("secretsmanager.ListSecrets", &json!({}));
    assert_eq!(secrets["SecretList"], json!([]));
    assert!(
        world
            .rd("rd-state")
            .args("list data")
            .ok()
            .stdout
            .is_empty()
    );
}

const APPLY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: World::network,
    command: |world| world.rd("rd-data").args("apply -y"),
    check: is_complete,
};

const UPDATE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!(
            "{SETTINGS}[tags]\nOwner = \"platform\"\n[data]\ninstance_class = \"db.t4g.large\"\nmulti_az = true\n\
             [data.parameters]\nwork_mem = 16384\n"
        ));
    },
    command: |world| world.rd("rd-data").args("apply -y"),
    check: is_complete,
};

/// Another major version replaces the parameter group.
const REPLACE: Scenario = Scenario {
    settings: "project = \"shop\"\nenvironment = \"test\"\n[data]\nengine_version = \"16\"\n",
    prepare: |world| {
        applied(world);
        world.settings(&format!(
            "{SETTINGS}[data]\nengine_version = \"17\"\nallow_major_upgrade = true\n"
        ));
    },
    command: |world| world.rd("rd-data").args("apply -y"),
    check: is_complete,
};

const DESTROY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: applied,
    command: |world| world.rd("rd-data").args("destroy -y"),
    check: nothing_is_left,
};

rd_testkit::fault_walks! {
    FEW,
    apply: APPLY,
    update: UPDATE,
    replace: REPLACE,
    destroy: DESTROY,
}
