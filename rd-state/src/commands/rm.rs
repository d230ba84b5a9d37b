//! `rd-state rm`: removes resources from a state without deleting them in AWS.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result};
use serde_json::json;

/// Flags of `rd-state rm`.
#[derive(clap::Args, Clone, Debug)]
pub struct RmArgs {
    /// Addresses of the resources, all in one slice
    #[arg(required = true, add = completion::addresses())]
    addresses: Vec<String>,
}

/// Removes the resources under the lock, and prints their ids. Removes none where one is missing.
pub async fn run(context: &Context, args: &RmArgs) -> Result<Exit> {
    let slice = args.addresses[0].split('.').next().unwrap_or_default();
    if let Some(other) = args
        .addresses
        .iter()
        .find(|a| a.split('.').next() != Some(slice))
    {
        return Err(Error::usage(format!(
            "{other} is in another slice than {}",
            args.addresses[0]
        ))
        .hint("pass the addresses of one slice at a time"));
    }
    let forget = async |state: LockedState| {
        let mut document = stack_states::one(context, slice).await?;
        let mut forgotten = Vec::new();
        for address in &args.addresses {
            let resource = document.resources.remove(address).ok_or_else(|| {
                Error::usage(format!("the state has no `{address}`"))
                    .hint("nothing was changed; `rd-state list` lists the addresses")
            })?;
            let ids = resource
                .id
                .into_iter()
                .chain(resource.deposed.into_iter().map(|old| old.id));
            forgotten.push((address.clone(), ids.collect::<Vec<String>>()));
        }
        state.save(document, "rm").await?;
        Ok(forgotten)
    };
    let forgotten = context.with_locked_state(slice, "rm", forget).await?;
    if context.printer.is_json() {
        let removed = forgotten.iter();
        let removed = removed.map(|(address, ids)| json!({"address": address, "ids": ids}));
        let document = json!({"removed": removed.collect::<Vec<_>>()});
        context.printer.text(&format!("{document}\n"));
        return Ok(Exit::Done);
    }
    let forgotten = forgotten.iter();
    let forgotten = forgotten.map(|(address, ids)| format!("{address}  {}", ids.join(" ")));
    let forgotten: Vec<String> = forgotten.collect();
    context.printer.text(&format!(
        "removed from the state, but not deleted in AWS:\n  {}\nif rd.toml still asks for one of them, the next apply imports it again\n",
        forgotten.join("\n  ")
    ));
    Ok(Exit::Done)
}
