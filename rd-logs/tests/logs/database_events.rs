//! What RDS itself reports about the database: subscribed for the topic, changed, switched to another instance, turned off.

use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::network::SETTINGS;
use rd_testkit::{RDS, SNS, World};
use serde_json::{Value, json};

const EVENTS: &str = "logs.event_subscription.database";
const NAME: (&str, &str) = ("SubscriptionName", "shop-test-events");

/// A stack whose database exists, with events.
fn applied() -> World {
    let world = World::new("");
    world.db_instance("shop-test-postgres");
    world.watched_slice("data");
    world.settings(&format!("{SETTINGS}[logs]\ndatabase_events = true\n"));
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert!(
        apply.actions().contains(&format!("create {EVENTS}")),
        "{:?}",
        apply.actions()
    );
    world
}

fn described(world: &World) -> String {
    world.query(RDS, "DescribeEventSubscriptions", &[NAME]).body
}

fn no_changes(world: &World) {
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
}

const DRIFTS: [Drift; 4] = [
    Drift {
        address: EVENTS,
        path: "categories",
        change: |world| {
            let change = [NAME, ("EventCategories.EventCategory.1", "backup")];
            world.query(RDS, "ModifyEventSubscription", &change);
        },
    },
    Drift {
        address: EVENTS,
        path: "enabled",
        change: |world| {
            let change = [NAME, ("Enabled", "false")];
            world.query(RDS, "ModifyEventSubscription", &change);
        },
    },
    Drift {
        address: EVENTS,
        path: "sources",
        change: |world| {
            let change = [NAME, ("SourceIdentifier", "shop-test-postgres")];
            world.query(RDS, "RemoveSourceIdentifierFromSubscription", &change);
        },
    },
    Drift {
        address: EVENTS,
        path: "tags.Project",
        change: |world| {
            let arn = format!(
                "arn:aws:rds:us-east-1:{}:es:shop-test-events",
                world.account
            );
            let change = [
                ("ResourceName", arn.as_str()),
                ("Tags.Tag.1.Key", "Project"),
                ("Tags.Tag.1.Value", "somebody's"),
            ];
            world.query(RDS, "AddTagsToResource", &change);
        },
    },
];

#[test]
fn what_rds_reports_is_subscribed_to_and_each_change_reverted() {
    let world = applied();
    no_changes(&world);
    let status = world.rd("rd-logs").args("status").ok().of_type("status");
    let events = status.iter().find(|one| one["address"] == EVENTS).unwrap();
    assert_eq!(events["health"], "ready");
    let body = described(&world);
    for text in [
        "failover",
        "failure",
        "low storage",
        "maintenance",
        "shop-test-postgres",
    ] {
        assert!(body.contains(text), "no {text} in {body}");
    }
    each_is_put_back(&world, "rd-logs", &DRIFTS);
}

#[test]
fn the_subscription_follows_to_another_instance_and_can_be_turned_off() {
    let world = applied();
    world.db_instance("shop-test-postgres-r1234abcd");
    world.give(
        "data",
        &json!({"instance_id": "shop-test-postgres-r1234abcd"}),
    );
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert!(
        apply.actions().contains(&format!("update {EVENTS}")),
        "{:?}",
        apply.actions()
    );
    let sources = described(&world);
    assert!(
        sources.contains("<SourceId>shop-test-postgres-r1234abcd</SourceId>")
            && !sources.contains("<SourceId>shop-test-postgres</SourceId>"),
        "{sources}"
    );
    no_changes(&world);

    // A lost state is rebuilt.
    std::fs::remove_file(world.state_file("shop/test", "logs")).unwrap();
    world.rd("rd-logs").args("rebuild").ok();
    no_changes(&world);

    let policy = |world: &World| -> Value {
        let topic = world.id("logs.topic.alarms");
        let attributes = world.query(SNS, "GetTopicAttributes", &[("TopicArn", topic.as_str())]);
        json!(attributes.body.contains("events.rds.amazonaws.com"))
    };
    assert_eq!(policy(&world), true);
    world.settings(SETTINGS);
    let apply = world.rd("rd-logs").args("apply -y").ok();
    let mut actions = apply.actions();
    actions.sort();
    let expected = [
        format!("delete {EVENTS}"),
        "update logs.topic.alarms".to_owned(),
    ];
    assert_eq!(actions, expected);
    assert_eq!(policy(&world), false);
    no_changes(&world);
    world.rd("rd-logs").args("destroy -y").ok();
}
