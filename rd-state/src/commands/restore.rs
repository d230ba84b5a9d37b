//! `rd-state restore`: stores the contents of an old version of a state as the next version.

use rd_common::completion;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Exit, Result};
use serde_json::json;

/// Flags of `rd-state restore`.
#[derive(clap::Args, Clone, Debug)]
pub struct RestoreArgs {
    /// Name of the slice, such as net
    #[arg(add = completion::slices())]
    slice: String,
    /// Serial of the version to restore
    #[arg(add = completion::serials())]
    serial: u64,
}

/// Restores the version under the lock. Changes nothing in AWS.
pub async fn run(context: &Context, args: &RestoreArgs) -> Result<Exit> {
    let restore = async |state: LockedState| state.restore(args.serial).await;
    let restored = context
        .with_locked_state(&args.slice, "restore", restore)
        .await?;
    if context.printer.is_json() {
        let document = json!({"slice": args.slice, "from": args.serial, "serial": restored.serial});
        context.printer.text(&format!("{document}\n"));
        return Ok(Exit::Done);
    }
    context.printer.text(&format!(
        "restored serial {} as serial {}; nothing was changed in AWS: rd-{} plan shows the differences\n",
        args.serial, restored.serial, args.slice
    ));
    Ok(Exit::Done)
}
