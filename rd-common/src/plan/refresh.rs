//! Reads from AWS every resource that is in the settings or in the state, in one call for each kind where AWS allows
//! it. With a complete state, all reads are parallel. Without ids, a resource that is found by another's id is read
//! after that one.
//!
//! Reads lag behind writes. What the state knows and a read does not show is read again before it counts as missing: with
//! pauses where it was created a moment ago or by a run that was interrupted, otherwise once.

use crate::error::{Error, Result};
use crate::plan::ownership::{Known, foreign};
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::input::{Reference, references, resolve};
use crate::resource::kind::{Found, Readiness, Wanted};
use crate::resource::parts::Node;
use crate::resource::reader::Reader;
use crate::resource::visibility::{look_again, may_be_invisible};
use crate::state::document::{Deposed, Document, Phase, Resource};
use futures_util::future::join_all;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The resources of a slice as they are in AWS.
#[derive(Debug, Default)]
pub struct Observed {
    /// The live resource at each address that has one.
    pub live: BTreeMap<String, Found<Value>>,
    /// Predecessors that still exist: address and id. They are in the state, or were created by an interrupted run whose
    /// resource was believed lost.
    pub deposed: Vec<(String, String)>,
    /// For each address whose name is taken by a resource of another owner, or whose id in the state is that of one, the
    /// error with which an apply or a destroy is refused.
    pub foreign: BTreeMap<String, Error>,
}

impl Observed {
    /// The live value of an attribute; none for an output of another slice, and where the resource does not exist.
    pub fn lookup(&self, reference: &Reference) -> Option<Value> {
        let Reference::Attribute(address, attribute) = reference else {
            return None;
        };
        self.live
            .get(address)
            .and_then(|found| attribute_of(&found.id, &found.live, attribute))
    }
}

/// An attribute of a live resource: `id`, or a member of what AWS reports. None where AWS does not report it.
pub fn attribute_of(id: &str, live: &Value, attribute: &str) -> Option<Value> {
    match attribute {
        "id" => Some(Value::String(id.to_owned())),
        name => live.get(name).filter(|value| !value.is_null()).cloned(),
    }
}

/// The value of an attribute according to the state; none where the state lacks it.
pub fn stored_attribute(state: &Document, reference: &Reference) -> Option<Value> {
    let Reference::Attribute(address, attribute) = reference else {
        return None;
    };
    let resource = state.resources.get(address)?;
    attribute_of(resource.id.as_deref()?, &resource.attributes, attribute)
}

/// The result of [`choose`] among the resources that were found for an address.
enum Choice {
    None,
    /// The resource, and the ids of others with its address that an interrupted run has created.
    Ours(Found<Value>, Vec<String>),
    /// The resource belongs to another owner. The error says so.
    Foreign(Error),
}

/// As [`choose`], but fails where the resource belongs to another owner.
pub fn pick<C: 'static>(
    ctx: &Ctx<C>,
    kinds: &Kinds<C>,
    kind: &str,
    found: Vec<Found<Value>>,
    stored: Option<&Resource>,
) -> Result<Option<Found<Value>>> {
    match choose(ctx, kinds, kind, found, stored)? {
        Choice::None => Ok(None),
        Choice::Ours(one, _) => Ok(Some(one)),
        Choice::Foreign(error) => Err(error),
    }
}

