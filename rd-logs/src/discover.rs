//! Which resources of the other slices exist and can be watched.

use rd_common::ExternalOutputs;
use rd_common::outputs::{SliceInputs, cache, data, ecs, edge, net};

/// What the outputs of other slices say about their resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discovered {
    /// Whether there is a load balancer with a target group.
    pub edge: bool,
    /// Whether there is a service.
    pub ecs: bool,
    /// Whether Container Insights is enabled in its cluster.
    pub container_insights: bool,
    /// The minimum number of its tasks; none if it is not known yet.
    pub min_tasks: Option<f64>,
    /// Whether there is a database.
    pub data: bool,
    /// The number of nodes of the cache; 0 if there is no cache.
    pub cache_nodes: usize,
    /// Whether the cache has a topic for what ElastiCache reports.
    pub cache_events: bool,
    /// The letters of the zones that have a NAT gateway.
    pub nat_zones: Vec<String>,
    /// The slices without the resources above.
    pub absent: Vec<&'static str>,
}

/// The slices that may have resources to watch, with the outputs that decide how many alarms and graphs there are.
pub const OPTIONAL_INPUTS: [SliceInputs; 5] = [
    net::inputs(&[net::NAT_GATEWAY_ZONES.untyped()]),
    data::inputs(&[]),
    cache::inputs(&[cache::NODES.untyped(), cache::EVENTS.untyped()]),
    edge::inputs(&[]),
    ecs::inputs(&[ecs::CONTAINER_INSIGHTS.untyped(), ecs::MIN_TASKS.untyped()]),
];

impl Discovered {
    /// Reads the outputs. A slice counts as present once it gives the outputs that alarms and graphs refer to.
    pub fn from_outputs(others: &ExternalOutputs) -> Self {
        let has_node = others.gives(&cache::NODES) && others.gives(&cache::NODE_ID.of(1));
        let has_targets =
            others.gives(&edge::ALB_ARN_SUFFIX) && others.gives(&edge::TARGET_GROUP_ARN_SUFFIX);
        let has_service = others.gives(&ecs::CLUSTER_NAME) && others.gives(&ecs::SERVICE_NAME);
        let present = [
            (net::SLICE, others.gives(&net::NAT_GATEWAY_ZONES)),
            (data::SLICE, others.gives(&data::INSTANCE_ID)),
            (cache::SLICE, has_node),
            (edge::SLICE, has_targets),
            (ecs::SLICE, has_service),
        ];
        let is = |slice: &str| present.contains(&(slice, true));
        Self {
            edge: has_targets,
            ecs: has_service,
            container_insights: others.value(&ecs::CONTAINER_INSIGHTS) == Some(true),
            min_tasks: others.value(&ecs::MIN_TASKS).map(f64::from),
            data: is(data::SLICE),
            cache_nodes: others
                .value(&cache::NODES)
                .filter(|_| has_node)
                .and_then(|nodes| usize::try_from(nodes).ok())
                .unwrap_or(0),
            cache_events: has_node && others.value(&cache::EVENTS) == Some(true),
            nat_zones: others.value(&net::NAT_GATEWAY_ZONES).unwrap_or_default(),
            absent: present
                .into_iter()
                .filter(|(_, present)| !present)
                .map(|(slice, _)| slice)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn outputs(pairs: &[(&str, Value)]) -> BTreeMap<String, Value> {
        let pairs = pairs.iter();
        pairs
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect()
    }

    #[test]
    fn slices_without_outputs_are_absent() {
        let all = ["net", "data", "cache", "edge", "ecs"];
        let none = Discovered::from_outputs(&ExternalOutputs::default());
        assert_eq!(none.absent, all);
        let mut others = ExternalOutputs::default();
        others.add_from_pipe("net", outputs(&[("nat_gateway_zones", json!(["a", "b"]))]));
        others.add_from_state("data", outputs(&[("instance_id", json!("db"))]));
        // Its apply failed before there was a node.
        others.add_from_state("cache", outputs(&[("nodes", json!(2))]));
        others.add_from_pipe(
            "ecs",
            outputs(&[("container_insights", json!(true)), ("min_tasks", json!(2))]),
        );
        let discovered = Discovered::from_outputs(&others);
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
