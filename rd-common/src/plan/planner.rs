//! Decides what is to be done with each resource. Pure: from what is wanted, what is there and what was last applied.

use crate::error::{Error, Result};
use crate::plan::refresh::Observed;
use crate::resource::action::Action;
use crate::resource::any_kind::Kinds;
use crate::resource::change::{Cause, Change, at_path, is_unknown};
use crate::resource::input::{Reference, references, resolve};
use crate::resource::kind::{Found, Readiness, ReplaceOrder};
use crate::resource::parts::{Node, Parts};
use crate::stack::{Stack, Tags};
use crate::state::document::{Document, Phase, Resource};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be done with one resource.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// What to do.
    pub action: Action,
    /// Why: the fields that differ.
    pub fields: Vec<Change>,
    /// The order, where it is replaced.
    pub replace_order: ReplaceOrder,
    /// What is live.
    pub live: Option<Found<Value>>,
    /// The wanted resource; none for a delete.
    pub node: Option<Node>,
    /// The addresses that it needs.
    pub depends_on: Vec<String>,
    /// The tags it shall have.
    pub tags: Tags,
    /// What was asked for before and AWS does later by itself.
    pub pending: Option<String>,
    /// Why this must not be done; an apply of the plan is refused with it.
    pub refused: Option<Error>,
}

/// A whole plan.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Every wanted resource in the order of their needs, then every unwanted one.
    pub resources: Vec<Planned>,
    /// Replaced resources that are still to be deleted: address, kind and id.
    pub deposed: Vec<(String, String, String)>,
    /// Remembered resources that AWS does not have and nobody wants: forgotten by the next apply.
    pub gone: Vec<String>,
    /// Replaced resources, address and id, that a run deleted and was killed before it noted so: forgotten likewise.
    pub gone_deposed: Vec<(String, String)>,
    /// The outputs, with references for what is not known yet.
    pub outputs: Vec<(String, Value)>,
}

impl Plan {
    /// Whether an apply would do anything at AWS.
    pub fn has_changes(&self) -> bool {
        !self.deposed.is_empty() || self.resources.iter().any(|r| r.action != Action::None)
    }

    /// The first reason why it must not be applied.
    pub fn refused(&self) -> Option<&Error> {
        self.resources.iter().find_map(|one| one.refused.as_ref())
    }

    /// How many resources have each action.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for resource in &self.resources {
            *counts.entry(resource.action.word().to_owned()).or_default() += 1;
        }
        if !self.deposed.is_empty() {
            *counts.entry(Action::Delete.word().to_owned()).or_default() +=
                self.deposed.len() as u64;
        }
        counts
    }
}

/// Makes the plan of an apply. `outputs` knows other slices' outputs.
pub fn plan<C: 'static>(
    stack: &Stack,
    kinds: &Kinds<C>,
    parts: &Parts,
    state: &Document,
    observed: &Observed,
    outputs: &dyn Fn(&Reference) -> Option<Value>,
) -> Result<Plan> {
    let mut made: BTreeMap<String, Planned> = BTreeMap::new();
    let mut order = Vec::new();
    for node in sorted(&parts.nodes)? {
        let lookup =
            |reference: &Reference| known_after(reference, &made).or_else(|| outputs(reference));
        let spec = resolve(&node.spec, &lookup);
        let planned = plan_one(stack, kinds, node, &spec, state, observed, &made)
            .map_err(|e| e.at(&node.address))?;
        order.push(node.address.clone());
        made.insert(node.address.clone(), planned);
    }
    let lookup =
        |reference: &Reference| known_after(reference, &made).or_else(|| outputs(reference));
    let outputs = parts
        .outputs
        .iter()
        .map(|(name, value)| (name.clone(), resolve(value, &lookup)))
        .collect();
    let mut plan = Plan {
        outputs,
        ..removals(state, observed, &order.iter().cloned().collect())
    };
    let wanted = order.iter().filter_map(|address| made.remove(address));
    plan.resources.splice(0..0, wanted);
    Ok(plan)
}

/// Makes the plan of a destroy: everything goes.
pub fn destroy_plan(parts: &Parts, state: &Document, observed: &Observed) -> Plan {
    let mut plan = removals(state, observed, &BTreeSet::new());
    // Found by its tags though the state had lost it: it goes too.
    for node in &parts.nodes {
        if let Some(found) = observed.live.get(&node.address)
            && !state.resources.contains_key(&node.address)
        {
            plan.resources.push(removal(
                &node.address,
                node.kind,
                node.depends_on(),
                found.clone(),
            ));
        }
    }
    plan
}

