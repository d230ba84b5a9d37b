//! The graph of a stack: its resources, what each of them needs, and what a plan or a status says of it.

mod dot;
mod from_records;
mod from_states;
mod json;
mod layout;
mod mermaid;
mod svg;
mod tree;

pub use dot::dot;
pub use json::json;
pub use mermaid::mermaid;
pub use svg::{STYLE, look, svg};
pub use tree::tree;

use rd_common::records::Health;
use rd_common::resource::action::Action;
use rd_common::slices::SLICES;
use std::collections::{BTreeMap, BTreeSet};

/// What a plan or a status says of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// What an apply would do with it.
    Plan(Action),
    /// How it is at AWS.
    Status(Health),
}

/// A resource of the graph, drawn as a box.
#[derive(Clone, Debug, Default)]
pub struct Node {
    /// Its kind, such as `nat_gateway`.
    pub kind: String,
    /// Its id in AWS, where it exists.
    pub id: Option<String>,
    /// What the records say of it.
    pub mark: Option<Mark>,
    /// The addresses of the resources that it needs.
    pub needs: BTreeSet<String>,
}

/// The resources by address, and the slices that each slice uses.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Every resource by its address.
    pub nodes: BTreeMap<String, Node>,
    /// The slices that a slice uses.
    pub uses: BTreeMap<String, BTreeSet<String>>,
}

/// The slice of an address.
pub fn slice_of(address: &str) -> &str {
    address.split('.').next().unwrap_or(address)
}

/// An address without its slice.
pub fn label_of(address: &str) -> &str {
    address.split_once('.').map_or(address, |(_, rest)| rest)
}

impl Graph {
    /// The slices with resources, in pipe order, then others by name.
    pub fn slices(&self) -> Vec<&str> {
        let all: BTreeSet<&str> = self.nodes.keys().map(|one| slice_of(one)).collect();
        let known = SLICES.into_iter().filter(|slice| all.contains(slice));
        let others = all.iter().copied().filter(|one| !SLICES.contains(one));
        known.chain(others).collect()
    }

    /// The resources of a slice by address.
    pub fn of_slice<'a>(&'a self, slice: &'a str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let nodes = self.nodes.iter();
        nodes
            .filter(move |(address, _)| slice_of(address) == slice)
            .map(|(address, node)| (address.as_str(), node))
    }

    /// Leaves out every slice but this one.
    pub fn keep(&mut self, slice: &str) {
        self.nodes.retain(|address, _| slice_of(address) == slice);
        self.uses.retain(|one, _| one == slice);
    }

    /// Adds that a resource needs another one, unless that one already needs it: what records say is no proof, and a graph
    /// with a circle has no layers.
    fn add_need(&mut self, address: &str, need: &str) {
        let known = self.nodes.contains_key(address) && self.nodes.contains_key(need);
        if !known || address == need || self.reaches(need, address) {
            return;
        }
        if let Some(node) = self.nodes.get_mut(address) {
            node.needs.insert(need.to_owned());
        }
    }

    /// Whether a resource needs another one, directly or not.
    fn reaches(&self, from: &str, to: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut left = vec![from];
        while let Some(next) = left.pop() {
            if next == to {
                return true;
            }
            if seen.insert(next)
                && let Some(node) = self.nodes.get(next)
            {
                left.extend(node.needs.iter().map(String::as_str));
            }
        }
        false
    }

    /// What each resource needs directly: not what it needs through another one, too (the transitive reduction).
    pub fn direct(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut direct = BTreeMap::new();
        for (address, node) in &self.nodes {
            let needs = node
                .needs
                .iter()
                .map(String::as_str)
                .filter(|need| self.nodes.contains_key(*need));
            let needs: Vec<&str> = needs.collect();
            let indirect = |need: &str| {
                let mut others = needs.iter().filter(|other| **other != need);
                others.any(|other| self.reaches(other, need))
            };
            let kept = needs.iter().copied().filter(|need| !indirect(need));
            direct.insert(address.as_str(), kept.collect());
        }
        direct
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (address, need) in edges {
            graph.nodes.entry((*address).to_owned()).or_default();
            graph.nodes.entry((*need).to_owned()).or_default();
        }
        for (address, need) in edges {
            graph.add_need(address, need);
        }
        graph
    }

    #[test]
    fn only_direct_needs_are_drawn() {
        let graph = graph(&[
            ("net.c.x", "net.b.x"),
            ("net.b.x", "net.a.x"),
            ("net.c.x", "net.a.x"),
        ]);
        assert_eq!(graph.direct()["net.c.x"], ["net.b.x"]);
    }

    #[test]
    fn a_circle_is_not_closed() {
        let graph = graph(&[("net.a.x", "net.b.x"), ("net.b.x", "net.a.x")]);
        assert_eq!(graph.direct()["net.b.x"], [""; 0]);
    }
}
