//! The graph of what the states have.

use super::{Graph, Node};
use rd_common::Document;

impl Graph {
    /// The resources of these states, with what each of them needs.
    pub fn of_states(documents: &[Document]) -> Self {
        let mut graph = Self::default();
        for document in documents {
            for (address, resource) in &document.resources {
                graph.nodes.insert(
                    address.clone(),
                    Node {
                        kind: resource.kind.clone(),
                        id: resource.id.clone(),
                        ..Node::default()
                    },
                );
            }
            let used = document.used().map(str::to_owned).collect();
            graph.uses.insert(document.slice.clone(), used);
        }
        for document in documents {
            for (address, resource) in &document.resources {
                for need in &resource.depends_on {
                    graph.add_need(address, need);
                }
            }
        }
        graph
    }
}