fn removal(address: &str, kind: &str, depends_on: Vec<String>, live: Found<Value>) -> Planned {
    Planned {
        address: address.to_owned(),
        kind: kind.to_owned(),
        action: Action::Delete,
        fields: Vec::new(),
        replace_order: ReplaceOrder::DeleteFirst,
        live: Some(live),
        node: None,
        depends_on,
        tags: Tags::new(),
        pending: None,
        refused: None,
    }
}

fn removals(state: &Document, observed: &Observed, wanted: &BTreeSet<String>) -> Plan {
    let mut plan = Plan::default();
    for (address, resource) in &state.resources {
        for old in &resource.deposed {
            let one = (address.clone(), old.id.clone());
            if !observed.deposed.contains(&one) {
                plan.gone_deposed.push(one);
            }
        }
        for (_, id) in observed.deposed.iter().filter(|(of, _)| of == address) {
            plan.deposed
                .push((address.clone(), resource.kind.clone(), id.clone()));
        }
        if wanted.contains(address) {
            continue;
        }
        match observed.live.get(address) {
            Some(found) => plan.resources.push(removal(
                address,
                &resource.kind,
                resource.depends_on.clone(),
                found.clone(),
            )),
            None => plan.gone.push(address.clone()),
        }
    }
    plan
}

/// The value of a reference once the plan is carried out, where that is known already.
fn known_after(reference: &Reference, made: &BTreeMap<String, Planned>) -> Option<Value> {
    let Reference::Attribute(address, attribute) = reference else {
        return None;
    };
    let target = made.get(address)?;
    let live = target.live.as_ref()?;
    let changes = matches!(target.action, Action::Create | Action::Replace)
        || target.fields.iter().any(|change| change.path == *attribute);
    if changes {
        return None;
    }
    super::refresh::attribute_of(&live.id, &live.live, attribute)
}

fn plan_one<C: 'static>(
    stack: &Stack,
    kinds: &Kinds<C>,
    node: &Node,
    spec: &Value,
    state: &Document,
    observed: &Observed,
    made: &BTreeMap<String, Planned>,
) -> Result<Planned> {
    let any = kinds.get(node.kind)?;
    let remembered = state.resources.get(&node.address);
    let tags = stack.tags_for(&node.address);
    let mut planned = Planned {
        address: node.address.clone(),
        kind: node.kind.to_owned(),
        action: Action::Create,
        fields: Vec::new(),
        replace_order: ReplaceOrder::CreateFirst,
        live: observed.live.get(&node.address).cloned(),
        node: Some(node.clone()),
        depends_on: node.depends_on(),
        tags,
        pending: None,
        refused: None,
    };
    let Some(found) = &planned.live else {
        let lost = remembered.and_then(|r| r.id.as_deref());
        let refused = lost.and_then(|id| any.allow_recreate(id).err());
        let refused = refused.or_else(|| observed.foreign.get(&node.address).cloned());
        planned.refused = refused.map(|error| error.at(&node.address));
        let cause = lost.map_or(Cause::Config, |_| Cause::Drift);
        planned.fields = creation(spec, cause);
        return Ok(planned);
    };
    let last = remembered.map(|r| &r.spec);
    let mut fields = any.diff(spec, &found.live, last)?;
    let untold = remembered.filter(|_| any.tags_not_read()).map(|r| &r.tags);
    let tags = found.tags.as_ref().or(untold);
    fields.extend(tag_changes(&planned.tags, tags, remembered));
    for change in &mut fields {
        change.cause = cause(change, spec, last, made);
    }
    // What only AWS gives changes for the reason for which the rest does.
    let own = |change: &Change| at_path(spec, &change.path).is_some();
    if fields
        .iter()
        .any(|one| own(one) && one.cause == Cause::Config)
    {
        for change in fields.iter_mut().filter(|one| !own(one)) {
            if !change.path.starts_with("tags.") {
                change.cause = Cause::Config;
            }
        }
    }
    if let Some(reason) = unusable(any.ready(&found.live)?, remembered) {
        fields.push(Change {
            path: "state".to_owned(),
            before: Value::String(reason),
            after: Value::String("ready".to_owned()),
            cause: Cause::Drift,
            replaces: true,
        });
    }
    planned.replace_order = any.replace_order(&fields);
    // What must go first takes along whatever refers to it: AWS deletes nothing that is in use. What only comes after
    // it, and is replaced for another reason, must be out of its way as well.
    let goes_first = |target: &String| {
        made.get(target).is_some_and(|t| {
            t.action == Action::Replace && t.replace_order == ReplaceOrder::DeleteFirst
        })
    };
    let uproots = references(&node.spec)
        .iter()
        .any(|reference| match reference {
            Reference::Attribute(target, _) => goes_first(target),
            Reference::Output(..) => false,
        });
    if uproots {
        for change in fields.iter_mut().filter(|change| is_unknown(&change.after)) {
            change.replaces = true;
        }
    }
    if planned.depends_on.iter().any(goes_first) {
        planned.replace_order = ReplaceOrder::DeleteFirst;
    }
    let known = remembered.is_some_and(|r| r.id.as_deref() == Some(found.id.as_str()));
    planned.action = if fields.iter().any(|change| change.replaces) {
        Action::Replace
    } else if !known {
        Action::Import
    } else if fields.is_empty() {
        Action::None
    } else {
        Action::Update
    };
    if !fields.is_empty() {
        let last = last.filter(|_| known);
        let allowed = any.validate(spec, &found.live, last, &fields);
        planned.refused = allowed.err().map(|error| error.at(&node.address));
    }
    planned.pending = any.pending(&found.live)?;
    planned.fields = fields;
    Ok(planned)
}

