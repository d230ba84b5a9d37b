//! Every setting of topic, subscription, alarms and dashboard that can be changed outside of rd.
#![expect(clippy::unwrap_used, reason = "a helper fails the test that calls it")]

use rd_testkit::drift::{Drift, each_is_put_back};
use rd_testkit::network::SETTINGS;
use rd_testkit::{CLOUDWATCH, SNS, World};
use serde_json::{Value, json};

const TOPIC: &str = "logs.topic.alarms";
const SUBSCRIPTION: &str = "logs.subscription.email";
const ALARM: &str = "logs.alarm.latency";
const DASHBOARD: &str = "logs.dashboard.overview";

fn topic(world: &World, name: &str, value: &str) {
    let arn = world.id(TOPIC);
    let change = [
        ("TopicArn", arn.as_str()),
        ("AttributeName", name),
        ("AttributeValue", value),
    ];
    world.query(SNS, "SetTopicAttributes", &change);
}

/// Replaces the alarm with changed parameters. An empty value leaves a parameter out.
fn alarm(world: &World, changes: &[(&str, &str)]) {
    let arn = world.id(TOPIC);
    let mut all = vec![
        ("AlarmName", "shop-test-latency"),
        (
            "AlarmDescription",
            "One in twenty requests takes longer than the threshold. Check the database, and the CPU of the tasks.",
        ),
        ("Namespace", "AWS/ApplicationELB"),
        ("MetricName", "TargetResponseTime"),
        ("ExtendedStatistic", "p95"),
        ("Dimensions.member.1.Name", "LoadBalancer"),
        (
            "Dimensions.member.1.Value",
            "app/shop-test-alb/0123456789abcdef",
        ),
        ("Dimensions.member.2.Name", "TargetGroup"),
        (
            "Dimensions.member.2.Value",
            "targetgroup/shop-test-api-abcdef/0123456789abcdef",
        ),
        ("ComparisonOperator", "GreaterThanThreshold"),
        ("Threshold", "1"),
        ("Period", "60"),
        ("EvaluationPeriods", "5"),
        ("DatapointsToAlarm", "5"),
        ("TreatMissingData", "notBreaching"),
        ("EvaluateLowSampleCountPercentile", "ignore"),
        ("ActionsEnabled", "true"),
        ("AlarmActions.member.1", arn.as_str()),
        ("OKActions.member.1", arn.as_str()),
    ];
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    world.query(CLOUDWATCH, "PutMetricAlarm", &all);
}

/// Replaces the alarm with one on requests of a least number, with changed parameters.
fn counted_alarm(world: &World, changes: &[(&str, &str)]) {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: String, value: &str| all.push((name, value.to_owned()));
    for name in [
        "Namespace",
        "MetricName",
        "ExtendedStatistic",
        "EvaluateLowSampleCountPercentile",
        "Period",
        "Dimensions.member.1.Name",
        "Dimensions.member.1.Value",
        "Dimensions.member.2.Name",
        "Dimensions.member.2.Value",
    ] {
        add(name.to_owned(), "");
    }
    add("EvaluationPeriods".to_owned(), "1");
    add("DatapointsToAlarm".to_owned(), "1");
    for (number, id, stat) in [("1", "value", "p95"), ("2", "samples", "SampleCount")] {
        let query = format!("Metrics.member.{number}");
        add(format!("{query}.Id"), id);
        add(format!("{query}.ReturnData"), "false");
        let of = format!("{query}.MetricStat");
        add(format!("{of}.Period"), "300");
        add(format!("{of}.Stat"), stat);
        let metric = format!("{of}.Metric");
        add(format!("{metric}.Namespace"), "AWS/ApplicationELB");
        add(format!("{metric}.MetricName"), "TargetResponseTime");
        for (number, name, value) in [
            ("1", "LoadBalancer", "app/shop-test-alb/0123456789abcdef"),
            (
                "2",
                "TargetGroup",
                "targetgroup/shop-test-api-abcdef/0123456789abcdef",
            ),
        ] {
            let dimension = format!("{metric}.Dimensions.member.{number}");
            add(format!("{dimension}.Name"), name);
            add(format!("{dimension}.Value"), value);
        }
    }
    let checked = "Metrics.member.3";
    add(format!("{checked}.Id"), "checked");
    add(
        format!("{checked}.Expression"),
        "IF(samples >= 20, value, 0)",
    );
    add(format!("{checked}.Label"), "p95 of at least 20");
    add(format!("{checked}.ReturnData"), "true");
    for (name, value) in changes {
        all.retain(|(known, _)| known != name);
        all.push(((*name).to_owned(), (*value).to_owned()));
    }
    let all: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    alarm(world, &all);
}

