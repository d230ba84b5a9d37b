//! The graph as a JSON document.

use super::{Graph, Mark};
use serde_json::{Value, json};

/// The resources of all slices with what they need directly, and the slices with those that they use.
pub fn json(graph: &Graph) -> Value {
    let direct = graph.direct();
    let mut resources = Vec::new();
    let slices = graph.slices();
    for slice in &slices {
        for (address, node) in graph.of_slice(slice) {
            let mut resource = json!({
                "address": address, "kind": node.kind, "id": node.id, "depends_on": direct[address],
            });
            match node.mark {
                Some(Mark::Plan(action)) => resource["action"] = action.word().into(),
                Some(Mark::Status(health)) => resource["health"] = health.as_str().into(),
                None => {}
            }
            resources.push(resource);
        }
    }
    let used = |slice: &str| graph.uses.get(slice).cloned().unwrap_or_default();
    // A state can be without resources.
    let mut all: Vec<&str> = slices;
    for slice in graph.uses.keys() {
        if !all.contains(&slice.as_str()) {
            all.push(slice);
        }
    }
    let slices = all.iter();
    let slices: Vec<Value> = slices
        .map(|slice| json!({"slice": slice, "uses": used(slice)}))
        .collect();
    json!({"slices": slices, "resources": resources})
}
