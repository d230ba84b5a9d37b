//! `unlock`: takes the lock away from a run that will not give it back.

use rd_common::context::Context;
use rd_common::{Error, Exit, Result};

/// Flags of `unlock`.
#[derive(clap::Args, Clone, Debug)]
pub struct UnlockArgs {
    /// The slice, such as net
    slice: String,
    /// Take it away though its holder lives
    #[arg(long)]
    force: bool,
}

/// Runs it. A dead run's lock is free by itself, so whoever is found here lives.
pub async fn run(context: &Context, args: &UnlockArgs) -> Result<Exit> {
    let key = context.key(&args.slice);
    let Some(holder) = context.store.holder(&key).await? else {
        context
            .printer
            .text(&format!("nobody holds the lock of {}\n", args.slice));
        return Ok(Exit::Done);
    };
    let held = format!("{} ({}) since {:.0}", holder.who, holder.what, holder.since);
    if !args.force {
        return Err(Error::refused(format!("{} is locked by {held}, which lives", args.slice)).hint(
            "wait for it, or end it: its lock ends with it; --force takes the lock away, and what that run then writes is refused",
        ));
    }
    context.store.break_lock(&key).await?;
    context.printer.text(&format!("taken away from {held}\n"));
    Ok(Exit::Done)
}
