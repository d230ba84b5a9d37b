//! Logs, by the slice whose groups take them in.

use super::{Rule, Scale};
use crate::observed::Metric;
use crate::owned::OwnedResources;
use crate::usage::{Amount, Usage};

/// The logs that each slice's groups have taken in.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html>
pub(super) fn logs(owned: &OwnedResources) -> Vec<Rule<'_>> {
    type Of = (&'static str, &'static str, fn(&mut Usage) -> &mut Amount);
    const SLICES: [Of; 4] = [
        ("net", "cost.usage.flow_log_gb", |usage| {
            &mut usage.flow_log_gb
        }),
        ("data", "cost.usage.database_log_gb", |usage| {
            &mut usage.database_log_gb
        }),
        ("cache", "cost.usage.cache_log_gb", |usage| {
            &mut usage.cache_log_gb
        }),
        ("ecs", "cost.usage.log_gb", |usage| &mut usage.log_gb),
    ];
    let incoming =
        |group: &str| Metric::of("AWS/Logs", "IncomingBytes", "Sum", "LogGroupName", group);
    let rule = |key, set, metrics| Rule {
        key,
        from: "AWS/Logs IncomingBytes",
        set,
        scale: Scale::Bytes,
        absent_is_zero: true,
        what: "log group of this slice",
        metrics,
    };
    let mut rules: Vec<Rule<'_>> = SLICES
        .into_iter()
        .map(|(slice, key, set)| {
            let groups = owned.of_kind("log_group").filter(|one| one.slice == slice);
            rule(
                key,
                set,
                groups.map(|one| (one, incoming(&one.id))).collect(),
            )
        })
        .collect();
    let insights = owned.of_kind("cluster").map(|cluster| {
        let name = cluster.id.rsplit('/').next().unwrap_or(&cluster.id);
        (
            cluster,
            incoming(&format!("/aws/ecs/containerinsights/{name}/performance")),
        )
    });
    let set: fn(&mut Usage) -> &mut Amount = |usage| &mut usage.container_insights_gb;
    rules.push(Rule {
        what: "cluster",
        ..rule("cost.usage.container_insights_gb", set, insights.collect())
    });
    rules
}
