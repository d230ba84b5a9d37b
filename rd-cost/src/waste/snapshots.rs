//! Manual snapshots of databases and caches that are old. AWS deletes automated ones by itself, and these never.
//! <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html>

use super::finding::{Candidate, Finding};
use super::look::Look;
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;

/// From how many days on a snapshot is old.
const OLD: i64 = 90;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let mut found = databases(look).await?;
    found.extend(caches(look).await?);
    Ok(found)
}

async fn databases(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let names = look.names();
    let call = look
        .clients
        .rds
        .describe_db_snapshots()
        .snapshot_type("manual");
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.doing("list the snapshots of databases")?;
        let id = one.db_snapshot_identifier().unwrap_or_default();
        let of = one.db_instance_identifier().unwrap_or_default();
        let tags = one.tag_list().iter().map(|tag| (tag.key(), tag.value()));
        let ours = look.is_tagged(&tags).unwrap_or_else(|| names.has(of));
        if !(ours || look.account) || !look.is_older(one.snapshot_create_time(), OLD) {
            continue;
        }
        // AWS stores what has changed, so that this is the most it can cost.
        let gb = Decimal::from(one.allocated_storage().unwrap_or_default());
        let usd = look.priced("RDS/rds-backup-beyond-free-gb-month", gb);
        let why = format!("manual snapshot of {of}, older than {OLD} days: at most {gb} GB");
        let command = format!("aws rds delete-db-snapshot --db-snapshot-identifier {id}");
        all.push(Candidate::known(Finding::wasted(id, usd, why, command)));
    }
    Ok(all)
}

async fn caches(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let names = look.names();
    let call = look
        .clients
        .elasticache
        .describe_snapshots()
        .snapshot_source("user");
    let mut pages = call.into_paginator().items().send();
    let mut all = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.doing("list the snapshots of caches")?;
        let id = one.snapshot_name().unwrap_or_default();
        // Without cluster mode it is of a node, `shop-test-redis-001`, and names no group.
        let of = one
            .replication_group_id()
            .or(one.cache_cluster_id())
            .unwrap_or_default();
        let ours = names.has(of);
        let created = one
            .node_snapshots()
            .iter()
            .filter_map(|node| node.snapshot_create_time())
            .max();
        if !(ours || look.account) || !look.is_older(created, OLD) {
            continue;
        }
        let why = format!("manual snapshot of {of}, older than {OLD} days");
        let command = format!("aws elasticache delete-snapshot --snapshot-name {id}");
        // ElastiCache tells its size as a text, which is empty for a small one.
        all.push(Candidate::known(Finding::wasted(id, None, why, command)));
    }
    Ok(all)
}
