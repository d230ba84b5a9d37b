//! Topic, subscription, alarms and dashboard from the first apply to destroy, for the resources that exist.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::faults::Proxy;
use rd_testkit::network::SETTINGS;
use rd_testkit::{CLOUDWATCH, Done, Rd, SNS, World, endpoint};
use serde_json::{Value, json};

/// The alarms of a stack with all slices.
const ALARMS: [&str; 16] = [
    "alb-5xx",
    "db-connections",
    "db-cpu",
    "db-storage",
    "ecs-cpu",
    "ecs-memory",
    "latency",
    "nat-a-port-errors",
    "nat-b-port-errors",
    "redis-1-evictions",
    "redis-1-memory",
    "redis-2-evictions",
    "redis-2-memory",
    "running-tasks",
    "target-5xx",
    "unhealthy-hosts",
];

fn settings(world: &World) -> String {
    format!("{SETTINGS}[logs]\nalert_email = \"{}\"\n", world.address())
}

fn warnings(done: &Done) -> Vec<String> {
    let all = done.of_type("diagnostic");
    let text = |one: &Value| one["summary"].as_str().unwrap().to_owned();
    all.iter().map(text).collect()
}

/// The names of the alarms in AWS.
fn alarms(world: &World) -> Vec<String> {
    let answer = world.query(CLOUDWATCH, "DescribeAlarms", &[("MaxRecords", "100")]);
    let names = answer.body.split("<AlarmName>").skip(1);
    let name = |text: &str| text.split('<').next().unwrap_or_default().to_owned();
    names.map(name).collect()
}

fn named(things: &[&str]) -> Vec<String> {
    things
        .iter()
        .map(|one| format!("shop-test-{one}"))
        .collect()
}

fn actions(word: &str, alarms: &[&str], others: &[&str]) -> Vec<String> {
    let alarms = alarms.iter().map(|one| format!("{word} logs.alarm.{one}"));
    let others = others.iter().map(|one| format!("{word} logs.{one}"));
    let mut all: Vec<String> = alarms.chain(others).collect();
    all.sort();
    all
}

/// Checks that neither AWS nor the state has a resource of the stack.
fn nothing(world: &World) {
    assert_eq!(alarms(world), [""; 0]);
    let topics = world.query(SNS, "ListTopics", &[]).body;
    assert!(!topics.contains("shop-test"), "{topics}");
    let dashboards = world.query(CLOUDWATCH, "ListDashboards", &[]).body;
    assert!(!dashboards.contains("shop-test"), "{dashboards}");
    assert_eq!(world.rd("rd-state").args("list logs").ok().stdout, "");
}

