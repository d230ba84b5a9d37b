//! Taking into the state what AWS has: what is wanted and was found, and what bears our tags and nobody knows.

use crate::engine::cx::Cx;
use crate::engine::plan::{Plan, Planned};
use crate::engine::refresh::{attribute_of, remembered};
use crate::error::Result;
use crate::model::change::is_unknown;
use crate::model::erased::Kinds;
use crate::model::input::{Reference, resolve};
use crate::model::kind::{Found, Readiness, Wanted};
use crate::state::document::{Deposed, Document, Phase, Resource};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Resources, by kind, that carry the slice's tags and whose ids no state knows.
pub async fn strays<C: 'static>(
    cx: &Cx<C>,
    kinds: &Kinds<C>,
    state: &Document,
    plan: &Plan,
) -> Result<Vec<(&'static str, Found<Value>)>> {
    // An id is unique among its kind, no further: a database and its subnet group may share a name. And what one kind
    // finds by its tags may be another's, as a VPC's default group is: then it is known at its address.
    let known: BTreeSet<(&str, &str)> = state.kinds_and_ids().collect();
    let at_address = |one: &Found<Value>| {
        let remembered = state.resources.get(&one.address);
        let planned = plan.resources.iter().find(|p| p.address == one.address);
        remembered.and_then(|resource| resource.id.as_ref()) == Some(&one.id)
            || planned.and_then(|planned| Some(&planned.live.as_ref()?.id)) == Some(&one.id)
    };
    let reads = kinds.all().map(|(name, any)| async move {
        let found = any.find(cx, vec![Wanted::any()]).await?;
        let mut alive = Vec::new();
        for one in found {
            if !matches!(any.ready(&one.live)?, Readiness::Leaving(_)) {
                alive.push((name, one));
            }
        }
        Ok(alive)
    });
    let all = try_join_all(reads).await?;
    Ok(all
        .into_iter()
        .flatten()
        .filter(|(kind, one)| !known.contains(&(*kind, one.id.as_str())) && !at_address(one))
        .collect())
}

/// Takes in a wanted resource that was found.
pub fn take_wanted(
    document: &mut Document,
    planned: &Planned,
    outside: &dyn Fn(&Reference) -> Option<Value>,
) {
    let (Some(live), Some(node)) = (&planned.live, &planned.node) else {
        return;
    };
    let spec = resolve(&node.spec, &|reference| {
        remembered(document, reference).or_else(|| outside(reference))
    });
    let resource = resource(planned.kind.clone(), live, spec, planned.depends_on.clone());
    // Of what it shall have, what it has: the rest is for the next apply to set, also where no plan reads the tags.
    let mut tags = planned.tags.clone();
    if let Some(told) = &live.tags {
        tags.retain(|key, value| told.get(key) == Some(value));
    }
    let resource = Resource { tags, ..resource };
    document.resources.insert(planned.address.clone(), resource);
}

/// Takes in what nobody knows: under the address of its tag, or, where that has another, as its predecessor. A plan
/// then shows what becomes of it.
pub fn take_stray(document: &mut Document, kind: &str, found: &Found<Value>) {
    if let Some(known) = document.resources.get_mut(&found.address) {
        if known.id.is_some() {
            known.deposed.push(Deposed {
                id: found.id.clone(),
            });
        } else {
            known.id = Some(found.id.clone());
            known.phase = Phase::Created;
            known.attributes = found.live.clone();
        }
        return;
    }
    // What it names, it needs: so it is deleted before that.
    let by_id: BTreeMap<&str, &String> = document
        .resources
        .iter()
        .filter_map(|(address, resource)| Some((resource.id.as_deref()?, address)))
        .collect();
    let mut names = Vec::new();
    texts(&found.live, &mut names);
    let needs: BTreeSet<String> = names
        .iter()
        .filter_map(|text| by_id.get(text.as_str()).map(|address| (*address).clone()))
        .collect();
    let taken = resource(
        kind.to_owned(),
        found,
        found.live.clone(),
        needs.into_iter().collect(),
    );
    document.resources.insert(found.address.clone(), taken);
}

fn resource(kind: String, found: &Found<Value>, spec: Value, depends_on: Vec<String>) -> Resource {
    Resource {
        kind,
        id: Some(found.id.clone()),
        phase: Phase::Ready,
        since: Timestamp::now(),
        token: None,
        spec,
        tags: found.tags.clone().unwrap_or_default(),
        attributes: found.live.clone(),
        depends_on,
        deposed: Vec::new(),
    }
}

fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => members.values().for_each(|member| texts(member, into)),
        _ => {}
    }
}

/// The outputs as far as they are known now.
pub fn outputs(
    document: &Document,
    plan: &Plan,
    outside: &dyn Fn(&Reference) -> Option<Value>,
) -> BTreeMap<String, Value> {
    let live = |reference: &Reference| match reference {
        Reference::Attribute(address, attribute) => plan
            .resources
            .iter()
            .find(|planned| planned.address == *address)
            .and_then(|planned| planned.live.as_ref())
            .and_then(|live| attribute_of(&live.id, &live.live, attribute)),
        Reference::Output(..) => None,
    };
    plan.outputs
        .iter()
        .map(|(name, value)| {
            let known = |reference: &Reference| {
                remembered(document, reference)
                    .or_else(|| live(reference))
                    .or_else(|| outside(reference))
            };
            (name.clone(), resolve(value, &known))
        })
        .filter(|(_, value)| !is_unknown(value))
        .collect()
}
