//! A metric of CloudWatch, as alarms and dashboards name it.

use crate::discover::Discovered;
use rd_common::Input;
use rd_common::outputs::{cache, data, ecs, edge, net};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A metric with the statistic of it that matters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// `AWS/RDS`.
    pub namespace: String,
    /// `CPUUtilization`.
    pub metric_name: String,
    /// `Sum`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p95`.
    pub stat: String,
    /// What it is of.
    pub dimensions: BTreeMap<String, Input>,
}

impl Metric {
    fn new(namespace: &str, name: &str, stat: &str, of: Vec<(&str, Input)>) -> Self {
        let named = of.into_iter().map(|(name, of)| (name.to_owned(), of));
        Self {
            namespace: namespace.to_owned(),
            metric_name: name.to_owned(),
            stat: stat.to_owned(),
            dimensions: named.collect(),
        }
    }

    /// Of the load balancer.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html>
    pub fn balancer(name: &str, stat: &str) -> Self {
        let of = vec![("LoadBalancer", edge::ALB_ARN_SUFFIX.input())];
        Self::new("AWS/ApplicationELB", name, stat, of)
    }

    /// Of the tasks behind the load balancer.
    pub fn targets(name: &str, stat: &str) -> Self {
        let mut metric = Self::balancer(name, stat);
        let group = edge::TARGET_GROUP_ARN_SUFFIX.input();
        metric.dimensions.insert("TargetGroup".to_owned(), group);
        metric
    }

    /// Of the service.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html>
    pub fn service(name: &str, stat: &str) -> Self {
        Self::new("AWS/ECS", name, stat, service())
    }

    /// Of the service, where its cluster has Container Insights.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html>
    pub fn insights(name: &str, stat: &str) -> Self {
        Self::new("ECS/ContainerInsights", name, stat, service())
    }

    /// Of the database.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html>
    pub fn database(name: &str, stat: &str) -> Self {
        let of = data::INSTANCE_ID.input();
        Self::new("AWS/RDS", name, stat, vec![("DBInstanceIdentifier", of)])
    }

    /// Of a node of the cache, from 1 on. A node of Redis or Valkey is a cluster of one.
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.html>
    pub fn cache_node(node: usize, name: &str, stat: &str) -> Self {
        let of = vec![
            ("CacheClusterId", cache::NODE_ID.of(node).input()),
            ("CacheNodeId", "0001".into()),
        ];
        Self::new("AWS/ElastiCache", name, stat, of)
    }

    /// Of the NAT gateway of a zone.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>
    pub fn nat_gateway(zone: &str, name: &str, stat: &str) -> Self {
        let of = net::NAT_GATEWAY_ID.of(zone).input();
        Self::new("AWS/NATGateway", name, stat, vec![("NatGatewayId", of)])
    }

    /// The dimensions, with what stands for those that are unknown.
    pub fn dimension_values(&self) -> BTreeMap<&str, Value> {
        let all = self.dimensions.iter();
        all.map(|(name, of)| (name.as_str(), json!(of))).collect()
    }

    /// The dimensions as the SDK wants them: those that are known, which all are when a call is made.
    pub fn dimensions(&self) -> Vec<aws_sdk_cloudwatch::types::Dimension> {
        let known = self.dimensions.iter();
        let known = known.filter_map(|(name, of)| Some((name, of.known()?)));
        known
            .map(|(name, value)| {
                let dimension = aws_sdk_cloudwatch::types::Dimension::builder();
                dimension.name(name).value(value).build()
            })
            .collect()
    }
}

fn service() -> Vec<(&'static str, Input)> {
    vec![
        ("ClusterName", ecs::CLUSTER_NAME.input()),
        ("ServiceName", ecs::SERVICE_NAME.input()),
    ]
}

/// What counts the tasks. Container Insights does, where they are on. Else the load balancer: it counts those that answer
/// their health checks, which is what users have of them; ECS itself has no such metric.
pub fn running_tasks(discovered: &Discovered) -> Option<Metric> {
    if discovered.ecs && discovered.container_insights {
        Some(Metric::insights("RunningTaskCount", "Minimum"))
    } else if discovered.ecs && discovered.edge {
        Some(Metric::targets("HealthyHostCount", "Minimum"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_common::resource::input::resolve;

    #[test]
    fn a_dimension_is_told_once_it_is_known() {
        let metric = Metric::nat_gateway("b", "ErrorPortAllocation", "Sum");
        let unknown = json!({"$ref": "net.nat_gateway_b_id"});
        assert_eq!(metric.dimension_values()["NatGatewayId"], unknown);
        assert!(metric.dimensions().is_empty());
        let spec = serde_json::to_value(&metric).unwrap();
        let filled = resolve(&spec, &|_| Some(json!("nat-b")));
        let metric: Metric = serde_json::from_value(filled).unwrap();
        assert_eq!(metric.dimension_values()["NatGatewayId"], json!("nat-b"));
        assert_eq!(metric.dimensions()[0].value(), Some("nat-b"));
    }

    #[test]
    fn tasks_are_counted_by_who_can() {
        let all = Discovered {
            edge: true,
            ecs: true,
            container_insights: true,
            ..Discovered::default()
        };
        let counted =
            |discovered: &Discovered| running_tasks(discovered).map(|metric| metric.metric_name);
        assert_eq!(counted(&all).as_deref(), Some("RunningTaskCount"));
        let plain = Discovered {
            container_insights: false,
            ..all
        };
        assert_eq!(counted(&plain).as_deref(), Some("HealthyHostCount"));
        let alone = Discovered {
            edge: false,
            ..plain
        };
        assert_eq!(counted(&alone), None);
    }
}