#[test]
fn all_resources_are_created_and_destroyed() {
    let proxy = Proxy::start(endpoint());
    let world = World::at("", proxy.url());
    world.settings(&settings(&world));
    world.watched();
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(
        apply.actions(),
        actions(
            "create",
            &ALARMS,
            &["dashboard.overview", "subscription.email", "topic.alarms"]
        )
    );
    assert_eq!(warnings(&apply), [""; 0]);
    let topic = world.id("logs.topic.alarms");
    assert_eq!(apply.output("topic_arn"), topic);
    assert_eq!(apply.output("dashboard_name"), "shop-test-overview");
    assert_eq!(alarms(&world), named(&ALARMS));

    // The calls that create set tags and actions.
    let calls = proxy.calls();
    let done = |name: &str| calls.iter().filter(|call| call.operation == name).count();
    assert_eq!(
        (
            done("PutMetricAlarm"),
            done("TagResource"),
            done("PutDashboard"),
            done("Subscribe")
        ),
        (16, 0, 1, 1)
    );
    let arn = format!(
        "arn:aws:cloudwatch:us-east-1:{}:alarm:shop-test-db-cpu",
        world.account
    );
    let tags = world.query(
        CLOUDWATCH,
        "ListTagsForResource",
        &[("ResourceARN", arn.as_str())],
    );
    assert!(tags.body.contains("logs.alarm.db-cpu"), "{}", tags.body);
    let of_topic = world.query(SNS, "GetTopicAttributes", &[("TopicArn", topic.as_str())]);
    assert!(
        of_topic.body.contains("cloudwatch.amazonaws.com"),
        "{}",
        of_topic.body
    );

    // The next plan has no changes, takes few calls, and shows the subscription as pending.
    proxy.rules(Vec::new(), None);
    let plan = world.rd("rd-logs").args("plan --exit-code").ok();
    assert_eq!(plan.actions(), [""; 0]);
    // One program of a pipe asks for the account, for all of them.
    let calls: Vec<String> = proxy
        .calls()
        .into_iter()
        .map(|call| call.operation)
        .filter(|operation| operation != "GetCallerIdentity")
        .collect();
    assert!(calls.len() <= 6, "{calls:?}");
    let waits: Vec<Value> = plan
        .of_type("change")
        .into_iter()
        .filter(|one| !one["waits"].is_null())
        .collect();
    assert_eq!(waits.len(), 1);
    assert!(
        waits[0]["waits"]
            .as_str()
            .unwrap()
            .contains(&world.address())
    );
    let status = world.rd("rd-logs").args("status").ok().of_type("status");
    let of_alarm = |one: &&Value| one["kind"] == "alarm";
    // Nothing is known of the alarms yet, and nobody has confirmed the subscription.
    let waits = |one: &Value| matches!(one["kind"].as_str(), Some("alarm" | "subscription"));
    for one in &status {
        let health = if waits(one) { "pending" } else { "ready" };
        assert_eq!(one["health"], health, "{one}");
    }
    let states: Vec<&Value> = status
        .iter()
        .filter(of_alarm)
        .map(|one| &one["details"]["state"])
        .collect();
    assert_eq!(states, [&json!("INSUFFICIENT_DATA"); 16]);

    proxy.rules(Vec::new(), None);
    let destroy = world.rd("rd-logs").args("destroy -y").ok();
    // The subscription was never confirmed: AWS deletes it with the topic.
    assert!(
        destroy.stderr.contains("was never confirmed"),
        "{}",
        destroy.stderr
    );
    let calls: Vec<String> = proxy
        .calls()
        .into_iter()
        .map(|call| call.operation)
        .collect();
    let last = |name: &str| calls.iter().rposition(|one| one == name).unwrap();
    assert!(
        last("DeleteAlarms") < last("DeleteTopic") && last("Unsubscribe") < last("DeleteTopic")
    );
    nothing(&world);
}

#[test]
fn an_alarm_is_sent_to_confirmed_subscriptions() {
    let world = World::new("");
    world.settings(&settings(&world));
    world.watched();
    world.rd("rd-logs").args("apply -y").ok();
    let to = world.address();
    let asked = world.mail(&to);
    assert_eq!(asked.len(), 1);
    let link = asked[0]["url"].as_str().unwrap();
    world
        .rd("rd-logs")
        .args("subscriptions confirm")
        .arg(link)
        .ok();
    let plan = world.rd("rd-logs").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0]);
    assert!(
        plan.of_type("change")
            .iter()
            .all(|one| one["waits"].is_null())
    );
    for state in ["ALARM", "OK"] {
        let set = [
            ("AlarmName", "shop-test-db-cpu"),
            ("StateValue", state),
            ("StateReason", "a test"),
        ];
        world.query(CLOUDWATCH, "SetAlarmState", &set);
    }
    let subjects: Vec<String> = world.mail(&to)[1..]
        .iter()
        .map(|mail| mail["subject"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        subjects,
        [
            "ALARM: \"shop-test-db-cpu\" in us-east-1",
            "OK: \"shop-test-db-cpu\" in us-east-1"
        ]
    );
    // The state of an alarm is no drift.
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    let destroy = world.rd("rd-logs").args("destroy -y").ok();
    assert!(
        !destroy.stderr.contains("never confirmed"),
        "{}",
        destroy.stderr
    );
    nothing(&world);
}

