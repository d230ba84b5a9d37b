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

/// The snapshots of this group. They name the node of which they were taken, which may be gone, and not the group, so that
/// ElastiCache cannot filter by it: all of the account are read.
async fn read_snapshots(ctx: &Ctx<Clients>, id: &str) -> Result<Vec<Snapshot>> {
    let snapshots = ctx.clients.elasticache.describe_snapshots();
    let snapshots = snapshots.into_paginator().items().send();
    let mut snapshots: Vec<Snapshot> = snapshots.try_collect().await.doing("read the snapshots")?;
    snapshots.retain(|snapshot| is_of_group(snapshot, id));
    Ok(snapshots)
}

/// Whether a snapshot is of this group, or of one of its nodes: those are `<group>-001` and so on.
fn is_of_group(snapshot: &Snapshot, id: &str) -> bool {
    let number = snapshot
        .cache_cluster_id()
        .and_then(|node| node.strip_prefix(id)?.strip_prefix('-'));
    let is_node = number
        .is_some_and(|number| number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()));
    is_node || snapshot.replication_group_id() == Some(id)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recorded::elasticache;

    fn snapshot(name: &str, of: &str, nodes: &str) -> String {
        format!(
            "<Snapshot><SnapshotName>{name}</SnapshotName>{of}<SnapshotStatus>available</SnapshotStatus>\
             <SnapshotSource>manual</SnapshotSource><Engine>redis</Engine><EngineVersion>5.0.5</EngineVersion>\
             <NodeSnapshots>{nodes}</NodeSnapshots></Snapshot>"
        )
    }

    #[tokio::test]
    async fn snapshots_as_aws_lists_them() {
        let node = "<NodeSnapshot><CacheNodeId>0001</CacheNodeId><CacheSize>5 MB</CacheSize>\
            <SnapshotCreateTime>2019-12-05T06:38:23Z</SnapshotCreateTime></NodeSnapshot>";
        let cluster = |id: &str| format!("<CacheClusterId>{id}</CacheClusterId>");
        let all = [
            snapshot("automatic.shop-002", &cluster("shop-002"), node),
            // While it is being taken it has no size and no time.
            snapshot(
                "new",
                &cluster("shop-001"),
                "<NodeSnapshot><CacheSize></CacheSize></NodeSnapshot>",
            ),
            snapshot(
                "sharded",
                "<ReplicationGroupId>shop</ReplicationGroupId>",
                node,
            ),
            snapshot("other", &cluster("shop-two-001"), node),
            snapshot("single", &cluster("shop"), node),
        ];
        let all = format!("<Snapshots>{}</Snapshots>", all.concat());
        let answer = elasticache("DescribeSnapshots", &all);
        let answer = answer.describe_snapshots().send().await.unwrap();
        let ours = answer
            .snapshots()
            .iter()
            .filter(|one| is_of_group(one, "shop"));
        let rows: Vec<Row> = ours.map(row).collect();
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["automatic.shop-002", "new", "sharded"]);
        assert_eq!(rows[0].created.as_deref(), Some("2019-12-05T06:38:23Z"));
        assert_eq!(
            (rows[0].size.as_str(), rows[0].engine.as_str()),
            ("5 MB", "redis 5.0.5")
        );
        assert_eq!(
            (rows[1].created.as_deref(), rows[1].size.as_str()),
            (None, "")
        );
    }
}
