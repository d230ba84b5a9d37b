//! The CloudWatch metrics that alarms and the dashboard use.

use crate::discover::Discovered;
use rd_common::Input;
use rd_common::outputs::{cache, data, ecs, edge, net};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A metric with a statistic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// The namespace, such as `AWS/RDS`.
    pub namespace: String,
    /// The name in the namespace, such as `CPUUtilization`.
    pub metric_name: String,
    /// The statistic: `Sum`, `Average`, `Minimum`, `Maximum`, or a percentile such as `p95`.
    pub stat: String,
    /// The dimensions by name. Their values identify the resource, and may be outputs that are not known yet.
    pub dimensions: BTreeMap<String, Input>,
}

impl Metric {
    fn new(namespace: &str, name: &str, stat: &str, dimensions: Vec<(&str, Input)>) -> Self {
        let dimensions = dimensions.into_iter();
        Self {
            namespace: namespace.to_owned(),
            metric_name: name.to_owned(),
            stat: stat.to_owned(),
            dimensions: dimensions
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        }
    }

    /// A metric of the load balancer.
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html>
    pub fn load_balancer(name: &str, stat: &str) -> Self {
        let dimensions = vec![("LoadBalancer", edge::ALB_ARN_SUFFIX.input())];
        Self::new("AWS/ApplicationELB", name, stat, dimensions)
    }

    /// A metric of the load balancer for its target group, which are the tasks.
    pub fn targets(name: &str, stat: &str) -> Self {
        let mut metric = Self::load_balancer(name, stat);
        let group = edge::TARGET_GROUP_ARN_SUFFIX.input();
        metric.dimensions.insert("TargetGroup".to_owned(), group);
        metric
    }

    /// A metric of the ECS service.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html>
    pub fn service(name: &str, stat: &str) -> Self {
        Self::new("AWS/ECS", name, stat, service_dimensions())
    }

    /// A metric of Container Insights for the ECS service.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html>
    pub fn container_insights(name: &str, stat: &str) -> Self {
        Self::new("ECS/ContainerInsights", name, stat, service_dimensions())
    }

    /// A metric of the database.
    /// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html>
    pub fn database(name: &str, stat: &str) -> Self {
        let instance = data::INSTANCE_ID.input();
        let dimensions = vec![("DBInstanceIdentifier", instance)];
        Self::new("AWS/RDS", name, stat, dimensions)
    }

    /// A metric of a cache node, by its number from 1 on. In CloudWatch, a node is a cache cluster with a single node.
    /// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.html>
    pub fn cache_node(node: usize, name: &str, stat: &str) -> Self {
        let dimensions = vec![
            ("CacheClusterId", cache::NODE_ID.of(node).input()),
            ("CacheNodeId", "0001".into()),
        ];
        Self::new("AWS/ElastiCache", name, stat, dimensions)
    }

    /// A metric of the NAT gateway in a zone, by the letter of the zone.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/metrics-dimensions-nat-gateway.html>
    pub fn nat_gateway(zone: &str, name: &str, stat: &str) -> Self {
        let gateway = net::NAT_GATEWAY_ID.of(zone).input();
        let dimensions = vec![("NatGatewayId", gateway)];
        Self::new("AWS/NATGateway", name, stat, dimensions)
    }

    /// The dimensions by name, as JSON. A value that is not known yet is a reference.
    pub fn dimension_values(&self) -> BTreeMap<&str, Value> {
        let all = self.dimensions.iter();
        all.map(|(name, value)| (name.as_str(), json!(value)))
            .collect()
    }

    /// The dimensions whose values are known, for the SDK. When a call is made, all are known.
    pub fn dimensions(&self) -> Vec<aws_sdk_cloudwatch::types::Dimension> {
        let known = self.dimensions.iter();
        let known = known.filter_map(|(name, value)| Some((name, value.known()?)));
        known
            .map(|(name, value)| {
                let dimension = aws_sdk_cloudwatch::types::Dimension::builder();
                dimension.name(name).value(value).build()
            })
            .collect()
    }
}

fn service_dimensions() -> Vec<(&'static str, Input)> {
    vec![
        ("ClusterName", ecs::CLUSTER_NAME.input()),
        ("ServiceName", ecs::SERVICE_NAME.input()),
    ]
}

/// The metric for the number of running tasks: that of Container Insights if it is enabled, otherwise the number of
/// healthy targets of the load balancer. Without either there is none, because ECS itself has no such metric.
pub fn running_tasks(discovered: &Discovered) -> Option<Metric> {
    if discovered.ecs && discovered.container_insights {
        Some(Metric::container_insights("RunningTaskCount", "Minimum"))
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
    fn a_dimension_is_a_reference_until_it_is_known() {
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
    fn tasks_are_counted_by_container_insights_or_the_load_balancer() {
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
