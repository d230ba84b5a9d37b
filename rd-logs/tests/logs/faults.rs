//! Faults at every change that a command makes to topic, subscription, alarms and dashboard: nothing is lost, created
//! twice, or left behind.

use rd_testkit::faults::Scenario;
use rd_testkit::network::SETTINGS;
use rd_testkit::{CLOUDWATCH, RDS, SNS, World};

const FEW: usize = 3;

/// Settings and outputs with a resource of each kind, but few enough for many runs.
fn prepared(world: &World) {
    world.watched_slice("data");
    world.settings(&format!(
        "{SETTINGS}[logs]\nalert_email = \"{}\"\n",
        world.address()
    ));
}

fn applied(world: &World) {
    prepared(world);
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

fn complete(world: &World) {
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop/test", "logs")).unwrap_or_default();
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
    prepare: prepared,
    command: |world| world.rd("rd-logs").args("apply -y"),
    check: |world| {
        assert_eq!(counts(world), [1, 1, 3, 1]);
        complete(world);
    },
};

/// Changes settings and tags of every kind.
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
        complete(world);
    },
};

/// Another email address, and other resources to watch.
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
        // The old subscription was never confirmed: AWS deletes it with the topic.
        assert_eq!(counts(world), [1, 2, 4, 1]);
        complete(world);
    },
};

const DESTROY: Scenario = Scenario {
    settings: SETTINGS,
    prepare: applied,
    command: |world| world.rd("rd-logs").args("destroy -y"),
    check: nothing,
};

/// The events of the database are turned on.
const EVENTS: Scenario = Scenario {
    settings: SETTINGS,
    prepare: |world| {
        world.db_instance("shop-test-postgres");
        applied(world);
        world.settings(&format!("{SETTINGS}[logs]\ndatabase_events = true\n"));
    },
    command: |world| world.rd("rd-logs").args("apply -y"),
    check: |world| {
        let all = world.query(RDS, "DescribeEventSubscriptions", &[]).body;
        assert_eq!(all.matches("<CustSubscriptionId>").count(), 1, "{all}");
        complete(world);
        let all = world.query(RDS, "DescribeEventSubscriptions", &[]).body;
        assert_eq!(all.matches("<CustSubscriptionId>").count(), 0, "{all}");
    },
};

rd_testkit::fault_walks! {
    FEW,
    apply: APPLY,
    update: UPDATE,
    replace: REPLACE,
    events: EVENTS,
    destroy: DESTROY,
}
