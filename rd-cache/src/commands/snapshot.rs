//! `snapshot`: takes one by hand; it stays until somebody deletes it.

use crate::elasticache;
use crate::slice::{Cache, GROUP};
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::stack::ADDRESS_TAG;
use rd_common::{Error, Exit, Result, Retry};
use std::time::Duration;

/// Flags of `snapshot`.
#[derive(clap::Args, Clone, Debug)]
pub struct SnapshotArgs {
    /// Its name; else the group's and the time
    name: Option<String>,
    /// Wait until it is there
    #[arg(long)]
    wait: bool,
}

/// How long a snapshot may take.
const LIMIT: Duration = Duration::from_secs(2 * 3600);

/// Runs it; prints the snapshot's name.
pub async fn run(context: &Context, args: &SnapshotArgs) -> Result<Exit> {
    let slice_context = SliceContext::<Cache>::open(context).await?;
    let (_, group) = slice_context.resource(GROUP)?;
    let ctx = &slice_context.ctx;
    let id = args
        .name
        .clone()
        .unwrap_or_else(|| format!("{group}-{}", Timestamp::now().strftime("%Y%m%d-%H%M%S")));
    let mut tags = ctx.stack.tags_for(GROUP);
    tags.remove(ADDRESS_TAG);
    let call = ctx
        .clients
        .elasticache
        .create_snapshot()
        .snapshot_name(&id)
        .replication_group_id(group)
        .set_tags(Some(elasticache::list(&tags)));
    match call.send().await.doing("take the snapshot") {
        // The name has the second in it: an attempt of ours with a lost answer made it.
        Err(error) if error.is(&["SnapshotAlreadyExistsFault"]) && args.name.is_none() => {}
        Err(error) if error.is(&["SnapshotAlreadyExistsFault"]) => {
            return Err(error.hint("give it another name, or none"));
        }
        Err(error) if error.is(&["InvalidReplicationGroupState", "InvalidCacheClusterState"]) => {
            return Err(
                error.hint("the cache is busy: rd-cache status says with what; then try again")
            );
        }
        other => {
            other?;
        }
    }
    if args.wait {
        wait_until(ctx, &id, LIMIT, async || {
            let call = ctx.clients.elasticache.describe_snapshots();
            let answer = call.snapshot_name(&id).send().await;
            let answer = match answer.doing("look at the snapshot") {
                Err(error) if elasticache::is_gone(&error) => {
                    return Ok(Poll::Pending("not to be seen yet".to_owned()));
                }
                Err(error) if error.retry != Retry::Never => {
                    return Ok(Poll::Pending(error.summary.clone()));
                }
                other => other?,
            };
            let snapshot = answer.snapshots().first();
            match snapshot.and_then(|snapshot| snapshot.snapshot_status()) {
                Some("available") => Ok(Poll::Ready(())),
                Some("failed") => Err(Error::failed(format!("the snapshot {id} failed"))
                    .hint("see the group's events in the ElastiCache console")),
                status => Ok(Poll::Pending(
                    status.unwrap_or("not to be seen yet").to_owned(),
                )),
            }
        })
        .await?;
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
