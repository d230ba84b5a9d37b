//! Which resources a plan deletes: those that are in the state but no longer in the settings, or, for a destroy, all.

use crate::plan::planned::{Plan, Planned, Unseen};
use crate::plan::refresh::Observed;
use crate::resource::action::Action;
use crate::resource::kind::{Found, ReplaceOrder};
use crate::resource::parts::Parts;
use crate::stack::Tags;
use crate::state::document::Document;
use serde_json::Value;
use std::collections::BTreeSet;

/// The plan of a destroy: deletes every resource of the slice.
pub fn destroy_plan(parts: &Parts, state: &Document, observed: &Observed) -> Plan {
    let mut plan = deletes(state, observed, &BTreeSet::new());
    // Also those that were found by their tags, although the state lacks them.
    for node in &parts.nodes {
        if let Some(found) = observed.live.get(&node.address)
            && !state.resources.contains_key(&node.address)
        {
            plan.resources.push(delete(
                &node.address,
                node.kind,
                node.depends_on(),
                &node.spec,
                Some(found.clone()),
            ));
        }
    }
    plan
}

/// A plan that deletes the resources in the state whose addresses are not in `desired`, and all predecessors.
pub(super) fn deletes(state: &Document, observed: &Observed, desired: &BTreeSet<String>) -> Plan {
    let mut plan = Plan::default();
    for (address, resource) in &state.resources {
        let current = observed.live.get(address).map(|live| live.id.as_str());
        let unseen = |id: Option<&str>| Unseen {
            address: address.clone(),
            kind: resource.kind.clone(),
            id: id.map(str::to_owned),
        };
        let mut seen = BTreeSet::new();
        for (_, id) in observed.deposed.iter().filter(|(of, _)| of == address) {
            seen.insert(id.as_str());
            plan.deposed
                .push((address.clone(), resource.kind.clone(), id.clone()));
        }
        let predecessors = resource.deposed.iter().map(|old| old.id.as_str());
        for id in predecessors.chain(resource.id.as_deref()) {
            if !seen.contains(id) && current != Some(id) {
                plan.unseen.push(unseen(Some(id)));
            }
        }
        if desired.contains(address) {
            continue;
        }
        match observed.live.get(address) {
            Some(found) => plan.resources.push(delete(
                address,
                &resource.kind,
                resource.depends_on.clone(),
                &resource.spec,
                Some(found.clone()),
            )),
            // It is another stack's, although this state has its id: neither deleted nor forgotten.
            None if observed.foreign.contains_key(address) => plan.resources.push(Planned {
                refused: observed.foreign.get(address).cloned(),
                ..delete(address, &resource.kind, Vec::new(), &resource.spec, None)
            }),
            None => plan.gone.push(address.clone()),
        }
        let is_created = current.is_some_and(|id| !resource.deposed.iter().any(|old| old.id == id));
        if resource.may_have_been_created() && !is_created {
            plan.unseen.push(unseen(None));
        }
    }
    plan
}

fn delete(
    address: &str,
    kind: &str,
    depends_on: Vec<String>,
    spec: &Value,
    live: Option<Found<Value>>,
) -> Planned {
    Planned {
        address: address.to_owned(),
        kind: kind.to_owned(),
        action: Action::Delete,
        fields: Vec::new(),
        replace_order: ReplaceOrder::DeleteFirst,
        spec: spec.clone(),
        live,
        node: None,
        depends_on,
        tags: Tags::new(),
        pending: None,
        refused: None,
    }
}