#[test]
fn alarms_exist_only_for_existing_resources() {
    let world = World::new(SETTINGS);
    // Without other slices there is only the topic, for subscriptions.
    let first = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(first.actions(), ["create logs.topic.alarms"]);
    let notes = warnings(&first).join("\n");
    for program in ["rd-net", "rd-data", "rd-cache", "rd-edge", "rd-ecs"] {
        assert!(notes.contains(program), "{notes}");
    }
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);

    world.watched_slice("data");
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(
        apply.actions(),
        actions(
            "create",
            &["db-connections", "db-cpu", "db-storage"],
            &["dashboard.overview"]
        )
    );
    let notes = warnings(&apply).join("\n");
    assert!(
        notes.contains("rd-cache") && !notes.contains("rd-data"),
        "{notes}"
    );

    // Without Container Insights, the load balancer counts the tasks. Without a load balancer, there is no such metric.
    let service = json!({
        "cluster_name": "c", "service_name": "s", "min_tasks": 2, "container_insights": false,
    });
    world.give("ecs", &service);
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(
        apply.actions(),
        [
            "create logs.alarm.ecs-cpu",
            "create logs.alarm.ecs-memory",
            "update logs.dashboard.overview",
        ]
    );
    world.watched_slice("edge");
    let apply = world.rd("rd-logs").args("apply -y").ok();
    let made = [
        "alb-5xx",
        "latency",
        "running-tasks",
        "target-5xx",
        "unhealthy-hosts",
    ];
    let mut wanted = actions("create", &made, &[]);
    wanted.push("update logs.dashboard.overview".to_owned());
    assert_eq!(apply.actions(), wanted);
    let tasks = world
        .rd("rd-state")
        .args("show logs.alarm.running-tasks")
        .ok();
    assert!(
        tasks.stdout.contains("HealthyHostCount"),
        "{}",
        tasks.stdout
    );

    // Alarms for destroyed resources are deleted.
    world.unwatched("data");
    let plan = world.rd("rd-logs").args("plan").ok();
    let mut wanted = actions("delete", &["db-connections", "db-cpu", "db-storage"], &[]);
    wanted.push("update logs.dashboard.overview".to_owned());
    assert_eq!(plan.actions(), wanted);
    assert!(warnings(&plan)[0].contains("rd-data"), "{}", plan.stderr);
    world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    assert_eq!(alarms(&world).len(), 7);

    // A service with a minimum of 0 tasks has no alarm for too few. A note says so, unless the alarm is turned off.
    let none = json!({
        "cluster_name": "c", "service_name": "s", "min_tasks": 0, "container_insights": false,
    });
    world.give("ecs", &none);
    let noted = |world: &World| {
        let plan = world.rd("rd-logs").args("plan").ok();
        let warnings = warnings(&plan);
        warnings.iter().any(|one| one.contains("running tasks"))
    };
    assert!(noted(&world));
    world.settings(&format!("{SETTINGS}[logs]\nrunning_tasks = false\n"));
    assert!(!noted(&world));
    world.give("ecs", &service);
    world.settings(SETTINGS);
    assert!(!noted(&world));

    // Alarms that are turned off are deleted.
    world.settings(&format!(
        "{SETTINGS}[logs]\nalb_5xx = false\nrunning_tasks = false\n"
    ));
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(
        apply.actions(),
        [
            "delete logs.alarm.alb-5xx",
            "delete logs.alarm.running-tasks",
            "update logs.dashboard.overview",
        ]
    );
    world.rd("rd-logs").args("destroy -y").ok();
    nothing(&world);
}

