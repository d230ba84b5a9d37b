//! Finds addresses that exist under two ids: two checkouts have created the same stack at the same time. AWS accepts that
//! where a resource has no unique name, and the lock of a local store does not reach the other machine.

use crate::error::{Error, Result};
use crate::plan::planned::Plan;
use crate::resource::action::Action;
use crate::resource::any_kind::{AnyKind, Kinds};
use crate::resource::kind::{Readiness, Wanted};
use crate::resource::reader::Reader;
use crate::state::document::{Document, Resource};
use futures_util::future::try_join_all;
use serde_json::Value;

/// The error code, of our own, for an address that exists under two ids. A run starts nothing more after it.
pub const TWO_IDS: &str = "rd:TwoIds";

/// A resource without a unique name, as the state knows it.
#[derive(Clone, Debug)]
pub struct Root {
    /// The address in the settings, such as `net.vpc.main`.
    pub address: String,
    /// The name of its kind.
    pub kind: String,
    /// The id that the state has; none where it is about to be created.
    pub id: Option<String>,
    /// The ids of its predecessors, which are still to be deleted.
    pub deposed: Vec<String>,
    /// Its spec, without references.
    pub spec: Value,
}

impl Root {
    /// A resource in the state.
    pub fn stored(address: &str, resource: &Resource) -> Self {
        Self {
            address: address.to_owned(),
            kind: resource.kind.clone(),
            id: resource.id.clone(),
            deposed: resource.deposed.iter().map(|old| old.id.clone()).collect(),
            spec: resource.spec.clone(),
        }
    }
}

/// The resources without a unique name whose ids are in the state.
pub fn roots<C: 'static>(kinds: &Kinds<C>, state: &Document) -> Vec<Root> {
    let is_root = |resource: &Resource| {
        resource.id.is_some()
            && kinds
                .get(&resource.kind)
                .is_ok_and(|any| any.no_unique_name())
    };
    let all = state
        .resources
        .iter()
        .filter(|(_, resource)| is_root(resource));
    all.map(|(address, resource)| Root::stored(address, resource))
        .collect()
}

/// Whether the plan creates a resource for which `is` holds.
pub fn creates<C: 'static>(
    kinds: &Kinds<C>,
    plan: &Plan,
    is: impl Fn(&dyn AnyKind<C>) -> bool,
) -> bool {
    plan.resources.iter().any(|planned| {
        matches!(planned.action, Action::Create | Action::Replace)
            && kinds.get(&planned.kind).is_ok_and(|any| is(any.as_ref()))
    })
}

/// Looks for each of `roots` by its tags, and refuses where there is one with another id. Returns whether all of those
/// with an id were seen, since reads lag behind creates.
pub async fn refuse_doubles<C: 'static>(
    kinds: &Kinds<C>,
    reader: &Reader<C>,
    roots: &[Root],
) -> Result<bool> {
    let looks = roots.iter().map(|root| look(kinds, reader, root));
    Ok(try_join_all(looks).await?.into_iter().all(|seen| seen))
}

async fn look<C: 'static>(kinds: &Kinds<C>, reader: &Reader<C>, root: &Root) -> Result<bool> {
    let any = kinds.get(&root.kind)?;
    let wanted = Wanted {
        address: root.address.clone(),
        id: None,
        spec: Some(root.spec.clone()),
    };
    let mut seen = root.id.is_none();
    let mut others = Vec::new();
    for one in reader.find(&root.kind, wanted).await? {
        if root.id.as_ref() == Some(&one.id) {
            seen = true;
        } else if !root.deposed.contains(&one.id)
            && !matches!(any.ready(&one.live)?, Readiness::Leaving(_))
        {
            others.push(one.id);
        }
    }
    if others.is_empty() {
        return Ok(seen);
    }
    let others = others.join(", ");
    let error = match &root.id {
        Some(id) => Error::refused(format!(
            "this resource exists twice: {id}, which is in the state here, and {others}, which is in no state here"
        ))
        .hint(
            "another checkout applies this stack, too; nothing more was started and nothing was deleted: find out which \
             one is in use, delete the other one, and run apply again, which imports what is left",
        ),
        None => Error::refused(format!(
            "another run has created this resource a moment ago: {others}"
        ))
        .hint("wait until that run has ended, and run apply again, which imports it"),
    };
    Err(error
        .at(&root.address)
        .with_code(Some(TWO_IDS.to_owned()), None))
}
