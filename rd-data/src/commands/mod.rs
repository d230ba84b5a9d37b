//! The verbs that only this program has.

mod check;
mod reboot;
mod restore;
mod rotate;
mod snapshot;
mod snapshots;

use crate::clients::Clients;
use crate::kinds::db_instance::DbInstance;
use crate::kinds::db_instance::model::{Live, live};
use crate::kinds::db_instance::modify::set_password;
use crate::kinds::db_instance::one;
use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::{Ctx, Error, Exit, Kind, Readiness, Result};
use rd_secret::generate::Generated;
use std::cell::Cell;
use std::time::Duration;

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// List the snapshots of the database, the newest first
    Snapshots,
    /// Take a snapshot
    Snapshot(snapshot::SnapshotArgs),
    /// Restore a snapshot or a moment into a new instance beside the old one, and switch to it
    Restore(restore::RestoreArgs),
    /// Put a new password in place, in RDS and in the secret; a rotation that was cut off is ended
    Rotate,
    /// Reboot the instance, for static parameters to take effect
    Reboot(reboot::RebootArgs),
    /// Look for what keeps the service from the database: state, network, parameters, secret
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

/// Within which time AWS begins to set a password: until then it may say that nothing is under way.
const BEGINS_WITHIN: Duration = Duration::from_secs(30);

/// Sets an instance's password, and waits until it is the one.
async fn give_password(ctx: &Ctx<Clients>, id: &str, password: &Generated) -> Result<()> {
    ctx.retrying(|| set_password(ctx, id, password)).await?;
    let given = ctx.clock.deadline(BEGINS_WITHIN);
    let busy = Cell::new(false);
    wait_until(ctx, id, DbInstance::TIMEOUTS.limit, async || {
        let there = one(ctx, id).await?.as_ref().map(live);
        let Some(there) = there else {
            return Err(Error::failed(format!("{id} is gone")));
        };
        let done = there.status == "available" && !there.pending.contains_key("password");
        busy.set(busy.get() || !done);
        Ok(if done && (busy.get() || given.is_over()) {
            Poll::Ready(())
        } else {
            Poll::Pending(format!("{}: the password is being set", there.status))
        })
    })
    .await
}

/// Waits until an instance can be used and `done` is true of it.
async fn until_available(
    ctx: &Ctx<Clients>,
    id: &str,
    done: impl Fn(&Live) -> bool,
) -> Result<Live> {
    let limit = DbInstance::TIMEOUTS.limit;
    wait_until(ctx, id, limit, async || {
        let Some(instance) = one(ctx, id).await? else {
            return Ok(Poll::Pending("not to be seen yet".to_owned()));
        };
        let there = live(&instance);
        match DbInstance::ready(&there) {
            Readiness::Ready if done(&there) => Ok(Poll::Ready(there)),
            Readiness::Failed(reason) => Err(Error::failed(format!("{id} failed: {reason}"))
                .hint("see its events in the RDS console")),
            Readiness::Impaired(reason, hint) => {
                Err(Error::failed(format!("{id} is in a bad state: {reason}")).hint(hint))
            }
            Readiness::Leaving(_) => Err(Error::failed(format!("{id} is being deleted"))),
            Readiness::Ready => Ok(Poll::Pending(format!(
                "{}, the change is still to come",
                there.status
            ))),
            Readiness::Pending(_) => Ok(Poll::Pending(there.status)),
        }
    })
    .await
}
