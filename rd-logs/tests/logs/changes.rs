//! Changes of the settings: updates in place, and the replacement of a subscription.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::Proxy;
use rd_testkit::network::SETTINGS;
use rd_testkit::{CLOUDWATCH, SNS, World, endpoint};
use serde_json::{Value, json};

const TOPIC: &str = "logs.topic.alarms";

fn applied(keys: &str) -> (World, Proxy) {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    world.watched();
    set(&world, keys);
    world.rd("rd-logs").args("apply -y").ok();
    proxy.rules(Vec::new(), None);
    (world, proxy)
}

fn set(world: &World, keys: &str) {
    world.settings(&format!("{SETTINGS}[logs]\n{keys}\n"));
}

fn settled(world: &World) {
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    let state = std::fs::read_to_string(world.state_file("shop/test", "logs")).unwrap();
    assert!(!state.contains("deposed"), "{state}");
}

/// The fields of a change: path, before, after, cause.
fn fields(records: &[Value], address: &str) -> Vec<(String, Value, Value, String)> {
    let record = records
        .iter()
        .find(|one| one["address"] == address)
        .unwrap();
    let fields = record["fields"].as_array().unwrap().iter();
    fields
        .map(|field| {
            let text = |name: &str| field[name].as_str().unwrap().to_owned();
            (
                text("path"),
                field["before"].clone(),
                field["after"].clone(),
                text("cause"),
            )
        })
        .collect()
}

#[test]
fn each_threshold_is_changed_in_place() {
    let (world, proxy) = applied("");
    // Key, value, its alarms, and their thresholds before and after.
    let table: [(&str, &str, &[&str], f64, f64); 12] = [
        ("alb_5xx", "5", &["alb-5xx"], 10.0, 5.0),
        ("target_5xx", "50", &["target-5xx"], 10.0, 50.0),
        ("latency_p95_seconds", "0.25", &["latency"], 1.0, 0.25),
        ("unhealthy_hosts", "1", &["unhealthy-hosts"], 0.0, 1.0),
        ("ecs_cpu_percent", "75.5", &["ecs-cpu"], 90.0, 75.5),
        ("ecs_memory_percent", "70", &["ecs-memory"], 90.0, 70.0),
        ("running_tasks", "3", &["running-tasks"], 2.0, 3.0),
        ("db_cpu_percent", "50", &["db-cpu"], 90.0, 50.0),
        (
            "db_free_storage_gib",
            "4",
            &["db-storage"],
            2.0 * GIB,
            4.0 * GIB,
        ),
        ("db_connections", "80", &["db-connections"], 300.0, 80.0),
        (
            "redis_memory_percent",
            "60",
            &["redis-1-memory", "redis-2-memory"],
            80.0,
            60.0,
        ),
        (
            "nat_port_errors",
            "9",
            &["nat-a-port-errors", "nat-b-port-errors"],
            0.0,
            9.0,
        ),
    ];
    for (key, value, alarms, before, after) in table {
        set(&world, &format!("{key} = {value}"));
        let plan = world.rd("rd-logs").args("plan").ok();
        let records = plan.of_type("change");
        let mut expected: Vec<String> = alarms
            .iter()
            .map(|one| format!("update logs.alarm.{one}"))
            .collect();
        // If a graph shows the threshold, the dashboard changes as well.
        let dashboard = "update logs.dashboard.overview".to_owned();
        if plan.actions().contains(&dashboard) {
            expected.push(dashboard);
        }
        assert_eq!(plan.actions(), expected, "{key}");
        for alarm in alarms {
            assert_eq!(
                fields(&records, &format!("logs.alarm.{alarm}")),
                [(
                    "threshold".to_owned(),
                    json!(before),
                    json!(after),
                    "config".to_owned()
                )],
                "{key}"
            );
        }
        world.rd("rd-logs").args("apply -y").ok();
        settled(&world);
        set(&world, "");
        world.rd("rd-logs").args("apply -y").ok();
    }
    settled(&world);
    let changes: Vec<String> = proxy
        .calls()
        .into_iter()
        .filter(|call| call.mutates)
        .map(|call| call.operation)
        .collect();
    assert!(
        changes
            .iter()
            .all(|one| one == "PutMetricAlarm" || one == "PutDashboard"),
        "{changes:?}"
    );
}

/// One GiB in bytes.
const GIB: f64 = 1_073_741_824.0;

