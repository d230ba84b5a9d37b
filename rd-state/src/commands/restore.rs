//! `restore`: an old version of a state comes back as the next one.

use rd_common::cli::Program;
use rd_common::verbs::edit;
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
pub async fn run(program: &Program, args: &RestoreArgs) -> Result<Exit> {
    let key = program.key(&args.slice);
    let restored = edit::locked(program, &key, "rd-state restore", || {
        program.store.restore(&key, args.serial, &program.run)
    })
    .await?;
    program.printer.text(&format!(
        "serial {} is back, as serial {}; nothing was done at AWS: rd-{} plan shows what differs\n",
        args.serial, restored.serial, args.slice
    ));
    Ok(Exit::Done)
}
