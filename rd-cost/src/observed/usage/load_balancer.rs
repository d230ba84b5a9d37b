//! Capacity units of the load balancer, and what it sends.

use super::{Rule, Scale};
use crate::observed::Metric;
use crate::owned::OwnedResources;

/// The part of a load balancer's ARN by which CloudWatch knows it: `app/<name>/<id>`.
pub fn arn_suffix(arn: &str) -> &str {
    arn.split_once(":loadbalancer/")
        .map_or(arn, |(_, rest)| rest)
}

/// The capacity units of the load balancer, and the data that it has sent.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html>
pub(super) fn load_balancer(owned: &OwnedResources) -> [Rule<'_>; 2] {
    let metrics = |name: &'static str| {
        let all = owned.of_kind("load_balancer");
        all.map(|one| {
            let of = arn_suffix(&one.id);
            (
                one,
                Metric::of("AWS/ApplicationELB", name, "Sum", "LoadBalancer", of),
            )
        })
        .collect::<Vec<_>>()
    };
    [
        Rule {
            key: "cost.usage.lcu",
            from: "AWS/ApplicationELB ConsumedLCUs",
            set: |usage| &mut usage.lcu,
            scale: Scale::HourlyMean,
            absent_is_zero: false,
            what: "load balancer",
            metrics: metrics("ConsumedLCUs"),
        },
        Rule {
            key: "cost.usage.egress_gb",
            from: "AWS/ApplicationELB ProcessedBytes, which has both directions: at most this",
            set: |usage| &mut usage.egress_gb,
            scale: Scale::Bytes,
            absent_is_zero: true,
            what: "load balancer",
            metrics: metrics("ProcessedBytes"),
        },
    ]
}
