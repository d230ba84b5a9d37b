//! `snapshot`: takes one by hand; it stays until somebody deletes it.

use crate::rds;
use crate::slice::{Data, INSTANCE};
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
    /// Its name; else the instance's and the time
    #[arg(value_parser = name)]
    name: Option<String>,
    /// Wait until it can be restored
    #[arg(long)]
    wait: bool,
}

/// How long a snapshot may take.
const LIMIT: Duration = Duration::from_secs(4 * 3600);

/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html>
fn name(text: &str) -> std::result::Result<String, String> {
    let fits = (1..=255).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if fits {
        Ok(text.to_lowercase())
    } else {
        Err("letters, digits and single `-`, beginning with a letter".to_owned())
    }
}

/// Runs it; prints the snapshot's name.
pub async fn run(context: &Context, args: &SnapshotArgs) -> Result<Exit> {
    let slice_context = SliceContext::<Data>::open(context).await?;
    let (_, instance) = slice_context.resource(INSTANCE)?;
    let ctx = &slice_context.ctx;
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
        .set_tags(Some(rds::list(&tags)));
    match call.send().await.doing("take the snapshot") {
        // The name has the second in it: an attempt of ours with a lost answer made it.
        Err(error) if error.is(&["DBSnapshotAlreadyExists"]) && args.name.is_none() => {}
        Err(error) if error.is(&["DBSnapshotAlreadyExists"]) => {
            return Err(error.hint("give it another name, or none"));
        }
        Err(error) if error.is(&["InvalidDBInstanceState"]) => {
            return Err(
                error.hint("the instance is busy: rd-data status says with what; then try again")
            );
        }
        other => {
            other?;
        }
    }
    if args.wait {
        wait_until(ctx, &id, LIMIT, async || {
            let call = ctx.clients.rds.describe_db_snapshots();
            let answer = call.db_snapshot_identifier(&id).send().await;
            let answer = match answer.doing("look at the snapshot") {
                Err(error) if rds::is_gone(&error) => {
                    return Ok(Poll::Pending("not to be seen yet".to_owned()));
                }
                Err(error) if error.retry != Retry::Never => {
                    return Ok(Poll::Pending(error.summary.clone()));
                }
                other => other?,
            };
            let snapshot = answer.db_snapshots().first();
            match snapshot.and_then(|snapshot| snapshot.status()) {
                Some("available") => Ok(Poll::Ready(())),
                Some("failed") => Err(Error::failed(format!("the snapshot {id} failed"))
                    .hint("see the instance's events in the RDS console")),
                status => {
                    let percent = snapshot
                        .and_then(aws_sdk_rds::types::DbSnapshot::percent_progress)
                        .unwrap_or(0);
                    Ok(Poll::Pending(format!(
                        "{} {percent} %",
                        status.unwrap_or("?")
                    )))
                }
            }
        })
        .await?;
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
