//! Decides what an apply does with each resource, from the settings, the live resources, and the state. Pure.

use crate::error::Result;
use crate::plan::cause::set_causes;
use crate::plan::create_and_delete_order::set_deleted_first;
use crate::plan::deletes::deletes;
use crate::plan::dependency_order::by_dependency;
use crate::plan::ownership::differs;
use crate::plan::planned::{Plan, Planned};
use crate::plan::refresh::{Observed, attribute_of};
use crate::plan::tag_changes::tag_changes;
use crate::resource::action::Action;
use crate::resource::any_kind::Kinds;
use crate::resource::change::{Cause, Change, is_unknown};
use crate::resource::input::{Reference, references, resolve};
use crate::resource::kind::{Readiness, ReplaceOrder};
use crate::resource::parts::{Node, Parts};
use crate::stack::Stack;
use crate::state::document::{Document, Phase, Resource};
use serde_json::Value;
use std::collections::BTreeMap;

/// What is known of the outputs of other slices.
pub struct OtherSlices<'a> {
    /// The value of an output; none where it is not known yet.
    pub value: &'a dyn Fn(&Reference) -> Option<Value>,
    /// Whether the resource that an output comes from is deleted before its successor exists.
    pub deleted_first: &'a dyn Fn(&Reference) -> bool,
}

/// What every resource is planned with.
struct Inputs<'a, C> {
    stack: &'a Stack,
    kinds: &'a Kinds<C>,
    state: &'a Document,
    observed: &'a Observed,
    others: &'a OtherSlices<'a>,
}

/// The plan of an apply. Fails where a kind cannot compare a resource.
pub fn plan<C: 'static>(
    stack: &Stack,
    kinds: &Kinds<C>,
    parts: &Parts,
    state: &Document,
    observed: &Observed,
    others: &OtherSlices<'_>,
) -> Result<Plan> {
    let outputs = others.value;
    let inputs = Inputs {
        stack,
        kinds,
        state,
        observed,
        others,
    };
    let mut planned: BTreeMap<String, Planned> = BTreeMap::new();
    let mut order = Vec::new();
    for node in by_dependency(&parts.nodes)? {
        let lookup = |reference: &Reference| {
            known_after_apply(reference, &planned).or_else(|| outputs(reference))
        };
        let spec = resolve(&node.spec, &lookup);
        let mut one = plan_one(&inputs, node, &spec, &planned).map_err(|e| e.at(&node.address))?;
        one.spec = spec;
        order.push(node.address.clone());
        planned.insert(node.address.clone(), one);
    }
    let lookup = |reference: &Reference| {
        known_after_apply(reference, &planned).or_else(|| outputs(reference))
    };
    let outputs = parts
        .outputs
        .iter()
        .map(|(name, value)| (name.clone(), resolve(value, &lookup)))
        .collect();
    let mut plan = Plan {
        outputs,
        ..deletes(state, observed, &order.iter().cloned().collect())
    };
    let desired = order.iter().filter_map(|address| planned.remove(address));
    plan.resources.splice(0..0, desired);
    keep_used(&mut plan, kinds)?;
    set_deleted_first(&mut plan, state);
    Ok(plan)
}

/// Takes the predecessors out of a plan that AWS will still use after it, since a change to their successors is pending:
/// their deletes are pending, too.
fn keep_used<C: 'static>(plan: &mut Plan, kinds: &Kinds<C>) -> Result<()> {
    let mut used: BTreeMap<(&'static str, String), String> = BTreeMap::new();
    let stay = plan.resources.iter();
    for user in stay.filter(|one| !matches!(one.action, Action::Delete | Action::Replace)) {
        let Some(live) = &user.live else {
            continue;
        };
        for (kind, id) in kinds.get(&user.kind)?.uses(&live.live)? {
            if !user
                .fields
                .iter()
                .any(|change| change.before == id.as_str())
            {
                used.insert((kind, id), user.address.clone());
            }
        }
    }
    let mut kept = Vec::new();
    plan.deposed.retain(|(address, kind, id)| {
        let user = used.get(&(kind.as_str(), id.clone()));
        kept.extend(user.map(|user| (address.clone(), id.clone(), user.clone())));
        user.is_none()
    });
    for (address, id, user) in kept {
        let delete = format!("until {user} no longer uses the old {id}: its delete");
        let successors = plan.resources.iter_mut();
        for successor in successors.filter(|one| one.address == address) {
            successor.pending = Some(match successor.pending.take() {
                Some(others) => format!("{others}; {delete}"),
                None => delete.clone(),
            });
        }
    }
    Ok(())
}

/// The value that a reference will have after the apply; none where it is not known yet.
fn known_after_apply(reference: &Reference, planned: &BTreeMap<String, Planned>) -> Option<Value> {
    let Reference::Attribute(address, attribute) = reference else {
        return None;
    };
    let target = planned.get(address)?;
    let live = target.live.as_ref()?;
    let changes = matches!(target.action, Action::Create | Action::Replace)
        || target.fields.iter().any(|change| change.path == *attribute);
    if changes {
        return None;
    }
    attribute_of(&live.id, &live.live, attribute)
}

