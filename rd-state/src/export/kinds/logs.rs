//! The kinds of alarms, their topic and the dashboard.

use super::Part;
use crate::export::hcl::Expression;
use crate::export::resource::Resource;
use crate::export::stack::Source;
use serde_json::Value;

pub fn alarm(source: &Source<'_>) -> Resource {
    let mut alarm = source
        .resource("aws_cloudwatch_metric_alarm")
        .import(source.id);
    alarm.set("alarm_name", source.get("name"));
    alarm.set("alarm_description", source.get("description"));
    alarm.set("comparison_operator", source.get("comparison"));
    alarm.set("threshold", source.get("threshold"));
    alarm.set("evaluation_periods", source.get("evaluation_periods"));
    alarm.set("datapoints_to_alarm", source.get("datapoints_to_alarm"));
    alarm.set("treat_missing_data", source.get("missing_data"));
    alarm.set(
        "evaluate_low_sample_count_percentiles",
        source.get("low_samples"),
    );
    for (argument, key) in [
        ("alarm_actions", "alarm_actions"),
        ("ok_actions", "ok_actions"),
        ("insufficient_data_actions", "insufficient_data_actions"),
    ] {
        let actions = source.get(key);
        if actions
            .as_array()
            .is_some_and(|actions| !actions.is_empty())
        {
            alarm.set(argument, source.references("aws_sns_topic", "arn", actions));
        }
    }
    let (stat, period) = (source.get("stat"), source.get("period_seconds"));
    let Some(least) = source.get("least_samples").as_i64() else {
        alarm.set("namespace", source.get("namespace"));
        alarm.set("metric_name", source.get("metric_name"));
        alarm.set("dimensions", source.get("dimensions"));
        alarm.set("period", period);
        let is_percentile = stat.as_str().is_some_and(|stat| stat.starts_with('p'));
        alarm.set(
            if is_percentile {
                "extended_statistic"
            } else {
                "statistic"
            },
            stat,
        );
        alarm.tags(&source.tags());
        return alarm;
    };
    // The queries of an alarm with a least number of samples, as rd-logs makes them.
    for (id, stat) in [("value", stat), ("samples", &Value::from("SampleCount"))] {
        alarm.block("metric_query", |query| {
            query.set("id", id);
            query.set("return_data", false);
            query.block("metric", |metric| {
                metric.set("namespace", source.get("namespace"));
                metric.set("metric_name", source.get("metric_name"));
                metric.set("dimensions", source.get("dimensions"));
                metric.set("period", period);
                metric.set("stat", stat);
            });
        });
    }
    alarm.block("metric_query", |query| {
        query.set("id", "checked");
        query.set(
            "expression",
            format!("IF(samples >= {least}, value, 0)").as_str(),
        );
        let stat = stat.as_str().unwrap_or_default();
        query.set("label", format!("{stat} of at least {least}").as_str());
        query.set("return_data", true);
    });
    alarm.tags(&source.tags());
    alarm
}

pub fn dashboard(source: &Source<'_>) -> Resource {
    let mut dashboard = source
        .resource("aws_cloudwatch_dashboard")
        .import(source.id);
    dashboard.set("dashboard_name", source.get("name"));
    dashboard.set(
        "dashboard_body",
        Expression::Json(source.get("body").clone()),
    );
    dashboard
}

pub fn event_subscription(source: &Source<'_>) -> Resource {
    let mut subscription = source
        .resource("aws_db_event_subscription")
        .import(source.id);
    subscription.set("name", source.get("name"));
    let topic = source.get("topic_arn");
    subscription.set("sns_topic", source.reference("aws_sns_topic", "arn", topic));
    subscription.set("source_type", source.get("source_type"));
    let databases = source.get("sources");
    subscription.set(
        "source_ids",
        source.references("aws_db_instance", "identifier", databases),
    );
    subscription.set("event_categories", source.get("categories"));
    subscription.set("enabled", source.get("enabled"));
    subscription.tags(&source.tags());
    subscription
}

pub fn subscription(source: &Source<'_>) -> Part {
    if source.is("pending") {
        let reason = "its owner has not confirmed it, so that it has no ARN to import it by: confirm it, run \
                      `rd-logs apply`, and export again";
        return Part::Left(reason);
    }
    let mut subscription = source
        .resource("aws_sns_topic_subscription")
        .import(source.id);
    let topic = source.get("topic_arn");
    subscription.set("topic_arn", source.reference("aws_sns_topic", "arn", topic));
    subscription.set("protocol", source.get("protocol"));
    subscription.set("endpoint", Expression::from(source.text("endpoint")));
    // The provider's own arguments.
    subscription
        .ignored
        .extend(["confirmation_timeout_in_minutes", "endpoint_auto_confirms"]);
    subscription.into()
}

/// The arguments that both kinds of channels have.
fn set_channel(channel: &mut Resource, source: &Source<'_>) {
    channel.set("configuration_name", source.get("name"));
    let role = source.get("role_arn");
    channel.set(
        "iam_role_arn",
        source.reference("aws_iam_role", "arn", role),
    );
    let topics = source.get("topics");
    channel.set(
        "sns_topic_arns",
        source.references("aws_sns_topic", "arn", topics),
    );
    channel.set("guardrail_policy_arns", source.get("guardrails"));
    // What rd leaves to AWS.
    channel
        .ignored
        .extend(["logging_level", "user_authorization_required"]);
    channel.tags(&source.tags());
}

pub fn slack_channel(source: &Source<'_>) -> Resource {
    let kind = "aws_chatbot_slack_channel_configuration";
    let mut channel = source.resource(kind).import(source.text("arn"));
    channel.set("slack_team_id", source.get("team"));
    channel.set("slack_channel_id", source.get("channel"));
    set_channel(&mut channel, source);
    channel
}

pub fn teams_channel(source: &Source<'_>) -> Resource {
    let kind = "aws_chatbot_teams_channel_configuration";
    let mut channel = source.resource(kind).import(source.text("team"));
    channel.set("team_id", source.get("team"));
    channel.set("tenant_id", source.get("tenant"));
    channel.set("channel_id", source.get("channel"));
    set_channel(&mut channel, source);
    channel
}
