//! An alarm on a metric with a least number of samples: an expression over the value of the metric and the number of its
//! samples. With fewer samples the value is 0, and without any there is none.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html>

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};

/// The ids of the three queries.
const VALUE: &str = "value";
const SAMPLES: &str = "samples";
const CHECKED: &str = "checked";

/// What an alarm with a least number of samples is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The metric with its dimensions.
    pub metric: Metric,
    /// The statistic or percentile of the value.
    pub stat: String,
    /// The length of a period in seconds.
    pub period_seconds: i32,
    /// The least number of samples in a period.
    pub least: u32,
}

impl Counted {
    /// The queries of the alarm, of which the last one is compared with the threshold.
    pub fn queries(&self) -> Vec<MetricDataQuery> {
        let of = |id: &str, stat: &str| {
            let stat = MetricStat::builder()
                .metric(self.metric.clone())
                .period(self.period_seconds)
                .stat(stat)
                .build();
            let query = MetricDataQuery::builder().id(id).metric_stat(stat);
            query.return_data(false).build()
        };
        let checked = MetricDataQuery::builder()
            .id(CHECKED)
            .expression(format!("IF({SAMPLES} >= {}, {VALUE}, 0)", self.least))
            .label(format!("{} of at least {}", self.stat, self.least))
            .return_data(true)
            .build();
        vec![of(VALUE, &self.stat), of(SAMPLES, "SampleCount"), checked]
    }

    /// What these queries are about, if they are those of [`Counted::queries`] and nothing else, in any order.
    pub fn of(queries: &[MetricDataQuery]) -> Option<Self> {
        let by_id = |id: &str| queries.iter().find(|one| one.id() == Some(id));
        let stat = by_id(VALUE)?.metric_stat()?;
        let least = by_id(CHECKED)?.expression()?;
        let least = least.strip_prefix(&format!("IF({SAMPLES} >= "))?;
        let least = least.strip_suffix(&format!(", {VALUE}, 0)"))?;
        let counted = Self {
            metric: sorted(stat.metric()?),
            stat: stat.stat()?.to_owned(),
            period_seconds: stat.period()?,
            least: least.parse().ok()?,
        };
        let expected = counted.queries();
        let is_expected = |one: &MetricDataQuery| expected.contains(&normalized(one));
        (queries.len() == expected.len() && queries.iter().all(is_expected)).then_some(counted)
    }
}

/// A metric whose dimensions are in the order of their names.
fn sorted(metric: &Metric) -> Metric {
    let mut metric = metric.clone();
    if let Some(dimensions) = &mut metric.dimensions {
        dimensions.sort_by(|a, b| a.name().cmp(&b.name()));
    }
    metric
}

/// A query as [`Counted::queries`] has it, where only the order of dimensions differs, or what AWS fills in.
fn normalized(query: &MetricDataQuery) -> MetricDataQuery {
    let mut query = query.clone();
    // The label of a metric is filled in where none was sent.
    if query.expression.is_none() {
        query.label = None;
    }
    query.return_data.get_or_insert(true);
    if let Some(stat) = &mut query.metric_stat {
        stat.metric = stat.metric.as_ref().map(sorted);
    }
    query
}

/// The metric of a counted alarm, with its dimensions in the order of their names.
pub fn metric(namespace: &str, name: &str, dimensions: Vec<Dimension>) -> Metric {
    sorted(
        &Metric::builder()
            .namespace(namespace)
            .metric_name(name)
            .set_dimensions(Some(dimensions))
            .build(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimension(name: &str, value: &str) -> Dimension {
        Dimension::builder().name(name).value(value).build()
    }

    fn counted() -> Counted {
        let of_targets = vec![
            dimension("TargetGroup", "targetgroup/api/1"),
            dimension("LoadBalancer", "app/alb/2"),
        ];
        Counted {
            metric: metric("AWS/ApplicationELB", "TargetResponseTime", of_targets),
            stat: "p95".into(),
            period_seconds: 300,
            least: 20,
        }
    }

    #[test]
    fn the_queries_are_recognized_in_the_forms_of_aws() {
        let mut queries = counted().queries();
        assert_eq!(queries[2].expression(), Some("IF(samples >= 20, value, 0)"));
        assert_eq!(Counted::of(&queries), Some(counted()));
        // Another order, a label that AWS filled in, and data that is returned by default.
        queries.reverse();
        queries[0].return_data = None;
        queries[2].label = Some("TargetResponseTime".into());
        let stat = queries[1].metric_stat.as_mut().unwrap();
        let metric = stat.metric.as_mut().unwrap();
        metric.dimensions.as_mut().unwrap().reverse();
        assert_eq!(Counted::of(&queries), Some(counted()));
    }

    #[test]
    fn other_queries_are_another_expression() {
        let changes: [fn(&mut Vec<MetricDataQuery>); 5] = [
            |all| all.truncate(2),
            |all| all[2].expression = Some("IF(samples > 20, value, 0)".into()),
            |all| all[1].metric_stat.as_mut().unwrap().stat = Some("Sum".into()),
            |all| all[0].return_data = Some(true),
            |all| all[1].metric_stat.as_mut().unwrap().period = Some(60),
        ];
        for change in changes {
            let mut queries = counted().queries();
            change(&mut queries);
            assert_eq!(Counted::of(&queries), None, "{queries:?}");
        }
        assert_eq!(Counted::of(&[]), None);
    }
}
