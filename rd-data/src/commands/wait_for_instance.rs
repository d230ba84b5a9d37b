//! Waiting until RDS has carried out what a command has asked for.

use crate::clients::Clients;
use crate::kinds::db_instance::DbInstance;
use crate::kinds::db_instance::model::{Live, live};
use crate::kinds::db_instance::modify::set_password;
use crate::kinds::db_instance::read::describe_one;
use rd_common::resource::wait::{Poll, wait_until, wait_until_idle};
use rd_common::{Ctx, Error, Kind, Readiness, Result};
use rd_secret::generate::Generated;
use std::cell::Cell;

/// Sets the password of an instance, and waits until it is in effect.
pub async fn set_password_and_wait(
    ctx: &Ctx<Clients>,
    id: &str,
    password: &Generated,
) -> Result<()> {
    ctx.retrying(|| set_password(ctx, id, password)).await?;
    wait_until_idle(ctx, id, DbInstance::TIMEOUTS.limit, async || {
        let instance = describe_one(ctx, id).await?.as_ref().map(live);
        let Some(instance) = instance else {
            return Err(Error::failed(format!("{id} no longer exists")));
        };
        // Other work, such as hours of storage-optimization, does not keep the password from being in effect.
        let is_idle = instance.status != "resetting-master-credentials"
            && !instance.pending.contains_key("password");
        Ok((
            is_idle,
            format!("{}: setting the password", instance.status),
        ))
    })
    .await
}

/// Waits until the instance can be used and `done` is true for it, in as many reads in a row as an apply wants.
pub async fn wait_until_available(
    ctx: &Ctx<Clients>,
    id: &str,
    done: impl Fn(&Live) -> bool,
) -> Result<Live> {
    let limit = DbInstance::TIMEOUTS.limit;
    let in_a_row = Cell::new(0);
    wait_until(ctx, id, limit, async || {
        let before = in_a_row.take();
        let Some(instance) = describe_one(ctx, id).await? else {
            return Ok(Poll::Pending("not visible yet".to_owned()));
        };
        let instance = live(&instance);
        match DbInstance::ready(&instance) {
            Readiness::Ready if done(&instance) => {
                in_a_row.set(before + 1);
                Ok(if before + 1 < DbInstance::READS_IN_A_ROW {
                    Poll::Pending(format!("{}; reading it once more", instance.status))
                } else {
                    Poll::Ready(instance)
                })
            }
            Readiness::Failed(reason) => Err(Error::failed(format!("{id} failed: {reason}"))
                .hint("see its events in the RDS console")),
            Readiness::Impaired(reason, hint) => {
                Err(Error::failed(format!("{id} cannot be used: {reason}")).hint(hint))
            }
            Readiness::Leaving(_) => Err(Error::failed(format!("{id} is being deleted"))),
            Readiness::Ready => Ok(Poll::Pending(format!(
                "{}, waiting for the change to start",
                instance.status
            ))),
            Readiness::Pending(_) => Ok(Poll::Pending(instance.status)),
        }
    })
    .await
}
