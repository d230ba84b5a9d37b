//! What there is to watch: as the other slices say.

use rd_common::ExternalOutputs;
use serde_json::Value;

/// What the parts list is made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discovered {
    /// Whether there is a load balancer with a target group.
    pub edge: bool,
    /// Whether there is a service.
    pub ecs: bool,
    /// Whether its cluster has Container Insights.
    pub container_insights: bool,
    /// The least number of its tasks.
    pub min_tasks: Option<f64>,
    /// Whether there is a database.
    pub data: bool,
    /// How many nodes the cache has.
    pub cache_nodes: usize,
    /// The letters of the zones that have a NAT gateway.
    pub nat_zones: Vec<String>,
    /// The slices that give nothing.
    pub absent: Vec<&'static str>,
}

/// The slices that are looked at, and what must be known of them before the parts list is made.
pub const OPTIONAL_INPUTS: [(&str, &[&str]); 5] = [
    ("net", &["nat_gateway_zones"]),
    ("data", &[]),
    ("cache", &["nodes"]),
    ("edge", &[]),
    ("ecs", &["container_insights", "min_tasks"]),
];

impl Discovered {
    /// What these slices say.
    pub fn of(others: &ExternalOutputs) -> Self {
        let gives = |slice: &str, outputs: &[&str]| {
            outputs.iter().all(|output| others.gives(slice, output))
        };
        let present = [
            ("net", gives("net", &["nat_gateway_zones"])),
            ("data", gives("data", &["instance_id"])),
            ("cache", gives("cache", &["nodes", "node_1_id"])),
            (
                "edge",
                gives("edge", &["alb_arn_suffix", "target_group_arn_suffix"]),
            ),
            ("ecs", gives("ecs", &["cluster_name", "service_name"])),
        ];
        let is = |slice: &str| present.contains(&(slice, true));
        let nodes = others.value("cache", "nodes").and_then(Value::as_u64);
        let zones = others.value("net", "nat_gateway_zones");
        let zones = zones.and_then(Value::as_array).map(Vec::as_slice);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        Self {
            edge: is("edge"),
            ecs: is("ecs"),
            container_insights: others.value("ecs", "container_insights")
                == Some(&Value::Bool(true)),
            min_tasks: others.value("ecs", "min_tasks").and_then(Value::as_f64),
            data: is("data"),
            cache_nodes: nodes
                .filter(|_| is("cache"))
                .and_then(|nodes| usize::try_from(nodes).ok())
                .unwrap_or(0),
            nat_zones: zones
                .filter(|_| is("net"))
                .map_or(Vec::new(), |zones| zones.iter().filter_map(text).collect()),
            absent: present
                .into_iter()
                .filter(|(_, there)| !there)
                .map(|(slice, _)| slice)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn outputs(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn what_no_slice_gives_is_not_there() {
        let all = ["net", "data", "cache", "edge", "ecs"];
        let none = Discovered::of(&ExternalOutputs::default());
        assert_eq!(none.absent, all);
        let mut others = ExternalOutputs::default();
        others.coming("net", outputs(&[("nat_gateway_zones", json!(["a", "b"]))]));
        others.stored("data", outputs(&[("instance_id", json!("db"))]));
        // Cut off before there was a cluster.
        others.stored("cache", outputs(&[("nodes", json!(2))]));
        others.coming(
            "ecs",
            outputs(&[("container_insights", json!(true)), ("min_tasks", json!(2))]),
        );
        let discovered = Discovered::of(&others);
        assert_eq!(discovered.nat_zones, ["a", "b"]);
        assert!(
            discovered.data && discovered.ecs && discovered.container_insights && !discovered.edge
        );
        assert_eq!(
            (discovered.cache_nodes, discovered.min_tasks),
            (0, Some(2.0))
        );
        assert_eq!(discovered.absent, ["cache", "edge"]);
    }
}