#[test]
fn a_change_keeps_the_state_of_an_alarm() {
    let (world, _) = applied("");
    let went_off = [
        ("AlarmName", "shop-test-db-cpu"),
        ("StateValue", "ALARM"),
        ("StateReason", "hot"),
    ];
    world.query(CLOUDWATCH, "SetAlarmState", &went_off);
    set(&world, "db_cpu_percent = 95");
    world.rd("rd-logs").args("apply -y").ok();
    let ask = [("AlarmNames.member.1", "shop-test-db-cpu")];
    let alarm = world.query(CLOUDWATCH, "DescribeAlarms", &ask);
    assert_eq!(alarm.tag("StateValue"), Some("ALARM"));
    assert_eq!(alarm.tag("Threshold"), Some("95.0"));
}

#[test]
fn the_key_of_the_topic_is_set_and_removed() {
    let (world, _) = applied("");
    let key = |world: &World| {
        let arn = world.id(TOPIC);
        world
            .query(SNS, "GetTopicAttributes", &[("TopicArn", arn.as_str())])
            .body
    };
    for keys in ["kms_key = \"alias/shop\"", ""] {
        set(&world, keys);
        let plan = world.rd("rd-logs").args("plan").ok();
        assert_eq!(plan.actions(), [format!("update {TOPIC}")]);
        world.rd("rd-logs").args("apply -y").ok();
        settled(&world);
        assert_eq!(key(&world).contains("alias/shop"), !keys.is_empty());
    }
    // It is set in the call that creates the topic.
    world.rd("rd-logs").args("destroy -y").ok();
    set(&world, "kms_key = \"alias/shop\"");
    world.rd("rd-logs").args("apply -y").ok();
    assert!(key(&world).contains("alias/shop"));
}

#[test]
fn tags_are_set_and_removed_without_a_create() {
    let (world, proxy) = applied("");
    let tags = |name: &str| {
        let arn = format!(
            "arn:aws:cloudwatch:us-east-1:{}:alarm:{name}",
            world.account
        );
        world
            .query(
                CLOUDWATCH,
                "ListTagsForResource",
                &[("ResourceARN", arn.as_str())],
            )
            .body
    };
    world.settings(&format!(
        "{SETTINGS}[tags]\nOwner = \"platform\"\nTeam = \"a\"\n"
    ));
    let plan = world.rd("rd-logs").args("plan").ok();
    // 16 alarms, the dashboard, the topic.
    assert_eq!(plan.actions().len(), 18);
    assert!(plan.actions().iter().all(|one| one.starts_with("update ")));
    let change = fields(&plan.of_type("change"), "logs.alarm.db-cpu");
    assert_eq!(
        change,
        [
            (
                "tags.Owner".to_owned(),
                Value::Null,
                json!("platform"),
                "config".to_owned()
            ),
            (
                "tags.Team".to_owned(),
                Value::Null,
                json!("a"),
                "config".to_owned()
            ),
        ]
    );
    world.rd("rd-logs").args("apply -y").ok();
    settled(&world);
    assert!(tags("shop-test-db-cpu").contains("platform"));

    world.settings(&format!("{SETTINGS}[tags]\nTeam = \"b\"\n"));
    let plan = world.rd("rd-logs").args("plan").ok();
    let change = fields(&plan.of_type("change"), "logs.alarm.db-cpu");
    let change: Vec<(&str, &Value)> = change.iter().map(|one| (one.0.as_str(), &one.2)).collect();
    assert_eq!(
        change,
        [("tags.Team", &json!("b")), ("tags.Owner", &Value::Null)]
    );
    world.rd("rd-logs").args("apply -y").ok();
    settled(&world);
    let left = tags("shop-test-db-cpu");
    assert!(
        !left.contains("platform") && left.contains("<Value>b</Value>"),
        "{left}"
    );
    let done: Vec<String> = proxy
        .calls()
        .into_iter()
        .map(|call| call.operation)
        .collect();
    assert!(
        !done
            .iter()
            .any(|one| one.starts_with("Put") || one.starts_with("Create")),
        "{done:?}"
    );
}

