//! Daily numbers of CloudWatch, read with as few calls as possible.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

use crate::prices::Prices;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric as SdkMetric, MetricDataQuery, MetricDataResult, MetricStat, ScanBy,
    StatusCode,
};
use aws_smithy_types::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rd_common::aws::Explain;
use rd_common::output::printer::print_info;
use rd_common::{Error, Result};
use rust_decimal::Decimal;
use rust_decimal::prelude::FromPrimitive;
use std::collections::{BTreeMap, BTreeSet};

/// The most queries of one call.
const MAX_QUERIES: usize = 500;
/// A day in seconds: the period of every query.
const DAY: i32 = 86_400;
/// The price of a metric that is asked for.
const PRICE: &str = "CloudWatch/get-metric-data-per-metric";

/// A metric with a statistic. CloudWatch finds it only by all of its dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// The namespace, such as `AWS/RDS`.
    pub namespace: &'static str,
    /// The name in the namespace, such as `CPUUtilization`.
    pub name: &'static str,
    /// `Sum`, `Average`, `Minimum` or `Maximum` of a day.
    pub stat: &'static str,
    /// The dimensions, each with its name and value.
    pub dimensions: Vec<(&'static str, String)>,
}

impl Metric {
    /// A metric of one dimension.
    pub fn of(
        namespace: &'static str,
        name: &'static str,
        stat: &'static str,
        dimension: &'static str,
        value: &str,
    ) -> Self {
        Self {
            namespace,
            name,
            stat,
            dimensions: vec![(dimension, value.to_owned())],
        }
    }

    fn query(&self, number: usize) -> MetricDataQuery {
        let dimensions = self.dimensions.iter();
        let dimensions =
            dimensions.map(|(name, value)| Dimension::builder().name(*name).value(value).build());
        let metric = SdkMetric::builder()
            .namespace(self.namespace)
            .metric_name(self.name)
            .set_dimensions(Some(dimensions.collect()))
            .build();
        let stat = MetricStat::builder()
            .metric(metric)
            .period(DAY)
            .stat(self.stat)
            .build();
        MetricDataQuery::builder()
            .id(format!("m{number}"))
            .metric_stat(stat)
            .return_data(true)
            .build()
    }
}

/// The days that are looked at: whole days in UTC, up to the last midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first moment that is part of it.
    pub from: Timestamp,
    /// The moment after the last one.
    pub to: Timestamp,
    /// The number of days.
    pub days: i64,
}

impl Window {
    /// The last `days` whole days before `now`.
    pub fn before(now: Timestamp, days: i64) -> Self {
        let today = now.to_zoned(TimeZone::UTC).date();
        let midnight = today
            .to_zoned(TimeZone::UTC)
            .map_or(now, |start| start.timestamp());
        Self {
            from: midnight
                .checked_sub(SignedDuration::from_hours(24 * days))
                .unwrap_or(midnight),
            to: midnight,
            days,
        }
    }

    /// The hours of the window in which what was created at `since` existed.
    pub fn hours_of(&self, since: Timestamp) -> Decimal {
        let seconds = self.to.as_second() - self.from.max(since).as_second();
        Decimal::from(seconds.max(0)) / Decimal::from(3600)
    }

    /// The window in words, such as `14 days to 2026-11-27`.
    pub fn text(&self) -> String {
        let last = self.to.to_zoned(TimeZone::UTC).date().yesterday();
        let days = match self.days {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        };
        match last {
            Ok(last) => format!("{days} to {last}"),
            Err(_) => days,
        }
    }
}

/// The numbers of metrics, a number a day where CloudWatch has one.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    by_metric: BTreeMap<Metric, Vec<(i64, Decimal)>>,
    /// The metrics that CloudWatch did not answer for: without numbers, but not zero.
    failed: BTreeSet<Metric>,
}

impl Numbers {
    /// Adds a part of the answer for a metric; a later page may have the rest.
    fn add(&mut self, metric: &Metric, result: &MetricDataResult) {
        let status = result.status_code();
        if matches!(
            status,
            Some(StatusCode::InternalError | StatusCode::Forbidden)
        ) {
            self.failed.insert(metric.clone());
            return;
        }
        let times = result.timestamps().iter().map(DateTime::secs);
        let found = times.zip(result.values());
        let found =
            found.filter_map(|(time, value)| Some((time, Decimal::from_f64(*value)?.round_dp(6))));
        let into = self.by_metric.entry(metric.clone()).or_default();
        into.extend(found);
        into.sort_unstable();
    }

