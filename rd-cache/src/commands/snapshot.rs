//! `snapshot`: takes a manual snapshot, which is kept until somebody deletes it.

use crate::clients::Clients;
use crate::elasticache;
use crate::kinds::replication_group::modify::snapshotting_node;
use crate::kinds::replication_group::read;
use crate::slice::{Cache, GROUP};
use aws_sdk_elasticache::types::Tag;
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::stack::ADDRESS_TAG;
use rd_common::{Ctx, Error, Exit, Result, Retry, sdk_tags};
use std::cell::Cell;
use std::time::Duration;

/// The flags of `rd-cache snapshot`.
#[derive(clap::Args, Clone, Debug)]
pub struct SnapshotArgs {
    /// Name of the snapshot [default: the group's name and the time]
    name: Option<String>,
    /// Wait until the snapshot is complete
    #[arg(long)]
    wait: bool,
}

/// How long to wait for a snapshot to be complete.
const TIMEOUT: Duration = Duration::from_secs(2 * 3600);

/// Takes the snapshot and prints its name.
pub async fn run(context: &Context, args: &SnapshotArgs) -> Result<Exit> {
    let cache = SliceContext::<Cache>::open(context).await?;
    let (_, group) = cache.resource(GROUP)?;
    let ctx = &cache.ctx;
    let id = args
        .name
        .clone()
        .unwrap_or_else(|| format!("{group}-{}", Timestamp::now().strftime("%Y%m%d-%H%M%S")))
        // ElastiCache keeps names in lower case.
        .to_lowercase();
    let Some((live, _)) = read(ctx, group).await? else {
        return Err(Error::failed(format!("{group} no longer exists")).hint("run rd-cache apply"));
    };
    let Some(node) = snapshotting_node(&live) else {
        return Err(Error::failed(format!("{group} has no node yet"))
            .hint("rd-cache status shows its nodes; then try again"));
    };
    let mut tags = ctx.stack.tags_for(GROUP);
    tags.remove(ADDRESS_TAG);
    let call = ctx
        .clients
        .elasticache
        .create_snapshot()
        .snapshot_name(&id)
        // A group is taken as a whole only in the cluster mode.
        .cache_cluster_id(&node)
        .set_tags(Some(sdk_tags!(Tag, tags)));
    let take = async || call.clone().send().await.doing("take the snapshot");
    match ctx.retrying(take).await {
        // The generated name contains the second, so an attempt of this run whose answer was lost has created it.
        Err(error) if error.is(&["SnapshotAlreadyExistsFault"]) && args.name.is_none() => {}
        Err(error) if error.is(&["SnapshotAlreadyExistsFault"]) => {
            return Err(error.hint("pass another name, or none"));
        }
        Err(error) if error.is(&["InvalidReplicationGroupState", "InvalidCacheClusterState"]) => {
            return Err(error.hint("the cache is busy: rd-cache status shows why; then try again"));
        }
        Err(error) if error.is(&["SnapshotQuotaExceededFault"]) => {
            return Err(error.hint(
                "AWS takes at most 20 snapshots of a node in 24 hours; rd-cache snapshots lists those that there are",
            ));
        }
        other => {
            other?;
        }
    }
    if args.wait {
        wait_until_complete(ctx, &id).await?;
    }
    let text = if context.printer.is_json() {
        let status = if args.wait { "available" } else { "creating" };
        serde_json::json!({"snapshot": id, "replication_group": group, "status": status})
            .to_string()
    } else {
        id
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}

/// Waits until ElastiCache reports twice in a row that the snapshot is available: reads lag, and one can be older than the
/// one before.
async fn wait_until_complete(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
    let seen = Cell::new(0);
    wait_until(ctx, id, TIMEOUT, async || {
        let call = ctx.clients.elasticache.describe_snapshots();
        let answer = call.snapshot_name(id).send().await;
        let answer = match answer.doing("read the snapshot") {
            Err(error) if elasticache::is_not_found(&error) => {
                return Ok(Poll::Pending("not visible yet".to_owned()));
            }
            Err(error) if error.retry != Retry::Never => {
                return Ok(Poll::Pending(error.summary.clone()));
            }
            other => other?,
        };
        let snapshot = answer.snapshots().first();
        let status = snapshot.and_then(|snapshot| snapshot.snapshot_status());
        let looks = seen.take() + 1;
        match status {
            Some("available") if looks >= 2 => Ok(Poll::Ready(())),
            Some(status @ "available") => {
                seen.set(looks);
                Ok(Poll::Pending(status.to_owned()))
            }
            Some("failed") => Err(Error::failed(format!("the snapshot {id} failed"))
                .hint("see the group's events in the ElastiCache console")),
            status => Ok(Poll::Pending(
                status.unwrap_or("not visible yet").to_owned(),
            )),
        }
    })
    .await
}