/// What can be changed in the alarms of the second edition, and not in those of the first.
const DRIFTS_OF_EDITION_2: [Drift; 5] = [
    Drift {
        address: ALARM,
        path: "least_samples",
        change: |world| {
            let more = [
                (
                    "Metrics.member.3.Expression",
                    "IF(samples >= 200, value, 0)",
                ),
                ("Metrics.member.3.Label", "p95 of at least 200"),
            ];
            counted_alarm(world, &more);
        },
    },
    Drift {
        address: ALARM,
        path: "expression",
        change: |world| {
            counted_alarm(world, &[("Metrics.member.3.Expression", "value + samples")]);
        },
    },
    Drift {
        address: ALARM,
        path: "stat",
        change: |world| {
            let half = [
                ("Metrics.member.1.MetricStat.Stat", "p50"),
                ("Metrics.member.3.Label", "p50 of at least 20"),
            ];
            counted_alarm(world, &half);
        },
    },
    Drift {
        address: ALARM,
        path: "threshold",
        change: |world| counted_alarm(world, &[("Threshold", "60")]),
    },
    Drift {
        address: ALARM,
        path: "least_samples",
        change: |world| alarm(world, &[("Period", "300")]),
    },
];

/// Changes the document of the dashboard.
fn dashboard(world: &World, change: fn(&mut Value)) {
    let name = [("DashboardName", "shop-test-overview")];
    let answer = world.query(CLOUDWATCH, "GetDashboard", &name);
    let text = answer.tag("DashboardBody").unwrap().replace("&quot;", "\"");
    let mut body: Value = serde_json::from_str(&text).unwrap();
    change(&mut body);
    let text = body.to_string();
    let put = [name[0], ("DashboardBody", text.as_str())];
    world.query(CLOUDWATCH, "PutDashboard", &put);
}

fn tag(world: &World, arn: &str) {
    let change = [
        ("ResourceARN", arn),
        ("Tags.member.1.Key", "Project"),
        ("Tags.member.1.Value", "somebody's"),
    ];
    world.query(CLOUDWATCH, "TagResource", &change);
}

