//! The cache: its nodes and its snapshots.
//! <https://aws.amazon.com/elasticache/pricing/>

use super::Sheet;
use crate::inventory::Resource;
use rust_decimal::Decimal;

/// A replication group. The nodes of Valkey cost a fifth less than those of Redis.
pub(super) fn replication_group(sheet: &mut Sheet<'_>, cache: &Resource) {
    let (engine, node) = (cache.text("engine"), cache.text("node_type"));
    let price = format!("ElastiCache/elasticache-{engine}-{node}-hour");
    let item = format!("{node}, {engine}");
    sheet.hourly(cache, &item, &price, cache.number("nodes"));
    // One snapshot is free.
    let paid = Decimal::from((cache.number("snapshot_retention_days") - 1).max(0));
    let snapshots = sheet.usage(|usage| usage.cache_snapshot_gb) * paid;
    let (price, key) = (
        "ElastiCache/elasticache-backup-gb-month",
        "cost.usage.cache_snapshot_gb",
    );
    sheet.assumed(
        cache,
        "snapshots beyond the free one",
        price,
        key,
        snapshots,
    );
}
