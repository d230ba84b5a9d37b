//! The verbs that only this program has.

mod check;
mod rotate;
mod snapshot;
mod snapshots;

use crate::clients::Clients;
use crate::kinds::replication_group::model::Live;
use crate::kinds::replication_group::{ReplicationGroup, read};
use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::{Ctx, Error, Exit, Kind, Readiness, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// List the snapshots of the cache, the newest first
    Snapshots,
    /// Take a snapshot
    Snapshot(snapshot::SnapshotArgs),
    /// Put a new token in place, in ElastiCache and in the secret; a rotation that was cut off is ended
    Rotate,
    /// Look for what keeps the service from the cache: state, network, encryption, secret
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

/// Waits until the group can be used and `done` is true of it.
async fn until_available(
    ctx: &Ctx<Clients>,
    id: &str,
    done: impl Fn(&Live) -> bool,
) -> Result<Live> {
    let limit = ReplicationGroup::TIMEOUTS.limit;
    wait_until(ctx, id, limit, async || {
        let Some((there, _)) = read(ctx, id).await? else {
            return Ok(Poll::Pending("not to be seen yet".to_owned()));
        };
        match ReplicationGroup::ready(&there) {
            Readiness::Ready if done(&there) => Ok(Poll::Ready(there)),
            Readiness::Failed(reason) => Err(Error::failed(format!("{id} failed: {reason}"))
                .hint("see its events in the ElastiCache console")),
            Readiness::Leaving(_) => Err(Error::failed(format!("{id} is being deleted"))),
            _ => Ok(Poll::Pending(there.status)),
        }
    })
    .await
}
