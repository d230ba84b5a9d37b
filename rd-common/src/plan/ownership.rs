//! Whose a resource is that was found for an address: the state, or its tags, must say that it is this stack's.

use crate::error::Error;
use crate::resource::ctx::Ctx;
use crate::resource::kind::Found;
use crate::stack::{StackId, Tags};
use serde_json::Value;

/// What the state says of a resource that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The state has its id.
    ById,
    /// The state has its address without an id, because a create was interrupted, or AWS itself creates it: without tags,
    /// it may be what that run or AWS created.
    ByAddress,
    /// The state does not have it.
    No,
}

/// The error with which an apply is refused, where the tags of `one` say that it is not this stack's; none where it is,
/// and for a kind without tags. A resource that only its name or its place gave is somebody else's if it has no tags.
pub(super) fn foreign<C>(ctx: &Ctx<C>, one: &Found<Value>, known: Known) -> Option<Error> {
    let tags = one.tags.as_ref()?;
    let error = match known {
        Known::ById => {
            let other = ctx.stack.other_owner(tags)?;
            in_two_states(ctx, one, &other)
        }
        Known::ByAddress if tags.is_empty() => return None,
        Known::ByAddress | Known::No => {
            if ctx.stack.owns(ctx.slice, tags) {
                return None;
            }
            match StackId::of_tags(tags) {
                Some(other) if other != ctx.stack.id() && other.name() == ctx.stack.name() => {
                    same_name(ctx, one, &other)
                }
                _ => not_ours(ctx, one, tags),
            }
        }
    };
    Some(error.at(&one.address))
}

fn in_two_states<C>(ctx: &Ctx<C>, one: &Found<Value>, other: &StackId) -> Error {
    Error::refused(format!(
        "{} is in the state of the stack {}, but its tags say that it belongs to the stack {other}",
        one.id,
        ctx.stack.id()
    ))
    .hint(format!(
        "nothing was changed; if it belongs to {other}, forget it here with rd-state rm {}; otherwise set its tags back \
         to {}",
        one.address,
        ours(ctx)
    ))
}

fn same_name<C>(ctx: &Ctx<C>, one: &Found<Value>, other: &StackId) -> Error {
    Error::refused(format!(
        "{} already exists and belongs to the stack {other}, whose resources have the same names as those of {}",
        one.id,
        ctx.stack.id()
    ))
    .hint(format!(
        "nothing was changed; both stacks are called {}: choose another `project` or `environment` for one of them",
        ctx.stack.name()
    ))
}

fn not_ours<C>(ctx: &Ctx<C>, one: &Found<Value>, tags: &Tags) -> Error {
    let what = if tags.is_empty() {
        "it has no tags".to_owned()
    } else {
        let tags: Vec<String> = tags.iter().map(pair).collect();
        format!("its tags are {}", tags.join(", "))
    };
    Error::refused(format!(
        "{} already exists and does not belong to this stack: {what}",
        one.id
    ))
    .hint(format!(
        "nothing was changed; choose another name in rd.toml, import it with rd-state import {} {}, or tag it {}",
        one.address,
        one.id,
        ours(ctx)
    ))
}

/// The error for a resource of a kind without tags that is in no state and differs from the settings.
pub(super) fn differs(address: &str, id: &str) -> Error {
    Error::refused(format!(
        "{id} already exists, is in no state, and differs from the settings"
    ))
    .hint(format!(
        "nothing was changed; to let rd change it, import it with rd-state import {address} {id}; otherwise delete it, or \
         make it equal to the settings"
    ))
    .at(address)
}

fn ours<C>(ctx: &Ctx<C>) -> String {
    let tags = ctx.stack.ownership(ctx.slice);
    let tags: Vec<String> = tags.iter().map(|(key, value)| pair((key, value))).collect();
    tags.join(", ")
}

fn pair((key, value): (&String, &String)) -> String {
    format!("{key}={value}")
}
