//! The commands that only `rd-data` has, one file or folder each.

mod check;
mod connect;
mod reboot;
mod restore;
mod rotate;
mod snapshot;
mod snapshots;
mod stored_secret;
mod wait_for_instance;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The commands of `rd-data` beyond those that every slice has.
#[derive(Subcommand)]
pub enum Command {
    /// List the snapshots of the database, newest first
    #[command(after_help = "{program} snapshots\n\
        {program} snapshots --format json | jq -r '.snapshots[0].id' :: the newest")]
    Snapshots,
    /// Take a manual snapshot of the database
    #[command(
        after_help = "{program} snapshot --wait :: take one and wait until it can be restored\n\
        {program} snapshot before-migration"
    )]
    Snapshot(snapshot::SnapshotArgs),
    /// Restore a snapshot or a point in time into a new instance, and switch to it
    #[command(
        after_help = "{program} restore --to-time 2026-03-01T02:10:00Z :: into a new instance, next to the old one\n\
        {program} restore --snapshot before-migration --switch :: and switch to it\n\
        {program} restore --delete-old -y :: delete the instances that were replaced"
    )]
    Restore(restore::RestoreArgs),
    /// Set a new password in RDS and in the secret, or complete an interrupted rotation
    #[command(after_help = "{program} rotate && rd-ecs restart :: new tasks read the new password")]
    Rotate,
    /// Reboot the instance, so that static parameters take effect
    #[command(after_help = "{program} reboot -y")]
    Reboot(reboot::RebootArgs),
    /// Show why the service cannot reach the database: status, network, parameters, secret
    #[command(after_help = "{program} check")]
    Check,
    /// Open psql at the database, through a running task of the service
    #[command(after_help = "{program} connect\n\
        {program} connect -- -c 'select 1'\n\
        {program} connect --client pg_dump -- --schema-only :: any program that reads libpq's variables")]
    Connect(connect::ConnectArgs),
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
            Command::Connect(args) => connect::run(context, &args).await,
        }
    }
}
