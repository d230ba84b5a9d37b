//! What ElastiCache itself reports: published to a topic of the slice, switched off, and left as it is where it is not set.

use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::network::SETTINGS;
use rd_testkit::{ELASTICACHE, SNS, World};

const GROUP: &str = "cache.replication_group.redis";
const TOPIC: &str = "cache.topic.events";

fn with(keys: &str) -> String {
    format!("{SETTINGS}[cache]\napply_immediately = false\n{keys}\n")
}

fn applied(keys: &str) -> World {
    let world = World::new(&with(keys));
    world.network();
    world.rd("rd-cache").args("apply -y").ok();
    world
}

/// Topic and status, as the nodes have them.
fn published(world: &World) -> (Option<String>, Option<String>) {
    let nodes = world.query(ELASTICACHE, "DescribeCacheClusters", &[]);
    let tag = |name: &str| nodes.tag(name).map(str::to_owned);
    (tag("TopicArn"), tag("TopicStatus"))
}

fn modify(world: &World, parameters: &[(&str, &str)]) {
    let id = world.id(GROUP);
    let mut all = vec![("ReplicationGroupId", id.as_str())];
    all.extend(parameters);
    world.query(ELASTICACHE, "ModifyReplicationGroup", &all);
}

fn no_changes(world: &World) {
    assert_eq!(world.rd("rd-cache").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn events_are_published_to_a_topic_of_the_slice() {
    let world = applied("events = true");
    let topic = world.id(TOPIC);
    let active = (Some(topic.clone()), Some("active".to_owned()));
    assert_eq!(published(&world), active);
    assert_eq!(world.output("cache", "events_topic_arn"), topic);
    no_changes(&world);
    let drifts = [
        Drift {
            address: GROUP,
            path: "events_topic",
            change: |world| modify(world, &[("NotificationTopicStatus", "inactive")]),
        },
        Drift {
            address: TOPIC,
            path: "kms_key",
            change: |world| {
                let arn = world.id(TOPIC);
                let change = [
                    ("TopicArn", arn.as_str()),
                    ("AttributeName", "KmsMasterKeyId"),
                    ("AttributeValue", "alias/theirs"),
                ];
                world.query(SNS, "SetTopicAttributes", &change);
            },
        },
    ];
    each_is_put_back(&world, "rd-cache", &drifts);

    // A lost state is rebuilt.
    std::fs::remove_file(world.state_file("shop/test", "cache")).unwrap();
    world.rd("rd-cache").args("rebuild").ok();
    no_changes(&world);

    // Whatever waits for the window, this is changed at once.
    world.settings(&with("events = false"));
    let apply = world.rd("rd-cache").args("apply -y").ok();
    let mut actions = apply.actions();
    actions.sort();
    assert_eq!(
        actions,
        [format!("delete {TOPIC}"), format!("update {GROUP}")]
    );
    assert_eq!(published(&world).1.as_deref(), Some("inactive"));
    no_changes(&world);
    world.rd("rd-cache").args("destroy -y").ok();
}

#[test]
fn unset_it_stays_as_somebody_has_chosen_it() {
    let world = applied("");
    assert_eq!(published(&world), (None, None));
    let made = world.query(SNS, "CreateTopic", &[("Name", "theirs")]);
    let theirs = made.tag("TopicArn").unwrap().to_owned();
    modify(&world, &[("NotificationTopicArn", theirs.as_str())]);
    no_changes(&world);
    // From edition 2 on, it is the slice's own.
    world.settings(&with("events = true"));
    world.rd("rd-cache").args("apply -y").ok();
    assert_eq!(published(&world).0, Some(world.id(TOPIC)));
    no_changes(&world);
    world.rd("rd-cache").args("destroy -y").ok();
    let topics = world.query(SNS, "ListTopics", &[]).body;
    assert!(
        !topics.contains("shop-test") && topics.contains("theirs"),
        "{topics}"
    );
}