/// Chooses among the resources that were found for an address: the one with the id in the state, otherwise the only one
/// that is neither deposed nor being deleted. One that was believed lost when it was deposed is the current one again.
/// Fails where there are several. A resource whose tags are those of another owner is foreign, as is one that was found
/// by its name and has no tags, unless a create of it was interrupted.
fn choose<C: 'static>(
    ctx: &Ctx<C>,
    kinds: &Kinds<C>,
    kind: &str,
    found: Vec<Found<Value>>,
    stored: Option<&Resource>,
) -> Result<Choice> {
    let any = kinds.get(kind)?;
    let id = stored.and_then(|entry| entry.id.as_deref());
    let creating = stored.is_some_and(|entry| entry.phase == Phase::Creating);
    let was_replaced = |id: &str| {
        let mut deposed = stored.iter().flat_map(|entry| &entry.deposed);
        deposed.any(|old| old.id == id && old.unseen.is_none())
    };
    let was_lost = |id: &str| {
        let mut deposed = stored.iter().flat_map(|entry| &entry.deposed);
        deposed.any(|old| old.id == id && old.unseen.is_some())
    };
    let mut candidates = Vec::new();
    for one in found {
        let leaving = matches!(any.ready(&one.live)?, Readiness::Leaving(_));
        if !leaving && !was_replaced(&one.id) {
            candidates.push(one);
        }
    }
    if let Some(known) = candidates
        .iter()
        .position(|one| Some(one.id.as_str()) == id)
    {
        let one = candidates.swap_remove(known);
        return Ok(match foreign(ctx, &one, Known::ById) {
            Some(error) => Choice::Foreign(error),
            None => Choice::Ours(one, Vec::new()),
        });
    }
    // Where two runs created it, since the first resource was not visible to the second run, others use the first one.
    if stored.is_some_and(Resource::may_have_been_created)
        && let Some(lost) = candidates.iter().position(|one| was_lost(&one.id))
    {
        let found = candidates.swap_remove(lost);
        let others = candidates.into_iter().map(|one| one.id);
        return Ok(Choice::Ours(found, others.collect()));
    }
    if candidates.len() > 1 {
        let ids: Vec<&str> = candidates.iter().map(|one| one.id.as_str()).collect();
        return Err(Error::refused(format!("several resources are tagged with this address: {}", ids.join(", ")))
            .at(&candidates[0].address)
            .hint("nothing was changed; remove the tag `rd:address` from all but one of them, or delete the others"));
    }
    let only = candidates.pop();
    let by_aws = |one: &Found<Value>| any.created_by_aws(&one.live);
    let known = if creating || only.as_ref().map(by_aws).transpose()? == Some(true) {
        Known::ByAddress
    } else {
        Known::No
    };
    let is_part = any.is_part() && ctx.adopts_parts.get();
    if let Some(one) = only.as_ref().filter(|_| !any.retained() && !is_part)
        && let Some(error) = foreign(ctx, one, known)
    {
        return Ok(Choice::Foreign(error));
    }
    Ok(only.map_or(Choice::None, |one| Choice::Ours(one, Vec::new())))
}

/// Reads all resources of `nodes` and of the state. `outputs` looks up outputs of other slices. Fails where a read
/// fails, and where several resources have the same address.
pub async fn refresh<C: 'static>(
    ctx: &Ctx<C>,
    kinds: &Kinds<C>,
    reader: &Rc<Reader<C>>,
    nodes: &[Node],
    state: &Document,
    outputs: &dyn Fn(&Reference) -> Option<Value>,
) -> Result<Observed> {
    ctx.know(state);
    let mut observed = Observed::default();
    let mut waiting: BTreeMap<String, (String, Value)> = state
        .resources
        .iter()
        .map(|(address, resource)| {
            (
                address.clone(),
                (resource.kind.clone(), resource.spec.clone()),
            )
        })
        .collect();
    for node in nodes {
        waiting.insert(
            node.address.clone(),
            (node.kind.to_owned(), node.spec.clone()),
        );
    }
    while !waiting.is_empty() {
        let round: Vec<String> = waiting
            .iter()
            .filter(|(address, (_, spec))| can_read(address, spec, state, &waiting))
            .map(|(address, _)| address.clone())
            .collect();
        let round: BTreeSet<String> = if round.is_empty() {
            waiting.keys().cloned().collect()
        } else {
            round.into_iter().collect()
        };
        let reads = round.iter().map(|address| {
            let (kind, spec) = waiting[address].clone();
            let spec = resolve(&spec, &|reference| {
                observed
                    .lookup(reference)
                    .or_else(|| stored_attribute(state, reference))
                    .or_else(|| outputs(reference))
            });
            read_one(ctx, kinds, reader, state, address, kind, spec)
        });
        for (address, read) in round.iter().zip(join_all(reads).await) {
            let (current, deposed) = read.map_err(|error| error.at(address))?;
            match current {
                Choice::Ours(found, others) => {
                    let others = others.into_iter().map(|id| (address.clone(), id));
                    observed.deposed.extend(others);
                    observed.live.insert(address.clone(), found);
                }
                Choice::Foreign(error) => {
                    observed.foreign.insert(address.clone(), error);
                }
                Choice::None => {}
            }
            observed
                .deposed
                .extend(deposed.into_iter().map(|id| (address.clone(), id)));
            waiting.remove(address);
        }
    }
    Ok(observed)
}