    /// Numbers of a test, a number a day.
    #[cfg(test)]
    pub fn set(&mut self, metric: &Metric, days: &[Decimal]) {
        let days = (0..).zip(days.iter().copied());
        self.by_metric.insert(metric.clone(), days.collect());
    }

    /// The numbers, oldest first; empty where CloudWatch has none.
    pub fn days(&self, metric: &Metric) -> Vec<Decimal> {
        let found = self
            .by_metric
            .get(metric)
            .filter(|_| !self.failed.contains(metric));
        let found = found.into_iter().flatten();
        found.map(|(_, number)| *number).collect()
    }

    /// The sum of the days; none where CloudWatch has no number.
    pub fn sum(&self, metric: &Metric) -> Option<Decimal> {
        let days = self.days(metric);
        (!days.is_empty()).then(|| days.into_iter().sum())
    }

    /// The sum of the days of a metric that AWS reports only where it is not zero. None where CloudWatch did not answer.
    pub fn sum_or_zero(&self, metric: &Metric) -> Option<Decimal> {
        match self.failed.contains(metric) {
            true => None,
            false => Some(self.sum(metric).unwrap_or_default()),
        }
    }

    /// The highest number of a day; none where CloudWatch has no number.
    pub fn highest(&self, metric: &Metric) -> Option<Decimal> {
        self.days(metric).into_iter().max()
    }

    /// The lowest number of a day; none where CloudWatch has no number.
    pub fn lowest(&self, metric: &Metric) -> Option<Decimal> {
        self.days(metric).into_iter().min()
    }

    /// The newest number; none where CloudWatch has no number.
    pub fn last(&self, metric: &Metric) -> Option<Decimal> {
        self.days(metric).pop()
    }
}

/// Reads the daily numbers of the metrics: one call for 500 of them, and one for each further page of its answer.
pub async fn read(client: &Client, metrics: &BTreeSet<Metric>, window: Window) -> Result<Numbers> {
    let metrics: Vec<&Metric> = metrics.iter().collect();
    let mut numbers = Numbers::default();
    for some in metrics.chunks(MAX_QUERIES) {
        let queries = some.iter().enumerate();
        let queries: Vec<MetricDataQuery> = queries
            .map(|(number, metric)| metric.query(number))
            .collect();
        let call = client.get_metric_data();
        let mut pages = call
            .set_metric_data_queries(Some(queries))
            .start_time(DateTime::from_secs(window.from.as_second()))
            .end_time(DateTime::from_secs(window.to.as_second()))
            .scan_by(ScanBy::TimestampAscending)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.doing("read the metrics")?;
            for result in page.metric_data_results() {
                let number = result
                    .id()
                    .and_then(|id| id.get(1..)?.parse::<usize>().ok());
                let Some(metric) = number.and_then(|number| some.get(number)) else {
                    return Err(Error::failed("CloudWatch answered for another query"));
                };
                numbers.add(metric, result);
            }
        }
    }
    Ok(numbers)
}

/// Bytes in the GB of AWS's bills, which have 2^30 bytes.
/// <https://aws.amazon.com/s3/faqs/#Billing>
pub fn gigabytes(bytes: Decimal) -> Decimal {
    bytes / Decimal::from(1_i64 << 30)
}