#[test]
fn resources_that_the_same_pipe_creates_are_watched() {
    let settings =
        "project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 2\n[cache]\nnodes = 2\n";
    let world = World::new(settings);
    let rd = |program: &str, args: &str| world.rd(program).args(args);
    let last = |line: Vec<Rd>| {
        let mut done = Rd::pipe(line);
        for one in &done {
            assert_eq!(one.code, 0, "{}", one.stderr);
        }
        done.pop().unwrap()
    };
    let of_logs = |done: &Done| -> Vec<String> {
        let ours = done.actions().into_iter();
        ours.filter(|one| one.contains(" logs.")).collect()
    };
    let watched = [
        "nat-a-port-errors",
        "redis-1-evictions",
        "redis-1-memory",
        "redis-2-evictions",
        "redis-2-memory",
    ];
    let wanted = actions("create", &watched, &["dashboard.overview", "topic.alarms"]);

    // Nothing is applied yet, but the numbers of nodes and gateways are known from the pipe.
    let plan = last(vec![
        rd("rd-net", "plan"),
        rd("rd-cache", "plan"),
        rd("rd-logs", "plan"),
    ]);
    assert_eq!(of_logs(&plan), wanted);
    // They are not known without the pipe, but they are offline in the pipe.
    assert_eq!(
        of_logs(&rd("rd-logs", "plan").ok()),
        ["create logs.topic.alarms"]
    );
    let offline = "plan --offline";
    let offline = last(vec![
        rd("rd-net", offline),
        rd("rd-cache", offline),
        rd("rd-logs", offline),
    ]);
    assert_eq!(of_logs(&offline), wanted);

    // A saved plan of the pipe is applied exactly.
    let plan = plan.stdout;
    let apply = last(vec![
        rd("rd-net", "apply").stdin(plan),
        rd("rd-cache", "apply"),
        rd("rd-logs", "apply"),
    ]);
    assert_eq!(of_logs(&apply), wanted);
    let nat = world.output("net", "nat_gateway_a_id");
    let alarm = world
        .rd("rd-state")
        .args("show logs.alarm.nat-a-port-errors")
        .ok();
    assert!(
        alarm.stdout.contains(nat.as_str().unwrap()),
        "{}",
        alarm.stdout
    );
    let again = last(vec![
        rd("rd-net", "plan --exit-code"),
        rd("rd-cache", "plan --exit-code"),
        rd("rd-logs", "plan --exit-code"),
    ]);
    assert_eq!(of_logs(&again), [""; 0]);

    // Another gateway and another node get alarms in the same pipe.
    let more = settings
        .replace("azs = 2", "azs = 2\nnat = \"per-az\"")
        .replace("nodes = 2", "nodes = 3");
    world.settings(&more);
    let apply = last(vec![
        rd("rd-net", "apply -y"),
        rd("rd-cache", "apply -y --set cache.apply_immediately=true"),
        rd("rd-logs", "apply -y"),
    ]);
    assert_eq!(
        of_logs(&apply),
        [
            "create logs.alarm.nat-b-port-errors",
            "create logs.alarm.redis-3-evictions",
            "create logs.alarm.redis-3-memory",
            "update logs.dashboard.overview",
        ]
    );

    // Watched resources can be destroyed first. In a pipe, rd-logs comes first.
    rd("rd-cache", "destroy -y").ok();
    let after = rd("rd-logs", "plan").ok();
    let of_cache = after.actions();
    assert_eq!(of_cache.len(), 7, "{of_cache:?}");
    assert!(
        of_cache[..6]
            .iter()
            .all(|one| one.starts_with("delete logs.alarm.redis-"))
    );
    last(vec![
        rd("rd-logs", "destroy -y"),
        rd("rd-net", "destroy -y"),
    ]);
    nothing(&world);
}

#[test]
fn a_plan_warns_about_slices_that_use_an_output() {
    let world = World::new("project = \"shop\"\nenvironment = \"test\"\n[net]\nazs = 1\n");
    world.rd("rd-net").args("apply -y").ok();
    world.rd("rd-logs").args("apply -y").ok();
    let plan = world
        .rd("rd-net")
        .args("plan --set net.cidr=10.9.0.0/16")
        .ok();
    let notes = warnings(&plan).join("\n");
    assert!(
        notes.contains("nat_gateway_a_id") && notes.contains("rd-logs"),
        "{notes}"
    );
    let graph = world.rd("rd-state").args("graph --format text").ok();
    assert!(graph.stdout.contains("logs  uses net"), "{}", graph.stdout);
}

#[test]
fn a_lost_state_is_rebuilt() {
    let world = World::new("");
    world.settings(&settings(&world));
    world.watched();
    world.rd("rd-logs").args("apply -y").ok();
    let token = world.mail(&world.address())[0]["token"]
        .as_str()
        .unwrap()
        .to_owned();
    world
        .rd("rd-logs")
        .args("subscriptions confirm")
        .arg(&token)
        .ok();
    std::fs::remove_file(world.state_file("shop/test", "logs")).unwrap();
    world.rd("rd-logs").args("rebuild").ok();
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    assert_eq!(
        world
            .rd("rd-logs")
            .args("doctor")
            .ok()
            .of_type("diagnostic"),
        [json!(null); 0]
    );

    // Resources without settings are found by name and tags, imported, and then deleted.
    std::fs::remove_file(world.state_file("shop/test", "logs")).unwrap();
    world.unwatched("data");
    world.rd("rd-logs").args("doctor --fix").run();
    let plan = world.rd("rd-logs").args("plan").ok().actions();
    assert!(
        plan.contains(&"delete logs.alarm.db-cpu".to_owned()),
        "{plan:?}"
    );
    world.rd("rd-logs").args("apply -y").ok();
    world.rd("rd-logs").args("destroy -y").ok();
    nothing(&world);
}