/// Whether a resource can be read now: its id is in the state, or the resources that its spec refers to were read or
/// are in the state.
fn can_read(
    address: &str,
    spec: &Value,
    state: &Document,
    waiting: &BTreeMap<String, (String, Value)>,
) -> bool {
    let has_id = |address: &str| state.resources.get(address).is_some_and(|r| r.id.is_some());
    has_id(address)
        || references(spec).iter().all(|reference| match reference {
            Reference::Attribute(target, _) => has_id(target) || !waiting.contains_key(target),
            Reference::Output(..) => true,
        })
}

async fn read_one<C: 'static>(
    ctx: &Ctx<C>,
    kinds: &Kinds<C>,
    reader: &Rc<Reader<C>>,
    state: &Document,
    address: &str,
    kind: String,
    spec: Value,
) -> Result<(Choice, Vec<String>)> {
    let stored = state.resources.get(address);
    let read = async |id: Option<String>| {
        let wanted = Wanted {
            address: address.to_owned(),
            id,
            spec: Some(spec.clone()),
        };
        reader.find(&kind, wanted).await
    };
    let choose = |found| choose(ctx, kinds, &kind, found, stored);
    let mut current = choose(read(stored.and_then(|entry| entry.id.clone())).await?)?;
    if matches!(current, Choice::None)
        && let Some(entry) = stored
        && let Some(id) = &entry.id
    {
        let by_id = async || {
            let found = choose(read(Some(id.clone())).await?)?;
            Ok((!matches!(found, Choice::None)).then_some(found))
        };
        let again = if may_be_invisible(entry) {
            look_again(ctx, by_id).await?
        } else {
            by_id().await?
        };
        current = match again {
            Some(found) => found,
            // The resource with the id in the state is gone, but another one may be tagged with its address.
            None => choose(read(None).await?)?,
        };
    }
    // What was deleted a moment ago can still be found by its tags or its name. So what the state does not know is read by
    // its id as well, for as long as a read might not show what exists.
    if stored.is_none()
        && let Choice::Ours(found, _) = &current
    {
        let by_id = async || {
            let again = read(Some(found.id.clone())).await?;
            Ok(again.into_iter().find(|one| one.id == found.id))
        };
        let again = match by_id().await? {
            Some(again) => Some(again),
            None => look_again(ctx, by_id).await?,
        };
        if again.is_none() {
            current = Choice::None;
        }
    }
    let predecessors: Vec<&Deposed> = stored.iter().flat_map(|entry| &entry.deposed).collect();
    let found = join_all(predecessors.iter().map(|old| read(Some(old.id.clone())))).await;
    let mut alive = Vec::new();
    for (old, found) in predecessors.into_iter().zip(found) {
        let found: Vec<Found<Value>> = found?.into_iter().filter(|one| one.id == old.id).collect();
        if found.is_empty() {
            continue;
        }
        for one in &found {
            if let Some(error) = foreign(ctx, one, Known::ById) {
                return Err(error);
            }
        }
        if matches!(current, Choice::None) && old.unseen.is_some() {
            current = choose(found)?;
            if !matches!(current, Choice::None) {
                continue;
            }
        }
        alive.push(old.id.clone());
    }
    if let Choice::Ours(chosen, _) = &current {
        alive.retain(|id| *id != chosen.id);
    }
    Ok((current, alive))
}
