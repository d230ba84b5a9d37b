//! `restore`: an old version of a state comes back as the next one.

use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Exit, Result};

/// Flags of `restore`.
#[derive(clap::Args, Clone, Debug)]
pub struct RestoreArgs {
    /// The slice, such as net
    slice: String,
    /// The version, by its serial
    serial: u64,
}

/// Runs it.
pub async fn run(context: &Context, args: &RestoreArgs) -> Result<Exit> {
    let restore = async |state: LockedState| state.restore(args.serial).await;
    let restored = context
        .with_locked_state(&args.slice, "restore", restore)
        .await?;
    context.printer.text(&format!(
        "serial {} is back, as serial {}; nothing was done at AWS: rd-{} plan shows what differs\n",
        args.serial, restored.serial, args.slice
    ));
    Ok(Exit::Done)
}
