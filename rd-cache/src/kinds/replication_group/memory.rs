//! The memory usage of the nodes, from CloudWatch.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html>

use super::model::Node;
use crate::clients::Clients;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, Retry};
use std::collections::BTreeMap;

/// The time range to read in seconds; the newest data point in it counts.
const RANGE_SECONDS: i64 = 900;

/// Memory usage in per cent by node id. Nodes without data points are left out, and so are all nodes if the credentials
/// do not allow the call.
pub async fn usage_percent(ctx: &Ctx<Clients>, nodes: &[Node]) -> Result<BTreeMap<String, f64>> {
    let query = |(index, node): (usize, &Node)| {
        let dimension = Dimension::builder()
            .name("CacheClusterId")
            .value(&node.id)
            .build();
        let metric = Metric::builder()
            .namespace("AWS/ElastiCache")
            .metric_name("DatabaseMemoryUsagePercentage")
            .dimensions(dimension)
            .build();
        let stat = MetricStat::builder()
            .metric(metric)
            .period(60)
            .stat("Maximum")
            .build();
        MetricDataQuery::builder()
            .id(format!("m{index}"))
            .label(&node.id)
            .metric_stat(stat)
            .build()
    };
    let queries: Vec<MetricDataQuery> = nodes.iter().enumerate().map(query).collect();
    if queries.is_empty() {
        return Ok(BTreeMap::new());
    }
    let now = Timestamp::now().as_second();
    let call = ctx.clients.cloudwatch.get_metric_data();
    let answer = call
        .start_time(aws_smithy_types::DateTime::from_secs(now - RANGE_SECONDS))
        .end_time(aws_smithy_types::DateTime::from_secs(now))
        .set_metric_data_queries(Some(queries))
        .send()
        .await;
    let answer = match answer.doing("read the memory's metrics") {
        Err(error) if error.retry == Retry::Never => return Ok(BTreeMap::new()),
        other => other?,
    };
    let results = answer.metric_data_results().iter().filter_map(|result| {
        let index: usize = result.id()?.strip_prefix('m')?.parse().ok()?;
        // The values are sorted, newest first.
        Some((nodes.get(index)?.id.clone(), *result.values().first()?))
    });
    Ok(results.collect())
}
