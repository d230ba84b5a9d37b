//! `snapshot`: takes a manual snapshot, which is kept until somebody deletes it.

use crate::clients::Clients;
use crate::rds;
use crate::slice::{Data, INSTANCE};
use aws_sdk_rds::types::{DbSnapshot, Tag};
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::resource::wait::{Poll, wait_until};
use rd_common::stack::ADDRESS_TAG;
use rd_common::{Ctx, Error, Exit, Result, Retry, sdk_tags};
use std::time::Duration;

/// The flags of `rd-data snapshot`.
#[derive(clap::Args, Clone, Debug)]
pub struct SnapshotArgs {
    /// Name of the snapshot [default: the instance's name and the time]
    #[arg(value_parser = snapshot_name)]
    name: Option<String>,
    /// Wait until the snapshot can be restored
    #[arg(long)]
    wait: bool,
}

/// How long to wait for a snapshot to be complete.
const TIMEOUT: Duration = Duration::from_secs(4 * 3600);

/// Checks a snapshot's name against RDS's rules.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html>
fn snapshot_name(text: &str) -> std::result::Result<String, String> {
    let is_valid = (1..=255).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_valid {
        Ok(text.to_lowercase())
    } else {
        Err("use letters, digits and single `-`, beginning with a letter".to_owned())
    }
}

/// Takes the snapshot and prints its name.
pub async fn run(context: &Context, args: &SnapshotArgs) -> Result<Exit> {
    let data = SliceContext::<Data>::open(context).await?;
    let (_, instance) = data.resource(INSTANCE)?;
    let ctx = &data.ctx;
    let id = args
        .name
        .clone()
        .unwrap_or_else(|| format!("{instance}-{}", Timestamp::now().strftime("%Y%m%d-%H%M%S")));
    let mut tags = ctx.stack.tags_for(INSTANCE);
    tags.remove(ADDRESS_TAG);
    let call = ctx
        .clients
        .rds
        .create_db_snapshot()
        .db_snapshot_identifier(&id)
        .db_instance_identifier(instance)
        .set_tags(Some(sdk_tags!(Tag, tags)));
    let take = async || call.clone().send().await.doing("take the snapshot");
    match ctx.retrying(take).await {
        // The generated name contains the second, so an attempt of this run whose answer was lost has created it.
        Err(error) if error.is(&["DBSnapshotAlreadyExists"]) && args.name.is_none() => {}
        Err(error) if error.is(&["DBSnapshotAlreadyExists"]) => {
            return Err(error.hint("pass another name, or none"));
        }
        Err(error) if error.is(&["InvalidDBInstanceState"]) => {
            return Err(
                error.hint("the instance is busy: rd-data status shows why; then try again")
            );
        }
        other => {
            other?;
        }
    }
    if args.wait {
        wait_until_restorable(ctx, &id).await?;
    }
    let text = if context.printer.is_json() {
        let status = if args.wait { "available" } else { "creating" };
        serde_json::json!({"snapshot": id, "instance": instance, "status": status}).to_string()
    } else {
        id
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}

async fn wait_until_restorable(ctx: &Ctx<Clients>, id: &str) -> Result<()> {
    wait_until(ctx, id, TIMEOUT, async || {
        let call = ctx.clients.rds.describe_db_snapshots();
        let answer = call.db_snapshot_identifier(id).send().await;
        let answer = match answer.doing("read the snapshot") {
            Err(error) if rds::is_not_found(&error) => {
                return Ok(Poll::Pending("not visible yet".to_owned()));
            }
            Err(error) if error.retry != Retry::Never => {
                return Ok(Poll::Pending(error.summary.clone()));
            }
            other => other?,
        };
        // Soon after the create, the answer may have another one.
        let mut snapshots = answer.db_snapshots().iter();
        let is_this = |one: &&DbSnapshot| {
            let name = one.db_snapshot_identifier();
            name.is_some_and(|name| name.eq_ignore_ascii_case(id))
        };
        let snapshot = snapshots.find(is_this);
        match snapshot.and_then(|snapshot| snapshot.status()) {
            Some("available") => Ok(Poll::Ready(())),
            Some("failed") => Err(Error::failed(format!("the snapshot {id} failed"))
                .hint("see the instance's events in the RDS console")),
            status => {
                let percent = snapshot.and_then(DbSnapshot::percent_progress).unwrap_or(0);
                Ok(Poll::Pending(format!(
                    "{} {percent} %",
                    status.unwrap_or("unknown status")
                )))
            }
        }
    })
    .await
}
