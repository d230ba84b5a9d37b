use super::*;
use crate::terraform::tests::resource;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:ops";

fn alarm(
    name: &str,
    namespace: &str,
    metric: &str,
    comparison: &str,
    threshold: f64,
    dimensions: &Value,
) -> Value {
    json!({
        "id": name, "alarm_name": name, "namespace": namespace, "metric_name": metric, "comparison_operator": comparison,
        "threshold": threshold, "dimensions": dimensions, "alarm_actions": [TOPIC, "arn:aws:lambda:x"],
        "arn": format!("arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"),
    })
}

pub(super) fn logs() -> Vec<Value> {
    let above = "GreaterThanOrEqualToThreshold";
    let alarms = [
        (
            "cpu",
            alarm(
                "Database busy",
                "AWS/RDS",
                "CPUUtilization",
                above,
                75.0,
                &json!({"DBInstanceIdentifier": "web"}),
            ),
        ),
        (
            "disk",
            alarm(
                "disk",
                "AWS/RDS",
                "FreeStorageSpace",
                "LessThanThreshold",
                5_368_709_120.0,
                &json!({}),
            ),
        ),
        (
            "memory",
            alarm(
                "memory",
                "AWS/ElastiCache",
                "DatabaseMemoryUsagePercentage",
                above,
                80.0,
                &json!({"CacheClusterId": "web-002"}),
            ),
        ),
        (
            "sessions",
            alarm("sessions", "Custom", "Sessions", above, 5.0, &json!({})),
        ),
    ];
    let alarms: Vec<(Value, Value)> = alarms
        .iter()
        .map(|(key, one)| (json!(key), one.clone()))
        .collect();
    let mail = |endpoint: &str, protocol: &str| {
        json!({
            "id": format!("{TOPIC}:{protocol}"), "topic_arn": TOPIC, "protocol": protocol, "endpoint": endpoint,
            "pending_confirmation": false,
        })
    };
    vec![
        one(
            "aws_sns_topic",
            "ops",
            json!({"id": TOPIC, "arn": TOPIC, "name": "ops"}),
        ),
        one(
            "aws_sns_topic",
            "uploads",
            json!({"id": "arn:aws:sns:us-east-1:123456789012:uploads", "name": "uploads"}),
        ),
        one(
            "aws_sns_topic_policy",
            "ops",
            json!({"id": TOPIC, "arn": TOPIC}),
        ),
        one(
            "aws_sns_topic_subscription",
            "pager",
            mail("https://pager.example.com/planted-2", "https"),
        ),
        one(
            "aws_sns_topic_subscription",
            "mail",
            mail("ops@example.com", "email"),
        ),
        resource(
            "module.alarms",
            "aws_cloudwatch_metric_alarm",
            "this",
            &alarms,
        ),
        one(
            "aws_cloudwatch_dashboard",
            "web",
            json!({"id": "web-overview", "dashboard_name": "web-overview"}),
        ),
    ]
}

#[test]
fn alarms_are_known_by_their_metrics_and_the_topic_by_its_alarms() {
    let mapping = map_with(&logs(), &[]);
    assert_eq!(
        (&mapping.questions[..], &mapping.misfits[..]),
        (&[][..], &[][..])
    );
    assert_eq!(
        table(&mapping),
        [
            "aws_sns_topic.ops -> logs.topic.alarms (arn:aws:sns:us-east-1:123456789012:ops)",
            "aws_sns_topic_policy.ops -> logs.topic.alarms ()",
            "aws_sns_topic_subscription.mail -> logs.subscription.email \
             (arn:aws:sns:us-east-1:123456789012:ops:email)",
            "module.alarms.aws_cloudwatch_metric_alarm.this[\"cpu\"] -> logs.alarm.db-cpu (Database busy)",
            "module.alarms.aws_cloudwatch_metric_alarm.this[\"disk\"] -> logs.alarm.db-storage (disk)",
            "module.alarms.aws_cloudwatch_metric_alarm.this[\"memory\"] -> logs.alarm.redis-2-memory (memory)",
        ]
    );
    assert_eq!(
        settings(&mapping),
        [
            "logs.topic_name = \"ops\"",
            "logs.alert_email = \"ops@example.com\"",
            "logs.dashboard_name = \"web-overview-rd\"",
            "logs.db_cpu_percent = 75.0",
            "logs.db_free_storage_gib = 5.0",
            "logs.alarm_names.db-cpu = \"Database busy\"",
            "logs.alarm_names.db-storage = \"disk\"",
            "logs.alarm_names.redis-2-memory = \"memory\"",
        ]
    );
    let text = state(&logs()).to_string();
    let terraform = terraform::read(text.as_bytes(), "terraform.tfstate").unwrap();
    assert!(!format!("{terraform:?}{mapping:?}").contains("planted"));
}

#[test]
fn two_alarms_on_one_metric_are_a_question() {
    let mut all = logs();
    let critical = alarm(
        "critical",
        "AWS/RDS",
        "CPUUtilization",
        "GreaterThanThreshold",
        95.0,
        &json!({}),
    );
    all.push(one("aws_cloudwatch_metric_alarm", "critical", critical));
    let asked = map_with(&all, &[]).questions;
    assert_eq!(
        (asked.len(), asked[0].address.as_str()),
        (1, "logs.alarm.db-cpu")
    );
    let mapping = map_with(
        &all,
        &[("aws_cloudwatch_metric_alarm.critical", "terraform")],
    );
    assert_eq!(mapping.questions, []);
    let answered = map_with(
        &all,
        &[("aws_cloudwatch_metric_alarm.critical", "logs.alarm.db-cpu")],
    );
    assert!(settings(&answered).contains(&"logs.alarm_names.db-cpu = \"critical\"".to_owned()));
}