#[test]
fn a_new_address_is_subscribed_before_the_old_one_is_deleted() {
    let (world, _) = applied("");
    let (first, second) = (world.address(), format!("b{}", world.address()));
    let subscriptions = |world: &World| -> Vec<(String, String)> {
        let listed = world.rd("rd-logs").args("subscriptions").ok().records();
        let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
        listed
            .iter()
            .map(|one| (text(one, "endpoint"), text(one, "status")))
            .collect()
    };
    set(&world, &format!("alert_email = \"{first}\""));
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(apply.actions(), ["create logs.subscription.email"]);
    let waits = |one: &Value| {
        one["waits"]
            .as_str()
            .is_some_and(|text| text.contains(&first))
    };
    assert!(apply.of_type("applied").iter().any(waits));
    let confirm = |to: &str| {
        let token = world.mail(to)[0]["token"].as_str().unwrap().to_owned();
        world
            .rd("rd-logs")
            .args("subscriptions confirm")
            .arg(&token)
            .ok();
    };
    confirm(&first);

    set(&world, &format!("alert_email = \"{second}\""));
    let plan = world.rd("rd-logs").args("plan").ok();
    assert_eq!(plan.actions(), ["replace logs.subscription.email"]);
    world.rd("rd-logs").args("apply -y").ok();
    settled(&world);
    assert_eq!(
        subscriptions(&world),
        [(second.clone(), "pending".to_owned())]
    );

    // A subscription that was never confirmed cannot be deleted: it is left, with a warning.
    set(&world, &format!("alert_email = \"{first}\""));
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert!(
        apply
            .stderr
            .contains(&format!("{second} was never confirmed")),
        "{}",
        apply.stderr
    );
    settled(&world);
    let mut both = subscriptions(&world);
    both.sort();
    assert_eq!(
        both,
        [
            (second, "pending".to_owned()),
            (first.clone(), "pending".to_owned())
        ]
    );

    // No address any more.
    world
        .rd("rd-logs")
        .args("subscriptions confirm")
        .arg(
            world.mail(&first).last().unwrap()["token"]
                .as_str()
                .unwrap(),
        )
        .ok();
    set(&world, "");
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(apply.actions(), ["delete logs.subscription.email"]);
    settled(&world);
}

#[test]
fn alarms_follow_to_another_load_balancer() {
    let (world, _) = applied("");
    let other = json!({
        "alb_arn_suffix": "app/other/1",
        "target_group_arn_suffix": "targetgroup/other/1",
    });
    world.give("edge", &other);
    let plan = world.rd("rd-logs").args("plan").ok();
    let dimensions = fields(&plan.of_type("change"), "logs.alarm.alb-5xx");
    assert_eq!(dimensions[0].0, "dimensions");
    assert_eq!(dimensions[0].2, json!({"LoadBalancer": "app/other/1"}));
    assert_eq!(dimensions[0].3, "config");
    world.rd("rd-logs").args("apply -y").ok();
    settled(&world);
}

#[test]
fn edition_2_judges_latency_by_a_least_number_of_requests_and_no_first_day() {
    let (world, _proxy) = applied("");
    // Nothing changes under a stack of the first edition.
    settled(&world);
    world.settings(&format!(
        "edition = 2\n{SETTINGS}[logs]\ndatabase_events = false\n"
    ));
    let plan = world.rd("rd-logs").args("plan").ok();
    let changed: Vec<String> = plan.actions();
    let alarms = [
        "update logs.alarm.latency",
        "update logs.alarm.running-tasks",
    ];
    for alarm in alarms {
        assert!(changed.contains(&alarm.to_owned()), "{changed:?}");
    }
    assert!(
        changed.iter().all(|one| one.starts_with("update ")),
        "{changed:?}"
    );
    let fields = fields(&plan.records(), "logs.alarm.latency");
    let of = |path: &str| fields.iter().find(|one| one.0 == path).unwrap().2.clone();
    assert_eq!(of("least_samples"), json!(20));
    assert_eq!(of("period_seconds"), json!(300));
    world.rd("rd-logs").args("apply -y").ok();
    settled(&world);
    // A new alarm that has no data yet notifies nobody; one that had some does.
    let name = [("AlarmNames.member.1", "shop-test-running-tasks")];
    let tasks = world.query(CLOUDWATCH, "DescribeAlarms", &name).body;
    assert!(
        tasks.contains("<TreatMissingData>missing</TreatMissingData>")
            && tasks.contains("<InsufficientDataActions><member>arn:"),
        "{tasks}"
    );
    let name = [("AlarmNames.member.1", "shop-test-latency")];
    let latency = world.query(CLOUDWATCH, "DescribeAlarms", &name).body;
    assert!(
        latency.contains("IF(samples &gt;= 20, value, 0)")
            && !latency.contains("EvaluateLowSampleCountPercentile"),
        "{latency}"
    );
}
