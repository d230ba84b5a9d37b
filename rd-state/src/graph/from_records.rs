//! What records say of a graph: resources that are to come, what the specs of a plan refer to, and colors.

use super::{Graph, Mark, Node, slice_of};
use rd_common::output::view::model::StackView;
use rd_common::resource::action::Action;
use serde_json::Value;
use std::collections::BTreeMap;

impl Graph {
    /// Adds what the records of a stack say: marks for the resources, those that are to be created, and what the specs of
    /// plans refer to, by a reference, by an output, or by the id of another resource.
    pub fn add_records(&mut self, stack: &StackView) {
        for run in &stack.runs {
            for change in &run.changes {
                let node = self.node(&change.address, &change.kind);
                node.id = change.id.clone().or(node.id.take());
                // An address that a replacement has twice: the delete of its predecessor says less.
                if !matches!(node.mark, Some(Mark::Plan(action)) if action != Action::None) {
                    node.mark = Some(Mark::Plan(change.action));
                }
            }
            for status in &run.statuses {
                let node = self.node(&status.address, &status.kind);
                node.id = status.id.clone().or(node.id.take());
                node.mark.get_or_insert(Mark::Status(status.health));
            }
        }
        let by_id = self.by_id();
        let outputs: BTreeMap<(&str, &str), &Value> = stack
            .runs
            .iter()
            .flat_map(|run| &run.outputs)
            .filter_map(|one| Some(((one.slice.as_str(), one.name.as_str()), one.value.as_ref()?)))
            .collect();
        for change in stack.changes() {
            let mut found = Found::default();
            found.collect(&change.spec);
            for field in &change.fields {
                found.collect(&field.after);
            }
            let own = slice_of(&change.address).to_owned();
            for (slice, output) in std::mem::take(&mut found.outputs) {
                if slice != own {
                    self.uses
                        .entry(own.clone())
                        .or_default()
                        .insert(slice.clone());
                }
                if let Some(value) = outputs.get(&(slice.as_str(), output.as_str())) {
                    found.collect(value);
                }
            }
            for need in &found.addresses {
                self.add_need(&change.address, need);
            }
            for id in &found.texts {
                if let Some(Some(need)) = by_id.get(id) {
                    if slice_of(need) != own {
                        let used = slice_of(need).to_owned();
                        self.uses.entry(own.clone()).or_default().insert(used);
                    }
                    self.add_need(&change.address, need);
                }
            }
        }
    }

    fn node(&mut self, address: &str, kind: &str) -> &mut Node {
        self.nodes
            .entry(address.to_owned())
            .or_insert_with(|| Node {
                kind: kind.to_owned(),
                ..Node::default()
            })
    }

    /// The resources by id; none for an id that several have, such as a name.
    fn by_id(&self) -> BTreeMap<String, Option<String>> {
        let mut by_id: BTreeMap<String, Option<String>> = BTreeMap::new();
        for (address, node) in &self.nodes {
            if let Some(id) = &node.id {
                by_id
                    .entry(id.clone())
                    .and_modify(|several| *several = None)
                    .or_insert_with(|| Some(address.clone()));
            }
        }
        by_id
    }
}

/// What a spec refers to.
#[derive(Default)]
struct Found {
    addresses: Vec<String>,
    outputs: Vec<(String, String)>,
    texts: Vec<String>,
}

impl Found {
    fn collect(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.texts.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(members) => match members.get("$ref").and_then(Value::as_str) {
                Some(reference) => self.refer(reference),
                None => members.values().for_each(|member| self.collect(member)),
            },
            _ => {}
        }
    }

    /// Notes a reference: `slice.kind.name.attribute` of a resource, or `slice.output` of a slice.
    fn refer(&mut self, reference: &str) {
        let Some((head, last)) = reference.rsplit_once('.') else {
            return;
        };
        match head.contains('.') {
            true => self.addresses.push(head.to_owned()),
            false => self.outputs.push((head.to_owned(), last.to_owned())),
        }
    }
}
