//! Imports existing AWS resources into the state: those in the settings, and untracked ones, which are only tagged for
//! this slice. Changes nothing in AWS.

use crate::commands::all_resources::AllResources;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::pipe::output_resolver::OutputResolver;
use crate::pipe::session::Finished;
use crate::pipe::slice_session::SliceSession;
use crate::plan::given::{keep_differences, put_given};
use crate::plan::planned::{Plan, Planned};
use crate::plan::refresh::{attribute_of, stored_attribute};
use crate::plan::refreshed::Refreshed;
use crate::records::{Applied, Record, Verb};
use crate::resource::action::Action;
use crate::resource::change::is_unknown;
use crate::resource::ctx::hide;
use crate::resource::input::{Reference, resolve};
use crate::resource::kind::Found;
use crate::resource::slice::Slice;
use crate::resource::visibility::may_be_invisible;
use crate::stack::ADOPTED_TAG;
use crate::state::adopted::Adopted;
use crate::state::document::{Document, OtherMembers, Phase, Resource};
use crate::state::session::{LoadedState, Session};
use crate::state::store::Lock;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Imports a resource of the settings that exists in AWS.
pub(super) fn import_planned(
    document: &mut Document,
    planned: &Planned,
    external: &dyn Fn(&Reference) -> Option<Value>,
) {
    let (Some(live), Some(node)) = (&planned.live, &planned.node) else {
        return;
    };
    let spec = resolve(&node.spec, &|reference| {
        stored_attribute(document, reference).or_else(|| external(reference))
    });
    let resource = resource(planned.kind.clone(), live, spec, planned.depends_on.clone());
    // Only the tags that it has: the next apply sets the others, also for a kind whose tags are not read.
    let mut tags = planned.tags.clone();
    if let Some(live) = &live.tags {
        tags.retain(|key, value| live.get(key) == Some(value));
    }
    let mut resource = Resource { tags, ..resource };
    if let Some(mut former) = document.resources.remove(&planned.address) {
        // The entry is the only place that has the ids of its predecessors.
        former.set_id(&live.id);
        resource.deposed = former.deposed;
        resource.other = former.other;
    }
    document.resources.insert(planned.address.clone(), resource);
}

/// The id of another resource that the state has at the address of an untracked one. Such an untracked resource is never
/// imported: another checkout may use it.
pub(super) fn id_at_address<'a>(document: &'a Document, found: &Found<Value>) -> Option<&'a str> {
    document.resources.get(&found.address)?.id.as_deref()
}

/// Imports an untracked resource at the address in its tag, unless that address has another one. The next plan shows what
/// an apply does with it. Returns whether it was imported.
fn import_untracked(document: &mut Document, kind: &str, found: &Found<Value>) -> bool {
    if id_at_address(document, found).is_some() {
        return false;
    }
    if let Some(known) = document.resources.get_mut(&found.address) {
        known.set_id(&found.id);
        known.phase = Phase::Created;
        known.attributes = found.live.clone();
        return true;
    }
    // It needs the resources whose ids it contains, so it is deleted before them.
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
    let imported = resource(
        kind.to_owned(),
        found,
        found.live.clone(),
        needs.into_iter().collect(),
    );
    document.resources.insert(found.address.clone(), imported);
    true
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
        adopted: None,
        other: OtherMembers::new(),
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

/// Forgets a resource that reads do not show. The ids of its predecessors stay, and its own one too, as that of a
/// predecessor, where it was created so recently that reads may not show it yet.
pub(super) fn forget_unseen(document: &mut Document, address: &str) {
    let Some(resource) = document.resources.get_mut(address) else {
        return;
    };
    if may_be_invisible(resource) {
        resource.depose(false);
    }
    resource.vacate();
    if resource.is_empty() {
        document.resources.remove(address);
    }
}

/// The outputs of the slice whose values are known.
fn known_outputs(
    document: &Document,
    plan: &Plan,
    external: &dyn Fn(&Reference) -> Option<Value>,
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
                stored_attribute(document, reference)
                    .or_else(|| live(reference))
                    .or_else(|| external(reference))
            };
            (name.clone(), resolve(value, &known))
        })
        .filter(|(_, value)| !is_unknown(value))
        .collect()
}

/// A resource that was imported, for its `applied` record.
pub(super) struct Imported {
    /// The address in the state.
    pub(super) address: String,
    /// The name of its kind.
    pub(super) kind: String,
    /// The id of the resource in AWS.
    pub(super) id: String,
}

