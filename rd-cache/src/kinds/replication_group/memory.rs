//! The memory usage of the nodes, from CloudWatch.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html>

use super::model::Node;
use crate::clients::Clients;
use rd_common::{Ctx, Result};
use rd_metric::{Metric, Since};
use std::collections::BTreeMap;

/// CloudWatch has a number for each minute; the newest of the last quarter of an hour counts.
const SINCE: Since = Since {
    period: 60,
    range: 900,
};

/// Memory usage in per cent by node id. Nodes without data points are left out, and so are all nodes if the credentials
/// do not allow the call.
pub async fn usage_percent(ctx: &Ctx<Clients>, nodes: &[Node]) -> Result<BTreeMap<String, f64>> {
    let metrics: Vec<Metric<'_>> = nodes.iter().map(metric).collect();
    let numbers = rd_metric::newest(&ctx.clients.cloudwatch, &metrics, SINCE).await?;
    let by_node = nodes.iter().zip(numbers);
    Ok(by_node
        .filter_map(|(node, number)| Some((node.id.clone(), number?)))
        .collect())
}

fn metric(node: &Node) -> Metric<'_> {
    Metric {
        namespace: "AWS/ElastiCache",
        name: "DatabaseMemoryUsagePercentage",
        dimensions: vec![("CacheClusterId", &node.id)],
        stat: "Maximum",
    }
}
