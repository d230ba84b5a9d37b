//! Loads the stored states of a stack.

use futures_util::future::try_join_all;
use rd_common::context::Context;
use rd_common::slices::SLICES;
use rd_common::state::store::Holder;
use rd_common::{Document, Error, Result};

/// Every state of the stack, in the order of the slices' names.
pub async fn all(context: &Context) -> Result<Vec<Document>> {
    let slices = context.store.slices(&context.stack.id()).await?;
    let documents = slices.iter().map(|slice| context.load_state(slice));
    let documents = try_join_all(documents).await?;
    Ok(documents.into_iter().flatten().collect())
}

/// The slices whose states are locked, with the holders, in the order of the pipe. Also those that have no state yet: a
/// first apply holds a lock before it writes one.
pub async fn held_locks(context: &Context) -> Result<Vec<(String, Holder)>> {
    let mut slices: Vec<String> = SLICES.iter().map(ToString::to_string).collect();
    for slice in context.store.slices(&context.stack.id()).await? {
        if !slices.contains(&slice) {
            slices.push(slice);
        }
    }
    let holder = async |slice: String| {
        let holder = context.store.holder(&context.key(&slice)).await?;
        Ok(holder.map(|holder| (slice, holder)))
    };
    let held: Vec<Option<(String, Holder)>> = try_join_all(slices.into_iter().map(holder)).await?;
    Ok(held.into_iter().flatten().collect())
}

/// The state of one slice; the error of a missing state lists the states that exist.
pub async fn one(context: &Context, slice: &str) -> Result<Document> {
    let stack = context.stack.name();
    match context.load_state(slice).await? {
        Some(document) => Ok(document),
        None => {
            let slices = context.store.slices(&context.stack.id()).await?;
            let hint = if slices.is_empty() {
                format!("{stack} has no states: check --environment, or apply a slice")
            } else {
                format!("states exist for {}", slices.join(", "))
            };
            Err(Error::usage(format!("{stack} has no state of slice `{slice}`")).hint(hint))
        }
    }
}
