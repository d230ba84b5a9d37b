//! Topic, subscription, alarms and dashboard, with a fault at every change that a command makes: nothing is lost,
//! nothing doubled, nothing left.

use rd_testkit::faults::Scenario;
use rd_testkit::network::SETTINGS;
use rd_testkit::{CLOUDWATCH, SNS, World};

const FEW: usize = 3;

/// What is watched: enough for each kind, few enough for many runs.
fn watched(world: &World) {
    world.watched_slice("data");
    world.settings(&format!(
        "{SETTINGS}[logs]\nalert_email = \"{}\"\n",
        world.address()
    ));
}

fn applied(world: &World) {
    watched(world);
    world.rd("rd-logs").args("apply -y").ok();
}

fn counts(world: &World) -> [usize; 4] {
    let all = |api, action: &str, tag: &str, parameters: &[(&str, &str)]| {
        let body = world.query(api, action, parameters).body;
        body.matches(&format!("<{tag}>")).count()
    };
    [
        all(SNS, "ListTopics", "TopicArn", &[]),
        all(SNS, "ListSubscriptions", "Endpoint", &[]),
        all(CLOUDWATCH, "DescribeAlarms", "AlarmName", &[]),
        all(CLOUDWATCH, "ListDashboards", "DashboardName", &[]),
    ]
}

fn whole(world: &World) {
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop-test", "logs")).unwrap_or_default();
    assert!(
        !state.contains("creating") && !state.contains("deposed"),
        "{state}"
    );
    world.rd("rd-logs").args("destroy -y").ok();
    nothing(world);
}

fn nothing(world: &World) {
    assert_eq!(counts(world), [0; 4]);
    assert_eq!(world.rd("rd-state").args("list logs").ok().stdout, "");
}

const APPLY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: watched,
    command: |world| world.rd("rd-logs").args("apply -y"),
    check: |world| {
        assert_eq!(counts(world), [1, 1, 3, 1]);
        whole(world);
    },
};

/// Every kind is changed: settings and tags.
const UPDATE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.settings(&format!(
            "{SETTINGS}[tags]\nOwner = \"platform\"\n[logs]\nalert_email = \"{}\"\nkms_key = \"alias/shop\"\n\
             db_cpu_percent = 50\ndb_connections = 10\n",
            world.address()
        ));
    },
    command: |world| world.rd("rd-logs").args("apply -y"),
    check: |world| {
        let arn = format!(
            "arn:aws:cloudwatch:us-east-1:{}:alarm:shop-test-db-storage",
            world.account
        );
        let tags = world.query(
            CLOUDWATCH,
            "ListTagsForResource",
            &[("ResourceARN", arn.as_str())],
        );
        assert!(tags.body.contains("platform"), "{}", tags.body);
        whole(world);
    },
};

/// Another address, and what is no more is watched no more.
const REPLACE: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        applied(world);
        world.unwatched("data");
        world.watched_slice("edge");
        world.settings(&format!(
            "{SETTINGS}[logs]\nalert_email = \"b{}\"\n",
            world.address()
        ));
    },
    command: |world| world.rd("rd-logs").args("apply -y"),
    check: |world| {
        // The old subscription was never confirmed: it goes with the topic.
        assert_eq!(counts(world), [1, 2, 4, 1]);
        whole(world);
    },
};

const DESTROY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: applied,
    command: |world| world.rd("rd-logs").args("destroy -y"),
    check: nothing,
};

rd_testkit::fault_walks!([APPLY, UPDATE, REPLACE, DESTROY], FEW);
