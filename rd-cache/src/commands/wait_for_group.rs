//! Waiting until ElastiCache has carried out what a command has asked for.

use crate::clients::Clients;
use crate::kinds::replication_group::model::Live;
use crate::kinds::replication_group::{ReplicationGroup, read};
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::{Ctx, Error, Kind, Readiness, Result};

/// Waits until the replication group can be used and `done` is true for it.
pub async fn wait_until_available(
    ctx: &Ctx<Clients>,
    id: &str,
    done: impl Fn(&Live) -> bool,
) -> Result<Live> {
    let limit = ReplicationGroup::TIMEOUTS.limit;
    wait_until(ctx, id, limit, async || {
        let Some((group, _)) = read(ctx, id).await? else {
            return Ok(Poll::Pending("not visible yet".to_owned()));
        };
        match ReplicationGroup::ready(&group) {
            Readiness::Ready if done(&group) => Ok(Poll::Ready(group)),
            Readiness::Failed(reason) => Err(Error::failed(format!("{id} failed: {reason}"))
                .hint("see its events in the ElastiCache console")),
            Readiness::Leaving(_) => Err(Error::failed(format!("{id} is being deleted"))),
            _ => Ok(Poll::Pending(group.status)),
        }
    })
    .await
}