const DRIFTS: [Drift; 28] = [
    Drift {
        address: TOPIC,
        path: "display_name",
        change: |world| topic(world, "DisplayName", "theirs"),
    },
    Drift {
        address: TOPIC,
        path: "kms_key",
        change: |world| topic(world, "KmsMasterKeyId", "alias/theirs"),
    },
    Drift {
        address: TOPIC,
        path: "policy",
        change: |world| {
            let open = json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": "*", "Action": "SNS:Publish", "Resource": world.id(TOPIC),
            }]});
            topic(world, "Policy", &open.to_string());
        },
    },
    Drift {
        address: TOPIC,
        path: "tags.Project",
        change: |world| {
            let arn = world.id(TOPIC);
            let change = [
                ("ResourceArn", arn.as_str()),
                ("Tags.member.1.Key", "Project"),
                ("Tags.member.1.Value", "somebody's"),
            ];
            world.query(SNS, "TagResource", &change);
        },
    },
    Drift {
        address: SUBSCRIPTION,
        path: "filter_policy",
        change: |world| {
            let arn = world.id(SUBSCRIPTION);
            let change = [
                ("SubscriptionArn", arn.as_str()),
                ("AttributeName", "FilterPolicy"),
                ("AttributeValue", "{\"kind\": [\"none\"]}"),
            ];
            world.query(SNS, "SetSubscriptionAttributes", &change);
        },
    },
    Drift {
        address: ALARM,
        path: "description",
        change: |world| alarm(world, &[("AlarmDescription", "theirs")]),
    },
    Drift {
        address: ALARM,
        path: "namespace",
        change: |world| alarm(world, &[("Namespace", "theirs")]),
    },
    Drift {
        address: ALARM,
        path: "metric_name",
        change: |world| alarm(world, &[("MetricName", "RequestCount")]),
    },
    Drift {
        address: ALARM,
        path: "stat",
        change: |world| alarm(world, &[("ExtendedStatistic", "p50")]),
    },
    Drift {
        address: ALARM,
        path: "stat",
        change: |world| {
            let maximum = [
                ("ExtendedStatistic", ""),
                ("EvaluateLowSampleCountPercentile", ""),
                ("Statistic", "Maximum"),
            ];
            alarm(world, &maximum);
        },
    },
    Drift {
        address: ALARM,
        path: "dimensions",
        change: |world| alarm(world, &[("Dimensions.member.1.Value", "app/theirs/1")]),
    },
    Drift {
        address: ALARM,
        path: "dimensions",
        change: |world| {
            let fewer = [
                ("Dimensions.member.2.Name", ""),
                ("Dimensions.member.2.Value", ""),
            ];
            alarm(world, &fewer);
        },
    },
    Drift {
        address: ALARM,
        path: "unit",
        change: |world| alarm(world, &[("Unit", "Milliseconds")]),
    },
    Drift {
        address: ALARM,
        path: "expression",
        change: |world| {
            let on_an_expression = [
                ("Namespace", ""),
                ("MetricName", ""),
                ("ExtendedStatistic", ""),
                ("EvaluateLowSampleCountPercentile", ""),
                ("Period", ""),
                ("Dimensions.member.1.Name", ""),
                ("Dimensions.member.1.Value", ""),
                ("Dimensions.member.2.Name", ""),
                ("Dimensions.member.2.Value", ""),
                ("Metrics.member.1.Id", "m1"),
                (
                    "Metrics.member.1.MetricStat.Metric.Namespace",
                    "AWS/ApplicationELB",
                ),
                (
                    "Metrics.member.1.MetricStat.Metric.MetricName",
                    "RequestCount",
                ),
                ("Metrics.member.1.MetricStat.Period", "60"),
                ("Metrics.member.1.MetricStat.Stat", "Sum"),
            ];
            alarm(world, &on_an_expression);
        },
    },
    Drift {
        address: ALARM,
        path: "comparison",
        change: |world| alarm(world, &[("ComparisonOperator", "LessThanThreshold")]),
    },
    Drift {
        address: ALARM,
        path: "threshold",
        change: |world| alarm(world, &[("Threshold", "60")]),
    },
    Drift {
        address: ALARM,
        path: "period_seconds",
        change: |world| alarm(world, &[("Period", "300")]),
    },
    Drift {
        address: ALARM,
        path: "evaluation_periods",
        change: |world| alarm(world, &[("EvaluationPeriods", "30")]),
    },
    Drift {
        address: ALARM,
        path: "datapoints_to_alarm",
        change: |world| alarm(world, &[("DatapointsToAlarm", "1")]),
    },
    Drift {
        address: ALARM,
        path: "missing_data",
        change: |world| alarm(world, &[("TreatMissingData", "")]),
    },
    Drift {
        address: ALARM,
        path: "low_samples",
        change: |world| alarm(world, &[("EvaluateLowSampleCountPercentile", "evaluate")]),
    },
    Drift {
        address: ALARM,
        path: "actions_enabled",
        change: |world| {
            let name = [("AlarmNames.member.1", "shop-test-latency")];
            world.query(CLOUDWATCH, "DisableAlarmActions", &name);
        },
    },
    Drift {
        address: ALARM,
        path: "alarm_actions",
        change: |world| alarm(world, &[("AlarmActions.member.1", "")]),
    },
    Drift {
        address: ALARM,
        path: "ok_actions",
        change: |world| {
            let another = "arn:aws:sns:us-east-1:123456789012:theirs";
            alarm(world, &[("OKActions.member.2", another)]);
        },
    },
    Drift {
        address: ALARM,
        path: "insufficient_data_actions",
        change: |world| {
            let another = "arn:aws:sns:us-east-1:123456789012:theirs";
            alarm(world, &[("InsufficientDataActions.member.1", another)]);
        },
    },
    Drift {
        address: DASHBOARD,
        path: "widgets.Latency",
        change: |world| {
            dashboard(world, |body| {
                let widgets = body["widgets"].as_array_mut().unwrap();
                let latency = widgets
                    .iter_mut()
                    .find(|one| one["properties"]["title"] == "Latency");
                latency.unwrap()["properties"]["metrics"][0][1] = json!("RequestCount");
            });
        },
    },
    Drift {
        address: DASHBOARD,
        path: "widgets.theirs",
        change: |world| {
            dashboard(world, |body| {
                let text =
                    json!({"type": "text", "properties": {"title": "theirs", "markdown": "x"}});
                body["widgets"].as_array_mut().unwrap().push(text);
                body["start"] = json!("-PT12H");
            });
        },
    },
    Drift {
        address: DASHBOARD,
        path: "tags.Project",
        change: |world| {
            let arn = format!(
                "arn:aws:cloudwatch::{}:dashboard/shop-test-overview",
                world.account
            );
            tag(world, &arn);
        },
    },
];

