//! The commands that only `rd-cache` has, one file each.

mod check;
mod rotate;
mod snapshot;
mod snapshots;
mod wait_for_group;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The commands of `rd-cache` beyond those that every slice has.
#[derive(Subcommand)]
pub enum Command {
    /// List the snapshots of the cache, newest first
    Snapshots,
    /// Take a manual snapshot of the cache
    Snapshot(snapshot::SnapshotArgs),
    /// Set a new token in ElastiCache and in the secret, or complete an interrupted rotation
    Rotate,
    /// Show why the service cannot reach the cache: status, network, encryption, secret
    Check,
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Snapshots => snapshots::run(context).await,
            Command::Snapshot(args) => snapshot::run(context, &args).await,
            Command::Rotate => rotate::run(context).await,
            Command::Check => check::run(context).await,
        }
    }
}
