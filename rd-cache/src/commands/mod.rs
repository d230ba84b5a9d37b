//! The commands that only `rd-cache` has, one file each.

mod check;
mod connect;
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
    #[command(after_help = "{program} snapshots")]
    Snapshots,
    /// Take a manual snapshot of the cache
    #[command(after_help = "{program} snapshot --wait\n\
        {program} snapshot before-upgrade")]
    Snapshot(snapshot::SnapshotArgs),
    /// Set a new token in ElastiCache and in the secret, or complete an interrupted rotation
    #[command(after_help = "{program} rotate && rd-ecs restart :: new tasks read the new token")]
    Rotate,
    /// Show why the service cannot reach the cache: status, network, encryption, secret
    #[command(after_help = "{program} check")]
    Check,
    /// Open redis-cli or valkey-cli at the cache, through a running task of the service
    #[command(after_help = "{program} connect\n\
        {program} connect -- info memory")]
    Connect(connect::ConnectArgs),
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Snapshots => snapshots::run(context).await,
            Command::Snapshot(args) => snapshot::run(context, &args).await,
            Command::Rotate => rotate::run(context).await,
            Command::Check => check::run(context).await,
            Command::Connect(args) => connect::run(context, &args).await,
        }
    }
}