fn plan_one<C: 'static>(
    inputs: &Inputs<'_, C>,
    node: &Node,
    spec: &Value,
    earlier: &BTreeMap<String, Planned>,
) -> Result<Planned> {
    let Inputs {
        stack,
        kinds,
        state,
        observed,
        others,
    } = inputs;
    let any = kinds.get(node.kind)?;
    let stored = state.resources.get(&node.address);
    let mut planned = Planned {
        address: node.address.clone(),
        kind: node.kind.to_owned(),
        action: Action::Create,
        fields: Vec::new(),
        replace_order: ReplaceOrder::CreateFirst,
        spec: Value::Null,
        live: observed.live.get(&node.address).cloned(),
        node: Some(node.clone()),
        depends_on: node.depends_on(),
        tags: stack.tags_for(&node.address),
        pending: None,
        refused: None,
    };
    let Some(found) = &planned.live else {
        let lost = stored.and_then(|resource| resource.id.as_deref());
        let refused = observed.foreign.get(&node.address).cloned();
        let refused = refused.or_else(|| lost.and_then(|id| any.allow_recreate(id).err()));
        planned.refused = refused.map(|error| error.at(&node.address));
        let cause = lost.map_or(Cause::Config, |_| Cause::Drift);
        planned.fields = fields_of_create(spec, cause);
        return Ok(planned);
    };
    let last = stored.map(|resource| &resource.spec);
    let mut fields = any.diff(spec, &found.live, last)?;
    let last_tags = stored
        .filter(|_| any.tags_not_read())
        .map(|resource| &resource.tags);
    let live_tags = found.tags.as_ref().or(last_tags);
    fields.extend(tag_changes(&planned.tags, live_tags, stored));
    set_causes(&mut fields, spec, last, earlier);
    if let Some(reason) = failure(any.ready(&found.live)?, stored) {
        fields.push(Change {
            path: "state".to_owned(),
            before: Value::String(reason),
            after: Value::String("ready".to_owned()),
            cause: Cause::Drift,
            replaces: true,
        });
    }
    planned.replace_order = any.replace_order(&fields);
    // AWS deletes nothing that is in use. So a resource that refers to one that is deleted first is replaced, too; and
    // one that only depends on it, but is replaced for another reason, is deleted before it.
    let is_deleted_first = |target: &String| {
        earlier.get(target).is_some_and(|t| {
            t.action == Action::Replace && t.replace_order == ReplaceOrder::DeleteFirst
        })
    };
    let loses_its_target = references(&node.spec)
        .iter()
        .any(|reference| match reference {
            Reference::Attribute(target, _) => is_deleted_first(target),
            Reference::Output(..) => (others.deleted_first)(reference),
        });
    if loses_its_target {
        for change in fields.iter_mut().filter(|change| is_unknown(&change.after)) {
            change.replaces = true;
        }
    }
    if planned.depends_on.iter().any(is_deleted_first) {
        planned.replace_order = ReplaceOrder::DeleteFirst;
    }
    let is_stored = stored.is_some_and(|resource| resource.id.as_ref() == Some(&found.id));
    planned.action = if fields.iter().any(|change| change.replaces) {
        Action::Replace
    } else if !is_stored {
        Action::Import
    } else if fields.is_empty() {
        Action::None
    } else {
        Action::Update
    };
    if !fields.is_empty() {
        let last = last.filter(|_| is_stored);
        let valid = any.validate(spec, &found.live, last, &fields);
        planned.refused = valid.err().map(|error| error.at(&node.address));
        // Without tags, only its place says that it is this stack's.
        if planned.refused.is_none()
            && found.tags.is_none()
            && stored.is_none()
            && !any.retained()
            && !any.may_import(spec, &fields)?
        {
            planned.refused = Some(differs(&node.address, &found.id));
        }
    }
    planned.pending = any.pending(&found.live)?;
    planned.fields = fields;
    Ok(planned)
}

/// Why a live resource must be replaced, whatever its fields are.
fn failure(readiness: Readiness, stored: Option<&Resource>) -> Option<String> {
    match readiness {
        Readiness::Failed(reason) => Some(format!("failed: {reason}")),
        _ if stored.is_some_and(|resource| resource.phase == Phase::Failed) => {
            Some("failed".to_owned())
        }
        _ => None,
    }
}

/// All fields of a spec that are set, as the changes of a create.
fn fields_of_create(spec: &Value, cause: Cause) -> Vec<Change> {
    let Some(members) = spec.as_object() else {
        return Vec::new();
    };
    members
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(path, value)| Change {
            path: path.clone(),
            before: Value::Null,
            after: value.clone(),
            cause,
            replaces: false,
        })
        .collect()
}
