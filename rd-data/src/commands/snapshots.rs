//! `snapshots`: lists the snapshots that can be restored.

use crate::clients::Clients;
use crate::slice::{Data, INSTANCE};
use aws_sdk_rds::types::DbSnapshot;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Ctx, Exit, Result, tags_from_sdk};
use serde::Serialize;

/// A snapshot as one row of the table, or one member of the JSON document.
#[derive(Clone, Debug, Serialize)]
struct Row {
    id: String,
    /// RDS's type: `automated` or `manual`.
    r#type: String,
    /// The time in ISO 8601; none while the snapshot is being created.
    created: Option<String>,
    status: String,
    gib: i32,
    engine_version: String,
    instance: String,
}

/// Prints the snapshots, newest first: a table for people, one JSON document for programs.
pub async fn run(context: &Context) -> Result<Exit> {
    let data = SliceContext::<Data>::open(context).await?;
    let (_, id) = data.resource(INSTANCE)?;
    let mut rows: Vec<Row> = read_snapshots(&data.ctx, id)
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

/// Reads the snapshots of the instance `id`, and those with the stack's tags, whose instances may be deleted.
async fn read_snapshots(ctx: &Ctx<Clients>, id: &str) -> Result<Vec<DbSnapshot>> {
    let snapshots = ctx.clients.rds.describe_db_snapshots();
    let snapshots = snapshots.into_paginator().items().send();
    let snapshots = snapshots.try_collect().await;
    let mut snapshots = snapshots.doing("read the snapshots")?;
    snapshots.retain(|snapshot| {
        snapshot.db_instance_identifier() == Some(id)
            || ctx
                .stack
                .owns(ctx.slice, &tags_from_sdk!(snapshot.tag_list()))
    });
    Ok(snapshots)
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
