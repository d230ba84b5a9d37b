//! The log groups: what comes in, and what is kept.
//! <https://aws.amazon.com/cloudwatch/pricing/>

use super::Sheet;
use crate::inventory::Resource;
use rust_decimal::Decimal;

/// The share of its size that a log has once CloudWatch has compressed it, as in the examples of the pricing page.
const COMPRESSED: Decimal = Decimal::from_parts(15, 0, 0, false, 2);

/// A log group. What comes in belongs to the slice: logs of the tasks, of the database, of the cache, or of the network.
pub(super) fn log_group(sheet: &mut Sheet<'_>, group: &Resource) {
    let standard = "CloudWatchLogs/logs-ingest-standard-gb";
    // Logs that an AWS service delivers on behalf of the user, at prices that fall with the amount.
    let vended = "CloudWatchLogs/vended-logs-first-10TB-gb";
    let (item, key, price, logs) = match group.slice.as_str() {
        "net" => (
            "flow logs",
            "cost.usage.flow_log_gb",
            vended,
            sheet.usage(|usage| usage.flow_log_gb),
        ),
        "data" => (
            "logs of the database",
            "cost.usage.database_log_gb",
            standard,
            sheet.usage(|usage| usage.database_log_gb),
        ),
        "cache" => (
            "logs of the cache",
            "cost.usage.cache_log_gb",
            vended,
            sheet.usage(|usage| usage.cache_log_gb),
        ),
        _ => (
            "logs of the tasks",
            "cost.usage.log_gb",
            standard,
            sheet.usage(|usage| usage.log_gb),
        ),
    };
    let groups = sheet.inventory.of_kind("log_group");
    let count = groups.filter(|one| one.slice == group.slice).count();
    let logs = sheet.share(logs, count);
    sheet.assumed(group, item, price, key, logs);
    let months = Decimal::from(group.number("retention_days")) / Decimal::from(30);
    let kept = logs * COMPRESSED * months;
    let price = "CloudWatchLogs/logs-storage-gb-month";
    sheet.assumed(group, "logs that are kept", price, key, kept);
}
