//! `snapshot`: takes one by hand; it stays until somebody deletes it.

use crate::elasticache;
use crate::slice::{Cache, GROUP};
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::cli::Program;
use rd_common::engine::wait::{Look, until};
use rd_common::stack::ADDRESS_TAG;
use rd_common::verbs::desk::Desk;
use rd_common::{Error, Exit, Repeat, Result};
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
pub async fn run(program: &Program, args: &SnapshotArgs) -> Result<Exit> {
    let desk = Desk::<Cache>::open(program).await?;
    let (_, group) = desk.resource(GROUP)?;
    let cx = &desk.cx;
    let id = args
        .name
        .clone()
        .unwrap_or_else(|| format!("{group}-{}", Timestamp::now().strftime("%Y%m%d-%H%M%S")));
    let mut tags = cx.stack.tags_for(GROUP);
    tags.remove(ADDRESS_TAG);
    let call = cx
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
        until(cx, &id, LIMIT, async || {
            let call = cx.clients.elasticache.describe_snapshots();
            let answer = call.snapshot_name(&id).send().await;
            let answer = match answer.doing("look at the snapshot") {
                Err(error) if elasticache::is_gone(&error) => {
                    return Ok(Look::Wait("not to be seen yet".to_owned()));
                }
                Err(error) if error.repeat != Repeat::Never => {
                    return Ok(Look::Wait(error.summary.clone()));
                }
                other => other?,
            };
            let snapshot = answer.snapshots().first();
            match snapshot.and_then(|snapshot| snapshot.snapshot_status()) {
                Some("available") => Ok(Look::Done(())),
                Some("failed") => Err(Error::failed(format!("the snapshot {id} failed"))
                    .hint("see the group's events in the ElastiCache console")),
                status => Ok(Look::Wait(
                    status.unwrap_or("not to be seen yet").to_owned(),
                )),
            }
        })
        .await?;
    }
    let text = if program.printer.is_json() {
        let status = if args.wait { "available" } else { "creating" };
        serde_json::json!({"snapshot": id, "replication_group": group, "status": status})
            .to_string()
    } else {
        id
    };
    program.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
