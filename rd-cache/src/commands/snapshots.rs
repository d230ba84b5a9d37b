//! `snapshots`: lists the snapshots of the cache.

use crate::clients::Clients;
use crate::slice::{Cache, GROUP};
use aws_sdk_elasticache::types::Snapshot;
use rd_common::aws::Explain;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Ctx, Exit, Result};
use serde::Serialize;

/// A snapshot as one row of the table, or one member of the JSON document.
#[derive(Clone, Debug, Serialize)]
struct Row {
    id: String,
    /// ElastiCache's source: `automated` or `manual`.
    source: String,
    /// The time in ISO 8601; none while the snapshot is being created.
    created: Option<String>,
    status: String,
    size: String,
    engine: String,
}

/// Prints the snapshots, newest first: a table for people, one JSON document for programs.
pub async fn run(context: &Context) -> Result<Exit> {
    let cache = SliceContext::<Cache>::open(context).await?;
    let (_, id) = cache.resource(GROUP)?;
    let mut rows: Vec<Row> = read_snapshots(&cache.ctx, id)
        .await?
        .iter()
        .map(row)
        .collect();
    rows.sort_by(|a, b| b.created.cmp(&a.created));
    if context.printer.is_json() {
        let document = serde_json::json!({"replication_group": id, "snapshots": rows});
        context.printer.text(&format!("{document}\n"));
    } else {
        let cells: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| {
                let created = row.created.unwrap_or_else(|| "-".to_owned());
                vec![
                    row.id, row.source, created, row.status, row.size, row.engine,
                ]
            })
            .collect();
        let heading = ["SNAPSHOT", "SOURCE", "CREATED", "STATUS", "SIZE", "ENGINE"];
        context.printer.text(&table(&heading, &cells));
    }
    Ok(Exit::Done)
}

async fn read_snapshots(ctx: &Ctx<Clients>, id: &str) -> Result<Vec<Snapshot>> {
    let snapshots = ctx.clients.elasticache.describe_snapshots();
    let snapshots = snapshots.replication_group_id(id);
    let snapshots = snapshots.into_paginator().items().send();
    snapshots.try_collect().await.doing("read the snapshots")
}

fn row(snapshot: &Snapshot) -> Row {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let node = snapshot.node_snapshots().first();
    let created = snapshot
        .node_snapshots()
        .iter()
        .filter_map(|node| node.snapshot_create_time())
        .max_by_key(|time| time.as_nanos());
    Row {
        id: text(snapshot.snapshot_name()),
        source: text(snapshot.snapshot_source()),
        created: created.map(ToString::to_string),
        status: text(snapshot.snapshot_status()),
        size: text(node.and_then(|node| node.cache_size())),
        engine: format!(
            "{} {}",
            snapshot.engine().unwrap_or_default(),
            snapshot.engine_version().unwrap_or_default()
        ),
    }
}
