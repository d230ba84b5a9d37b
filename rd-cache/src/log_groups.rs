//! The log groups to which ElastiCache delivers the slow log and the engine log.

use crate::clients::Clients;
use crate::config::Config;
use rd_common::{Input, Parts};
use rd_log_group::{LogGroup, Spec};
use std::collections::BTreeMap;

/// The prefix of their names. AWS adds a policy to CloudWatch Logs for each group that a service writes to, but only one for
/// all groups with this prefix, and there is a limit for their length.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-V2-CloudWatchLogs.html>
pub const PREFIX: &str = "/aws/vendedlogs/elasticache/";

/// Adds a log group for each log of the replication group `name` to the resource list, and returns their names by log. None
/// where the settings leave the delivery as it is.
pub fn log_groups(
    parts: &mut Parts,
    config: &Config,
    name: &str,
) -> Option<BTreeMap<String, Input>> {
    let logs = config.log_exports.as_ref()?;
    let group = |log: &String| {
        let group = parts.add::<LogGroup<Clients>>(
            log,
            Spec {
                name: format!("{PREFIX}{name}/{log}"),
                retention_days: config.log_retention_days,
                kms_key: config.log_kms_key.clone(),
            },
        );
        (log.clone(), group.id())
    };
    Some(logs.iter().map(group).collect())
}
