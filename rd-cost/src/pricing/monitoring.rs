//! Alarms, the dashboard, Container Insights, and the mails of alarms.
//! <https://aws.amazon.com/cloudwatch/pricing/>

use super::Sheet;
use crate::inventory::Resource;

/// The custom metrics that Container Insights reports for a cluster with one service and one task definition, whatever
/// the number of tasks: 8 for a cluster, 11 for a service, 6 for a task definition family.
/// <https://aws.amazon.com/cloudwatch/pricing/> (the example of Container Insights for Amazon ECS)
const CONTAINER_INSIGHTS_METRICS: i64 = 8 + 11 + 6;

/// An alarm. AWS charges for each metric that it evaluates: one with an expression has several.
pub(super) fn alarm(sheet: &mut Sheet<'_>, alarm: &Resource) {
    let in_expression = alarm.spec["metrics"].as_array().map_or(1, Vec::len);
    let metrics = i64::try_from(in_expression.max(1)).unwrap_or(1);
    let (item, price) = match alarm.number("period_seconds") {
        1..60 => (
            "alarm, high resolution",
            "CloudWatch/alarm-high-resolution-month",
        ),
        _ => ("alarm", super::account::ALARM),
    };
    sheet.fixed(alarm, item, price, metrics);
}

/// The dashboard, which is paid for by month.
pub(super) fn dashboard(sheet: &mut Sheet<'_>, dashboard: &Resource) {
    sheet.fixed(dashboard, "dashboard", super::account::DASHBOARD, 1);
}

/// Container Insights of a cluster: custom metrics, and performance logs.
pub(super) fn container_insights(sheet: &mut Sheet<'_>, cluster: &Resource) {
    if !cluster.is("container_insights") {
        return;
    }
    let metrics = CONTAINER_INSIGHTS_METRICS;
    sheet.fixed(
        cluster,
        "Container Insights metrics",
        super::account::CUSTOM_METRIC,
        metrics,
    );
    let logs = sheet.usage(|usage| usage.container_insights_gb);
    let (price, key) = (
        "CloudWatchLogs/logs-ingest-standard-gb",
        "cost.usage.container_insights_gb",
    );
    sheet.assumed(cluster, "Container Insights logs", price, key, logs);
}

/// The topic of the alarms: its mails.
pub(super) fn topic(sheet: &mut Sheet<'_>, topic: &Resource) {
    let mails = sheet.usage(|usage| usage.alarm_mails);
    sheet.assumed(
        topic,
        "mails",
        super::account::MAIL,
        "cost.usage.alarm_mails",
        mails,
    );
}
