//! The commands that only `rd-data` has, one file or folder each.

mod check;
mod reboot;
mod restore;
mod rotate;
mod snapshot;
mod snapshots;
mod wait_for_instance;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The commands of `rd-data` beyond those that every slice has.
#[derive(Subcommand)]
pub enum Command {
    /// List the snapshots of the database, newest first
    Snapshots,
    /// Take a manual snapshot of the database
    Snapshot(snapshot::SnapshotArgs),
    /// Restore a snapshot or a point in time into a new instance, and switch to it
    Restore(restore::RestoreArgs),
    /// Set a new password in RDS and in the secret, or complete an interrupted rotation
    Rotate,
    /// Reboot the instance, so that static parameters take effect
    Reboot(reboot::RebootArgs),
    /// Show why the service cannot reach the database: status, network, parameters, secret
    Check,
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Snapshots => snapshots::run(context).await,
            Command::Snapshot(args) => snapshot::run(context, &args).await,
            Command::Restore(args) => restore::run(context, &args).await,
            Command::Rotate => rotate::run(context).await,
            Command::Reboot(args) => reboot::run(context, &args).await,
            Command::Check => check::run(context).await,
        }
    }
}
