//! What AWS has of the alarms on what was found, as resources of Terraform: `rd-state adopt --scan` maps them as those of a state.

use crate::clients::Clients;
use aws_sdk_cloudwatch::types::{ComparisonOperator, MetricAlarm};
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, ScanRequest, TerraformResources};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The alarms that target tracking creates belong to their policies.
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html>
const OF_AUTOSCALING: &str = "TargetTracking-";

/// What a subscription has in place of its ARN until it is confirmed.
/// <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>
const UNCONFIRMED: &str = "PendingConfirmation";

/// The alarms on what was found, the topics that they notify with the subscriptions by mail, and the dashboards with the name of
/// the stack.
pub async fn scan(ctx: &Ctx<Clients>, request: &ScanRequest) -> Result<TerraformResources> {
    let cloudwatch = &ctx.clients.cloudwatch;
    let pages = cloudwatch.describe_alarms().into_paginator().send();
    let pages: Vec<_> = pages.try_collect().await.doing("list the alarms")?;
    let alarms = pages
        .into_iter()
        .flat_map(|page| page.metric_alarms.unwrap_or_default());
    let watched = Watched::of(&request.found);
    let mut all = TerraformResources::default();
    let mut topics = BTreeSet::new();
    for one in alarms.filter(|one| watched.has(one)) {
        let actions = one.alarm_actions().iter();
        topics.extend(actions.filter(|arn| arn.contains(":sns:")).cloned());
        let name = one.alarm_name().unwrap_or_default();
        all.add("aws_cloudwatch_metric_alarm", name, alarm(&one));
    }
    for topic in topics {
        add_topic(ctx, &topic, &mut all).await?;
    }
    let call = cloudwatch.list_dashboards();
    let call = call.dashboard_name_prefix(ctx.stack.name());
    let dashboards = call.into_paginator().items().send().try_collect().await;
    for one in dashboards.doing("list the dashboards")? {
        let name = one.dashboard_name().unwrap_or_default();
        all.add(
            "aws_cloudwatch_dashboard",
            name,
            json!({"dashboard_name": name}),
        );
    }
    Ok(all)
}

