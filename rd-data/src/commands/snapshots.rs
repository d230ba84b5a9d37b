//! `snapshots`: what there is to restore from.

use crate::clients::Clients;
use crate::rds;
use crate::slice::{Data, INSTANCE};
use aws_sdk_rds::types::DbSnapshot;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Ctx, Exit, Result};
use serde::Serialize;

/// One snapshot.
#[derive(Clone, Debug, Serialize)]
struct Row {
    id: String,
    /// `automated` or `manual`.
    r#type: String,
    /// In ISO 8601; none while it is being made.
    created: Option<String>,
    status: String,
    gib: i32,
    engine_version: String,
    instance: String,
}

/// Runs it: a table for people, one JSON document for programs.
pub async fn run(context: &Context) -> Result<Exit> {
    let slice_context = SliceContext::<Data>::open(context).await?;
    let (_, id) = slice_context.resource(INSTANCE)?;
    let mut rows: Vec<Row> = of_stack(&slice_context.ctx, id)
        .await?
        .iter()
        .map(row)
        .collect();
    rows.sort_by(|a, b| b.created.cmp(&a.created));
    if context.printer.is_json() {
        let document = serde_json::json!({"instance": id, "snapshots": rows});
        context.printer.text(&format!("{document}\n"));
    } else {
        let cells: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| {
                let created = row.created.unwrap_or_else(|| "-".to_owned());
                vec![
                    row.id,
                    row.r#type,
                    created,
                    row.status,
                    row.gib.to_string(),
                    row.engine_version,
                    row.instance,
                ]
            })
            .collect();
        let heading = [
            "SNAPSHOT", "TYPE", "CREATED", "STATUS", "GIB", "ENGINE", "INSTANCE",
        ];
        context.printer.text(&table(&heading, &cells));
    }
    Ok(Exit::Done)
}

/// The snapshots of this instance, and those that bear the stack's tags: of instances that are gone.
pub async fn of_stack(ctx: &Ctx<Clients>, id: &str) -> Result<Vec<DbSnapshot>> {
    let mut all = Vec::new();
    let mut marker = None;
    loop {
        let call = ctx.clients.rds.describe_db_snapshots().set_marker(marker);
        let page = call.send().await.doing("read the snapshots")?;
        let ours = page
            .db_snapshots
            .unwrap_or_default()
            .into_iter()
            .filter(|snapshot| {
                snapshot.db_instance_identifier() == Some(id)
                    || ctx.stack.owns(ctx.slice, &rds::map(snapshot.tag_list()))
            });
        all.extend(ours);
        marker = page.marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(all);
        }
    }
}

fn row(snapshot: &DbSnapshot) -> Row {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    Row {
        id: text(snapshot.db_snapshot_identifier()),
        r#type: text(snapshot.snapshot_type()),
        created: snapshot.snapshot_create_time().map(ToString::to_string),
        status: match snapshot.percent_progress() {
            Some(percent) if snapshot.status() == Some("creating") => {
                format!("creating {percent} %")
            }
            _ => text(snapshot.status()),
        },
        gib: snapshot.allocated_storage().unwrap_or(0),
        engine_version: text(snapshot.engine_version()),
        instance: text(snapshot.db_instance_identifier()),
    }
}