/// Why a resource that is there cannot stay.
fn unusable(readiness: Readiness, remembered: Option<&Resource>) -> Option<String> {
    match readiness {
        Readiness::Failed(reason) => Some(format!("failed: {reason}")),
        _ if remembered.is_some_and(|r| r.phase == Phase::Failed) => Some("failed".to_owned()),
        _ => None,
    }
}

fn creation(spec: &Value, cause: Cause) -> Vec<Change> {
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

/// Tags that are missing or other than wanted, and those that we once set and no longer want. Tags that others set are
/// left alone.
fn tag_changes(wanted: &Tags, live: Option<&Tags>, remembered: Option<&Resource>) -> Vec<Change> {
    let Some(live) = live else {
        return Vec::new();
    };
    let text = |value: Option<&String>| value.map_or(Value::Null, |v| Value::String(v.clone()));
    let change = |key: &String, after: Option<&String>| Change {
        path: format!("tags.{key}"),
        before: text(live.get(key)),
        after: text(after),
        cause: match remembered {
            Some(r) if r.tags.get(key) == after => Cause::Drift,
            _ => Cause::Config,
        },
        replaces: false,
    };
    let missing = wanted
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(key, value)| change(key, Some(value)));
    let dropped = remembered
        .into_iter()
        .flat_map(|r| r.tags.keys())
        .filter(|key| !wanted.contains_key(*key) && live.contains_key(*key))
        .map(|key| change(key, None));
    missing.chain(dropped).collect()
}

/// Drift, where the same was wanted at the last apply; a value that comes from elsewhere differs for the reason for
/// which that resource is made anew.
fn cause(
    change: &Change,
    spec: &Value,
    last: Option<&Value>,
    made: &BTreeMap<String, Planned>,
) -> Cause {
    if change.path.starts_with("tags.") {
        return change.cause;
    }
    let Some(last) = last else {
        return Cause::Config;
    };
    let after = at_path(spec, &change.path);
    for reference in references(after.unwrap_or(&Value::Null)) {
        if let Reference::Attribute(target, _) = reference {
            let config = made
                .get(&target)
                .is_some_and(|t| t.fields.iter().any(|f| f.cause == Cause::Config));
            return if config { Cause::Config } else { Cause::Drift };
        }
    }
    if at_path(last, &change.path) == after {
        Cause::Drift
    } else {
        Cause::Config
    }
}

/// The nodes, each after what it needs.
fn sorted(nodes: &[Node]) -> Result<Vec<&Node>> {
    let mut left: Vec<&Node> = nodes.iter().collect();
    let mut done = BTreeSet::new();
    let all: BTreeSet<&str> = nodes.iter().map(|node| node.address.as_str()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let (ready, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|node| {
            node.depends_on()
                .iter()
                .all(|need| done.contains(need) || !all.contains(need.as_str()))
        });
        if ready.is_empty() {
            let names: Vec<&str> = later.iter().map(|node| node.address.as_str()).collect();
            return Err(Error::failed(format!(
                "these need each other: {}",
                names.join(", ")
            )));
        }
        done.extend(ready.iter().map(|node| node.address.clone()));
        order.extend(ready);
        left = later;
    }
    Ok(order)
}
