//! The newest numbers that CloudWatch has of some metrics, for `status`: one call for all of them.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

pub use aws_sdk_cloudwatch::Client;

use aws_sdk_cloudwatch::types::{Dimension, Metric as AwsMetric, MetricDataQuery, MetricStat};
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use rd_common::aws::{Aws, Explain};
use rd_common::permissions::{Call, Grant, needs};
use rd_common::{Result, Retry, client};

/// Creates the client of CloudWatch with the credentials and region of `aws`.
pub fn client(aws: &Aws) -> Client {
    client!(aws_sdk_cloudwatch, aws.config)
}

/// What IAM asks for the call. CloudWatch knows no resources for it.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>
pub const CALLS: &[Call] = &[needs(
    "CloudWatch",
    "GetMetricData",
    "plan",
    &[Grant::any("cloudwatch:GetMetricData")],
)];

/// A metric of one resource, by all of its dimensions: CloudWatch finds it by no fewer.
#[derive(Clone, Debug)]
pub struct Metric<'a> {
    /// The namespace, such as `AWS/RDS`.
    pub namespace: &'a str,
    /// The name, such as `FreeStorageSpace`.
    pub name: &'a str,
    /// The dimensions with their values.
    pub dimensions: Vec<(&'a str, &'a str)>,
    /// The statistic, such as `Average`.
    pub stat: &'a str,
}

/// How far back numbers are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// How many seconds one number is for: a minute, or a day for what is counted once a day.
    pub period: i32,
    /// The seconds before now in which the newest number must be.
    pub range: i64,
}

/// The newest number of each metric, in their order; none for a metric without numbers in this time, and none for all of them
/// where the credentials do not allow the call.
pub async fn newest(
    cloudwatch: &Client,
    metrics: &[Metric<'_>],
    since: Since,
) -> Result<Vec<Option<f64>>> {
    let mut numbers = vec![None; metrics.len()];
    if metrics.is_empty() {
        return Ok(numbers);
    }
    let queries = metrics.iter().enumerate().map(|(index, metric)| {
        let dimensions = metric.dimensions.iter().map(|(name, value)| {
            let dimension = Dimension::builder().name(*name).value(*value);
            dimension.build()
        });
        let what = AwsMetric::builder()
            .namespace(metric.namespace)
            .metric_name(metric.name)
            .set_dimensions(Some(dimensions.collect()));
        let stat = MetricStat::builder()
            .metric(what.build())
            .period(since.period)
            .stat(metric.stat);
        MetricDataQuery::builder()
            .id(format!("m{index}"))
            .metric_stat(stat.build())
            .build()
    });
    let now = Timestamp::now().as_second();
    let answer = cloudwatch
        .get_metric_data()
        .start_time(DateTime::from_secs(now - since.range))
        .end_time(DateTime::from_secs(now))
        .set_metric_data_queries(Some(queries.collect()))
        .send()
        .await;
    let answer = match answer.doing("read the metrics") {
        Err(error) if error.retry == Retry::Never => return Ok(numbers),
        other => other?,
    };
    for result in answer.metric_data_results() {
        let index = result.id().and_then(|id| id.strip_prefix('m'));
        let index = index.and_then(|index| index.parse::<usize>().ok());
        // The values are sorted, newest first.
        if let Some(number) = index.and_then(|index| numbers.get_mut(index)) {
            *number = result.values().first().copied();
        }
    }
    Ok(numbers)
}
