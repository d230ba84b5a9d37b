//! The verbs that only this program has.

mod check;
mod rotate;
mod snapshot;
mod snapshots;

use crate::clients::Clients;
use crate::kinds::replication_group::model::Live;
use crate::kinds::replication_group::{ReplicationGroup, read};
use clap::Subcommand;
use rd_common::cli::{OwnVerbs, Program};
use rd_common::engine::wait::{Look, until};
use rd_common::{Cx, Error, Exit, Kind, Readiness, Result};

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

impl OwnVerbs for Command {
    async fn run(self, program: &Program) -> Result<Exit> {
        match self {
            Command::Snapshots => snapshots::run(program).await,
            Command::Snapshot(args) => snapshot::run(program, &args).await,
            Command::Rotate => rotate::run(program).await,
            Command::Check => check::run(program).await,
        }
    }
}

/// Waits until the group can be used and `done` is true of it.
async fn until_available(cx: &Cx<Clients>, id: &str, done: impl Fn(&Live) -> bool) -> Result<Live> {
    let limit = ReplicationGroup::PATIENCE.limit;
    until(cx, id, limit, async || {
        let Some((there, _)) = read(cx, id).await? else {
            return Ok(Look::Wait("not to be seen yet".to_owned()));
        };
        match ReplicationGroup::ready(&there) {
            Readiness::Ready if done(&there) => Ok(Look::Done(there)),
            Readiness::Failed(reason) => Err(Error::failed(format!("{id} failed: {reason}"))
                .hint("see its events in the ElastiCache console")),
            Readiness::Leaving(_) => Err(Error::failed(format!("{id} is being deleted"))),
            _ => Ok(Look::Wait(there.status)),
        }
    })
    .await
}