/// Says on stderr how many metrics the run has asked for, and what that costs.
pub fn print_cost(count: usize, prices: &Prices) {
    if count == 0 {
        return;
    }
    let word = if count == 1 { "metric" } else { "metrics" };
    let cost = prices.get(PRICE).map_or_else(
        || format!("no price known in {}", prices.region),
        |price| format!("{} USD", (price.usd * Decimal::from(count)).normalize()),
    );
    print_info(&format!("{count} {word} of CloudWatch, {cost}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_has_whole_days() {
        let now: Timestamp = "2026-11-27T19:00:00Z".parse().unwrap();
        let window = Window::before(now, 14);
        assert_eq!(window.from.to_string(), "2026-11-13T00:00:00Z");
        assert_eq!(window.to.to_string(), "2026-11-27T00:00:00Z");
        assert_eq!(window.text(), "14 days to 2026-11-26");
        let hours = |since: &str| window.hours_of(since.parse().unwrap());
        assert_eq!(hours("2020-01-01T00:00:00Z"), Decimal::from(336));
        assert_eq!(hours("2026-11-26T12:00:00Z"), Decimal::from(12));
        assert_eq!(hours("2026-11-27T12:00:00Z"), Decimal::ZERO);
    }

    #[test]
    fn what_cloudwatch_does_not_answer_is_not_zero() {
        let metric =
            |value: &str| Metric::of("AWS/ApplicationELB", "RequestCount", "Sum", "L", value);
        let answer = |status: StatusCode, values: &[f64]| {
            let times = (0_i64..)
                .take(values.len())
                .map(|day| DateTime::from_secs(day * 86_400));
            MetricDataResult::builder()
                .status_code(status)
                .set_values(Some(values.to_vec()))
                .set_timestamps(Some(times.collect()))
                .build()
        };
        let mut numbers = Numbers::default();
        numbers.add(&metric("a"), &answer(StatusCode::PartialData, &[7.0]));
        numbers.add(&metric("a"), &answer(StatusCode::Forbidden, &[]));
        numbers.add(&metric("b"), &answer(StatusCode::Complete, &[]));
        numbers.add(&metric("c"), &answer(StatusCode::PartialData, &[1.5]));
        numbers.add(&metric("c"), &answer(StatusCode::Complete, &[2.5]));
        assert_eq!(numbers.sum_or_zero(&metric("a")), None);
        assert_eq!(numbers.days(&metric("a")), [Decimal::ZERO; 0]);
        assert_eq!(numbers.sum_or_zero(&metric("b")), Some(Decimal::ZERO));
        assert_eq!(numbers.sum(&metric("b")), None);
        assert_eq!(numbers.sum(&metric("c")), Some(Decimal::from(4)));
    }
    #[tokio::test]
    async fn the_numbers_of_a_metric_come_in_several_pages() {
        use rd_testkit::canned::{answering_each, cbor, sdk_config};
        use serde_json::json;
        let metric = |name| Metric::of("AWS/RDS", name, "Sum", "DBInstanceIdentifier", "shop");
        let all = ["A", "B", "C", "D"].map(metric);
        let result = |id: &str, status: &str, values: &[(i64, f64)]| {
            let times: Vec<_> = values
                .iter()
                .map(|(day, _)| json!({"epoch": 1_794_182_400 + day * 86_400}))
                .collect();
            let values: Vec<f64> = values.iter().map(|(_, value)| *value).collect();
            json!({"Id": id, "Label": "x", "StatusCode": status, "Timestamps": times, "Values": values})
        };
        let first = json!({"Messages": [], "NextToken": "page-2", "MetricDataResults": [
            result("m0", "PartialData", &[(0, 0.1)]),
            result("m1", "Complete", &[]),
            result("m2", "Forbidden", &[]),
        ]});
        let multiple = json!([{"Code": "MultipleUnits", "Value": "Multiple units returned"}]);
        let mut last = result("m0", "Complete", &[(1, 0.2), (2, 2.5)]);
        last["Messages"] = multiple;
        let second = json!({"Messages": [], "MetricDataResults": [last]});
        let answers = [("page-2", cbor(&second)), ("", cbor(&first))];
        let client = Client::new(&sdk_config(answering_each(&answers)));
        let now: Timestamp = "2026-11-27T19:00:00Z".parse().unwrap();
        let wanted: BTreeSet<Metric> = all.iter().cloned().collect();
        let numbers = read(&client, &wanted, Window::before(now, 14))
            .await
            .unwrap();
        // No float adds anything.
        assert_eq!(numbers.sum(&all[0]), Some(Decimal::new(28, 1)));
        assert_eq!(numbers.last(&all[0]), Some(Decimal::new(25, 1)));
        assert_eq!(numbers.sum_or_zero(&all[1]), Some(Decimal::ZERO));
        assert_eq!(numbers.sum_or_zero(&all[2]), None);
        assert_eq!(numbers.sum(&all[3]), None);
    }
}