fn applied() -> World {
    applied_with("", "")
}

/// With an edition before the usual settings, and keys of `[logs]` after them.
fn applied_with(edition: &str, keys: &str) -> World {
    let world = World::new("");
    world.settings(&format!(
        "{edition}{SETTINGS}[logs]\n{keys}alert_email = \"{}\"\n",
        world.address()
    ));
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
    world
}

#[test]
fn each_change_is_shown_and_reverted() {
    each_is_put_back(&applied(), "rd-logs", &DRIFTS);
}

#[test]
fn each_change_of_an_alarm_of_edition_2_is_shown_and_reverted() {
    let world = applied_with("edition = 2\n", "database_events = false\n");
    // The same queries are no drift.
    counted_alarm(&world, &[]);
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    each_is_put_back(&world, "rd-logs", &DRIFTS_OF_EDITION_2);
}

#[test]
fn documents_with_the_same_meaning_are_no_drift() {
    let world = applied();
    // The same document in another order, with other white space and other forms of numbers.
    dashboard(&world, |body| {
        let widgets = body["widgets"].as_array_mut().unwrap();
        widgets.reverse();
        let axis = &mut widgets[0]["properties"]["yAxis"]["left"];
        axis["min"] = json!(0.0);
    });
    let policy = world
        .rd("rd-state")
        .args("show logs.topic.alarms --format json")
        .ok()
        .records();
    let policy = policy[0]["attributes"]["policy"].clone();
    let spread = serde_json::to_string_pretty(&policy).unwrap();
    topic(&world, "Policy", &spread);
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
}

#[test]
fn deleted_resources_are_created_again() {
    let world = applied();
    let alarm = [("AlarmNames.member.1", "shop-test-latency")];
    world.query(CLOUDWATCH, "DeleteAlarms", &alarm);
    let dashboard = [("DashboardNames.member.1", "shop-test-overview")];
    world.query(CLOUDWATCH, "DeleteDashboards", &dashboard);
    let subscription = world.id(SUBSCRIPTION);
    world.query(
        SNS,
        "Unsubscribe",
        &[("SubscriptionArn", subscription.as_str())],
    );
    let expected = [
        format!("create {ALARM}"),
        format!("create {DASHBOARD}"),
        format!("create {SUBSCRIPTION}"),
    ];
    let plan = world.rd("rd-logs").args("plan").ok();
    assert_eq!(plan.actions(), expected);
    world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);

    // AWS deletes the subscriptions together with the topic.
    let arn = world.id(TOPIC);
    world.query(SNS, "DeleteTopic", &[("TopicArn", arn.as_str())]);
    world.rd("rd-logs").args("apply -y").ok();
    assert_eq!(world.rd("rd-logs").args("plan").ok().actions(), [""; 0]);
    assert_eq!(world.mail(&world.address()).len(), 3);
}
