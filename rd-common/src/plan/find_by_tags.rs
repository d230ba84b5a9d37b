//! Finds untracked resources: those in AWS that are tagged for this slice, but in no state, after a state was lost.

use crate::error::Result;
use crate::plan::planned::Plan;
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::kind::{Found, Readiness, Wanted};
use crate::state::document::Document;
use futures_util::future::try_join_all;
use serde_json::Value;
use std::collections::BTreeSet;

/// The resources, with their kinds, that are tagged for the slice, but neither in the state nor at an address of the
/// plan.
pub async fn find_untracked<C: 'static>(
    ctx: &Ctx<C>,
    kinds: &Kinds<C>,
    state: &Document,
    plan: &Plan,
) -> Result<Vec<(&'static str, Found<Value>)>> {
    // An id is unique only among its kind: a database and its subnet group can have the same name. And a kind can find
    // a resource of another kind by its tags, such as a VPC's default security group: that one is in the state at its
    // address.
    let known: BTreeSet<(&str, &str)> = state.kinds_and_ids().collect();
    let at_address = |one: &Found<Value>| {
        let stored = state.resources.get(&one.address);
        let planned = plan.resources.iter().find(|p| p.address == one.address);
        stored.and_then(|resource| resource.id.as_ref()) == Some(&one.id)
            || planned.and_then(|planned| Some(&planned.live.as_ref()?.id)) == Some(&one.id)
    };
    let reads = kinds.all().map(|(name, any)| async move {
        let found = any.find(ctx, vec![Wanted::any()]).await?;
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