/// What alarms can watch: the values of their dimensions, by name.
struct Watched(Vec<(&'static str, BTreeSet<String>)>);

impl Watched {
    fn of(found: &TerraformResources) -> Self {
        let texts = |kind: &str, name: &str| -> BTreeSet<String> {
            let texts = found.texts(kind, name).into_iter();
            texts.map(str::to_owned).collect()
        };
        let ends = |kind: &str, start: &str| -> BTreeSet<String> {
            let arns = found.texts(kind, "arn").into_iter();
            let ends = arns.filter_map(|arn| arn.split_once(start));
            ends.map(|(_, end)| end.to_owned()).collect()
        };
        let groups = ends("aws_lb_target_group", ":targetgroup/");
        let groups = groups.iter().map(|end| format!("targetgroup/{end}"));
        Self(vec![
            ("LoadBalancer", ends("aws_lb", ":loadbalancer/")),
            ("TargetGroup", groups.collect()),
            ("ClusterName", texts("aws_ecs_cluster", "name")),
            ("ServiceName", texts("aws_ecs_service", "name")),
            ("DBInstanceIdentifier", texts("aws_db_instance", "id")),
            (
                "CacheClusterId",
                texts("aws_elasticache_replication_group", "id"),
            ),
            ("NatGatewayId", texts("aws_nat_gateway", "id")),
        ])
    }

    /// Whether an alarm watches something that was found: each dimension that names a resource names one of these.
    fn has(&self, alarm: &MetricAlarm) -> bool {
        let is_own = alarm
            .alarm_name()
            .is_some_and(|name| name.starts_with(OF_AUTOSCALING));
        let mut named = false;
        for dimension in alarm.dimensions() {
            let (name, value) = (dimension.name(), dimension.value().unwrap_or_default());
            let Some((_, known)) = self.0.iter().find(|(one, _)| Some(*one) == name) else {
                continue;
            };
            named = true;
            // A node has the name of its group and a number.
            let group = value.rsplit_once('-').map(|(group, _)| group);
            let is_node = name == Some("CacheClusterId");
            let group = group.filter(|_| is_node).unwrap_or(value);
            if !known.contains(group) {
                return false;
            }
        }
        named && !is_own
    }
}

fn alarm(one: &MetricAlarm) -> Value {
    let dimensions = one.dimensions().iter();
    let dimensions: Map<String, Value> = dimensions
        .filter_map(|one| Some((one.name()?.to_owned(), json!(one.value()?))))
        .collect();
    let operator = one.comparison_operator().map(ComparisonOperator::as_str);
    json!({
        "arn": one.alarm_arn(),
        "alarm_name": one.alarm_name(),
        "namespace": one.namespace(),
        "metric_name": one.metric_name(),
        "comparison_operator": operator,
        "threshold": one.threshold(),
        "dimensions": dimensions,
        "alarm_actions": one.alarm_actions(),
    })
}

/// Adds a topic and its subscriptions by mail. The URL of another subscription can be a secret.
async fn add_topic(ctx: &Ctx<Clients>, arn: &str, all: &mut TerraformResources) -> Result<()> {
    let sns = &ctx.clients.sns;
    let answer = sns.get_topic_attributes().topic_arn(arn).send().await;
    let attributes = match answer.doing("read the topic") {
        Err(error) if error.is(&["NotFound", "NotFoundException"]) => return Ok(()),
        other => other?.attributes.unwrap_or_default(),
    };
    let name = arn.rsplit(':').next().unwrap_or(arn);
    let key = attributes.get("KmsMasterKeyId");
    let values = json!({"arn": arn, "name": name, "kms_master_key_id": key});
    all.add("aws_sns_topic", arn, values);
    let call = sns.list_subscriptions_by_topic().topic_arn(arn);
    let subscriptions = call.into_paginator().items().send().try_collect().await;
    for one in subscriptions.doing("list the topic's subscriptions")? {
        if one.protocol() != Some("email") {
            continue;
        }
        let id = one.subscription_arn().unwrap_or_default();
        let values = json!({"topic_arn": arn, "protocol": "email", "endpoint": one.endpoint(),
                            "pending_confirmation": id == UNCONFIRMED});
        all.add("aws_sns_topic_subscription", id, values);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudwatch::types::Dimension;

    #[test]
    fn an_alarm_is_of_the_stack_where_all_that_it_names_was_found() {
        let mut found = TerraformResources::default();
        let balancer = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/web/1";
        found.add("aws_lb", balancer, json!({"arn": balancer}));
        found.add("aws_ecs_cluster", "c", json!({"name": "web"}));
        found.add("aws_ecs_service", "s", json!({"name": "api"}));
        found.add("aws_elasticache_replication_group", "web-redis", json!({}));
        let watched = Watched::of(&found);
        let has = |name: &str, dimensions: &[(&str, &str)]| {
            let dimension = |(name, value): &(&str, &str)| {
                Dimension::builder().name(*name).value(*value).build()
            };
            let alarm = MetricAlarm::builder()
                .alarm_name(name)
                .set_dimensions(Some(dimensions.iter().map(dimension).collect()));
            watched.has(&alarm.build())
        };
        assert!(has("a", &[("LoadBalancer", "app/web/1")]));
        assert!(has(
            "a",
            &[("LoadBalancer", "app/web/1"), ("AvailabilityZone", "x")]
        ));
        assert!(has("a", &[("ClusterName", "web"), ("ServiceName", "api")]));
        assert!(!has(
            "a",
            &[("ClusterName", "web"), ("ServiceName", "other")]
        ));
        assert!(has("a", &[("CacheClusterId", "web-redis-001")]));
        assert!(!has("a", &[("CacheClusterId", "web-001")]));
        assert!(!has("a", &[("DBInstanceIdentifier", "web")]));
        assert!(!has("a", &[("QueueName", "web")]));
        let own = "TargetTracking-service/web/api-AlarmHigh-1";
        assert!(!has(own, &[("ClusterName", "web"), ("ServiceName", "api")]));
    }
}