/// What an adopted resource keeps, which only its tag still tells; none for what rd has created. A resource without tags has been
/// adopted with the one that it belongs to, which `document` has by then.
fn kept_by<S: Slice>(
    document: &Document,
    planned: &Planned,
    all: &AllResources<S>,
) -> Result<Option<(Planned, Adopted)>> {
    let mut planned = planned.clone();
    let (Some(live), Some(node)) = (&mut planned.live, &mut planned.node) else {
        return Ok(None);
    };
    let is_adopted = |address: &String| {
        let one = document.resources.get(address);
        one.is_some_and(|one| one.adopted.is_some())
    };
    let is_part = live.tags.is_none();
    let was_adopted = match &live.tags {
        Some(tags) => tags.contains_key(ADOPTED_TAG),
        None => planned.depends_on.iter().any(is_adopted),
    };
    if !was_adopted {
        return Ok(None);
    }
    let any = all.refreshed.kinds.get(&planned.kind)?;
    let observed = &all.refreshed.observed;
    let fill = |spec: &Value| {
        resolve(spec, &|reference| {
            observed
                .lookup(reference)
                .or_else(|| all.outputs.get(reference))
        })
    };
    let (adopted, _) = keep_differences(any.as_ref(), &node.spec, &live.live, &fill)?;
    // rd may have created it since then.
    if is_part && adopted == Adopted::default() {
        return Ok(None);
    }
    put_given(&mut node.spec, &adopted);
    hide(&mut live.live, &adopted.kept);
    Ok(Some((planned, adopted)))
}

/// Imports everything that was found and the state lacks.
pub(super) fn import_all<S: Slice>(
    document: &mut Document,
    all: &AllResources<S>,
) -> Result<Vec<Imported>> {
    let external = |reference: &Reference| all.outputs.get(reference);
    let mut imported = Vec::new();
    for planned in &all.plan.resources {
        let known = document
            .resources
            .get(&planned.address)
            .and_then(|resource| resource.id.clone());
        if let (Some(live), Some(_)) = (&planned.live, &planned.node)
            && known.as_ref() != Some(&live.id)
        {
            match kept_by(document, planned, all)? {
                None => import_planned(document, planned, &external),
                Some((planned, adopted)) => {
                    import_planned(document, &planned, &external);
                    let entry = document.resources.get_mut(&planned.address);
                    entry
                        .into_iter()
                        .for_each(|one| one.adopted = Some(adopted.clone()));
                }
            }
            imported.push(Imported {
                address: planned.address.clone(),
                kind: planned.kind.clone(),
                id: live.id.clone(),
            });
        }
    }
    for (kind, found) in &all.untracked {
        if !import_untracked(document, kind, found) {
            continue;
        }
        imported.push(Imported {
            address: found.address.clone(),
            kind: (*kind).to_owned(),
            id: found.id.clone(),
        });
    }
    Ok(imported)
}

/// Sets what the state has of the slice beyond its resources: its outputs, the slices that it needs, its account.
pub(super) fn set_slice<S: Slice>(
    document: &mut Document,
    session: &SliceSession<S>,
    context: &Context,
    refreshed: &Refreshed<S>,
    plan: &Plan,
    outputs: &OutputResolver,
) {
    let external = |reference: &Reference| outputs.get(reference);
    // A slice without resources gives no outputs.
    document.outputs = if document.resources.is_empty() {
        BTreeMap::new()
    } else {
        known_outputs(document, plan, &external)
    };
    let (needs, optional_needs) = refreshed.needs();
    document.needs = needs.into_iter().collect();
    document.optional_needs = optional_needs.into_iter().collect();
    document.account = session.stack.account().to_owned();
    document.protect |= context.settings.stack.is_protected();
}

/// Changes the state with `edit`, which returns the resources that it imported. Saves the state if it changed, and
/// writes an `applied` record for each resource.
pub(super) async fn import_and_save<S: Slice>(
    session: &SliceSession<S>,
    context: &Context,
    state: LoadedState,
    lock: Rc<dyn Lock>,
    verb: Verb,
    all: &AllResources<S>,
    edit: impl FnOnce(&mut Document) -> Result<Vec<Imported>>,
) -> Result<Finished> {
    let before = state.document.clone();
    let open = Session::new(
        session.store.clone(),
        session.key(),
        lock,
        state,
        verb.as_str(),
    );
    let imported = open.change(|document| {
        let imported = edit(document)?;
        let AllResources {
            refreshed,
            outputs,
            plan,
            ..
        } = all;
        set_slice(document, session, context, refreshed, plan, outputs);
        Ok::<_, Error>(imported)
    })?;
    let changed =
        open.read(|now| now.resources != before.resources || now.outputs != before.outputs);
    if changed {
        open.save().await?;
    }
    let count = imported.len() as u64;
    for one in imported {
        session.printer.emit(&Record::Applied(Applied {
            slice: S::NAME.to_owned(),
            address: one.address,
            kind: one.kind,
            action: Action::Import,
            id: one.id,
            seconds: 0.0,
            pending: None,
        }));
    }
    let (lineage, serial) = open.read(|document| (document.lineage.clone(), document.serial));
    Ok(Finished {
        counts: BTreeMap::from([(Action::Import.word().to_owned(), count)]),
        lineage: (serial > 0).then_some(lineage),
        serial,
        exit: Exit::Done,
    })
}
