//! Finds what carries the tags of this slice in AWS and is in no state: what a lost state or a killed run left.

use crate::error::Result;
use crate::plan::planner::Plan;
use crate::resource::any_kind::Kinds;
use crate::resource::ctx::Ctx;
use crate::resource::kind::{Found, Readiness, Wanted};
use crate::state::document::Document;
use futures_util::future::try_join_all;
use serde_json::Value;
use std::collections::BTreeSet;

/// Resources, by kind, that carry the slice's tags and whose ids no state knows.
pub async fn find_untracked<C: 'static>(
    ctx: &Ctx<C>,
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