#[test]
fn a_lost_pending_subscription_is_found_and_nobody_is_asked_again() {
    let world = World::new("");
    world.settings(&settings(&world));
    world.rd("rd-logs").args("apply -y").ok();
    let to = world.address();
    for found in ["rebuild", "apply -y"] {
        std::fs::remove_file(world.state_file("shop/test", "logs")).unwrap();
        world.rd("rd-logs").args(found).ok();
        let plan = world.rd("rd-logs").args("plan --exit-code").ok();
        assert_eq!(plan.actions(), [""; 0]);
        let waits = plan.of_type("change");
        assert!(
            waits
                .iter()
                .any(|one| one["waits"].as_str().is_some_and(|why| why.contains(&to))),
            "{waits:?}"
        );
        assert_eq!(world.mail(&to).len(), 1);
    }

    // It is the same one once it is confirmed: read, fixed and deleted by its ARN.
    let id = world.id("logs.subscription.email");
    assert!(id.ends_with(&format!("|email|{to}")), "{id}");
    let token = world.mail(&to)[0]["token"].as_str().unwrap().to_owned();
    let confirmed = world
        .rd("rd-logs")
        .args("subscriptions confirm --format json")
        .arg(&token)
        .ok();
    let confirmed: Value = serde_json::from_str(&confirmed.stdout).unwrap();
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    let filter = [
        ("SubscriptionArn", confirmed["arn"].as_str().unwrap()),
        ("AttributeName", "FilterPolicy"),
        ("AttributeValue", "{\"kind\": [\"none\"]}"),
    ];
    world.query(SNS, "SetSubscriptionAttributes", &filter);
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(apply.actions(), ["update logs.subscription.email"]);
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    world.rd("rd-logs").args("destroy -y").ok();
    let left = world.query(SNS, "ListSubscriptions", &[]).body;
    assert!(!left.contains(&to), "{left}");
    nothing(&world);
}

#[test]
fn who_gets_the_alarms_gets_the_events_of_the_cache() {
    let world = World::new("");
    world.settings(&settings(&world));
    let made = world.query(SNS, "CreateTopic", &[("Name", "shop-test-cache-events")]);
    let topic = made.tag("TopicArn").unwrap().to_owned();
    let outputs = |events: bool| {
        let mut outputs = json!({"nodes": 1, "node_1_id": "shop-test-redis-001"});
        if events {
            outputs["events_topic_arn"] = json!(topic);
            outputs["events"] = json!(true);
        }
        outputs
    };
    world.give("cache", &outputs(true));
    let apply = world.rd("rd-logs").args("apply -y").ok();
    let subscription = "create logs.subscription.cache-email".to_owned();
    assert!(
        apply.actions().contains(&subscription),
        "{:?}",
        apply.actions()
    );
    let asked = world.mail(&world.address());
    assert_eq!(asked.len(), 2, "one mail a topic: {asked:?}");
    let plan = world.rd("rd-logs").args("plan").ok();
    assert_eq!(plan.actions(), [""; 0]);
    // Its link names the topic of the cache.
    let of_cache = asked.iter().find(|mail| mail["topic"] == topic.as_str());
    world
        .rd("rd-logs")
        .args("subscriptions confirm")
        .arg(of_cache.unwrap()["url"].as_str().unwrap())
        .ok();
    let listed = world.rd("rd-logs").args("subscriptions").ok().records();
    let of_cache = listed.iter().find(|one| one["topic"] == topic.as_str());
    assert_eq!(of_cache.unwrap()["status"], "confirmed");
    assert_eq!(listed.len(), 2);

    world.give("cache", &outputs(false));
    let apply = world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(apply.actions(), ["delete logs.subscription.cache-email"]);
    world.rd("rd-logs").args("destroy -y").ok();
}

#[test]
fn an_alarm_of_another_owner_is_refused() {
    let world = World::new(SETTINGS);
    world.watched_slice("data");
    let theirs = [
        ("AlarmName", "shop-test-db-cpu"),
        ("MetricName", "m"),
        ("Namespace", "n"),
        ("Statistic", "Sum"),
        ("Period", "60"),
        ("EvaluationPeriods", "1"),
        ("Threshold", "1"),
        ("ComparisonOperator", "GreaterThanThreshold"),
        ("Tags.member.1.Key", "Owner"),
        ("Tags.member.1.Value", "them"),
    ];
    world.query(CLOUDWATCH, "PutMetricAlarm", &theirs);
    let refused = world.rd("rd-logs").args("apply -y").code(6);
    assert!(refused.stderr.contains("Owner=them"), "{}", refused.stderr);
    assert_eq!(alarms(&world), ["shop-test-db-cpu"]);
}
