//! `rm`: forgets resources, and leaves them at AWS.

use crate::stack_states;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result};

/// Flags of `rm`.
#[derive(clap::Args, Clone, Debug)]
pub struct RmArgs {
    /// The addresses, all of one slice
    #[arg(required = true)]
    addresses: Vec<String>,
}

/// Runs it.
pub async fn run(context: &Context, args: &RmArgs) -> Result<Exit> {
    let slice = args.addresses[0].split('.').next().unwrap_or_default();
    if let Some(other) = args
        .addresses
        .iter()
        .find(|a| a.split('.').next() != Some(slice))
    {
        return Err(Error::usage(format!(
            "{other} is of another slice than {}",
            args.addresses[0]
        ))
        .hint("give the addresses of one slice at a time"));
    }
    let forget = async |state: LockedState| {
        let mut document = stack_states::one(context, slice).await?;
        let mut forgotten = Vec::new();
        for address in &args.addresses {
            let resource = document.resources.remove(address).ok_or_else(|| {
                Error::usage(format!("the state has no `{address}`"))
                    .hint("nothing was changed; `rd-state list` lists them")
            })?;
            let ids = resource
                .id
                .into_iter()
                .chain(resource.deposed.into_iter().map(|old| old.id));
            forgotten.push(format!("{address}  {}", ids.collect::<Vec<_>>().join(" ")));
        }
        state.save(document, "rm").await?;
        Ok(forgotten)
    };
    let forgotten = context.with_locked_state(slice, "rm", forget).await?;
    context.printer.text(&format!(
        "forgotten, and left at AWS:\n  {}\nan apply that wants one of them finds it by its tags and takes it over again\n",
        forgotten.join("\n  ")
    ));
    Ok(Exit::Done)
}
