//! The cache, with a fault at every change that a command makes: nothing is lost, created twice, or left behind.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::Scenario;
use rd_testkit::network::SETTINGS;
use rd_testkit::{ELASTICACHE, SNS, World};
use serde_json::json;

const FEW: usize = 3;

fn applied(world: &World) {
    world.network();
    world.rd("rd-cache").args("apply -y").ok();
}

/// Every resource is up to date and exists once, and a destroy deletes all of them.
fn is_complete(world: &World) {
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop/test", "cache")).unwrap();
    assert!(
        !state.contains("creating") && !state.contains("deposed"),
        "{state}"
    );
    let groups = world.query(ELASTICACHE, "DescribeReplicationGroups", &[]);
    assert_eq!(groups.body.matches("<ReplicationGroup>").count(), 1);
    world.rd("rd-cache").args("destroy -y").ok();
    nothing_is_left(world);
}

fn nothing_is_left(world: &World) {
    let lists = [
        "DescribeReplicationGroups",
        "DescribeCacheClusters",
        "DescribeCacheSubnetGroups",
        "DescribeCacheParameterGroups",
    ];
    for list in lists {
        let left = world.query(ELASTICACHE, list, &[]);
        assert!(!left.body.contains("shop-test"), "{}", left.body);
    }
    let topics = world.query(SNS, "ListTopics", &[]).body;
    assert!(!topics.contains("shop-test"), "{topics}");
    let secrets = world.json("secretsmanager.ListSecrets", &json!({}));
    assert_eq!(secrets["SecretList"], json!([]));
    assert!(
        world
            .rd("rd-state")
            .args("list cache")
            .ok()
            .stdout
            .is_empty()
    );
}

const APPLY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: World::network,
    command: |world| world.rd("rd-cache").args("apply -y"),
    check: is_complete,
};

const UPDATE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!(
            "{SETTINGS}[tags]\nOwner = \"platform\"\n[cache]\nevents = true\nnodes = 2\nnode_type = \"cache.t4g.small\"\n\
             [cache.parameters]\ntimeout = 300\n"
        ));
    },
    command: |world| world.rd("rd-cache").args("apply -y"),
    check: is_complete,
};

/// From Valkey back to Redis: a new group replaces the old one under the same name.
const REPLACE: Scenario = Scenario {
    settings: "project = \"shop\"\nenvironment = \"test\"\n[cache]\nengine = \"valkey\"\n",
    prepare: |world| {
        applied(world);
        world.settings(SETTINGS);
    },
    command: |world| world.rd("rd-cache").args("apply -y"),
    check: is_complete,
};

const DESTROY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: applied,
    command: |world| world.rd("rd-cache").args("destroy -y"),
    check: nothing_is_left,
};

rd_testkit::fault_walks! {
    FEW,
    apply: APPLY,
    update: UPDATE,
    replace: REPLACE,
    destroy: DESTROY,
}
