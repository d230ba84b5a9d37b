//! Values of CloudWatch's metrics.

use crate::{CLOUDWATCH, World};

impl World {
    /// Puts a value of a metric with a time some minutes ago.
    pub fn metric(
        &self,
        namespace: &str,
        name: &str,
        of: &[(&str, &str)],
        minutes: i64,
        value: f64,
    ) {
        let time = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
        let (time, value) = (time.to_string(), value.to_string());
        let mut all = vec![
            ("Namespace".to_owned(), namespace.to_owned()),
            ("MetricData.member.1.MetricName".to_owned(), name.to_owned()),
            ("MetricData.member.1.Timestamp".to_owned(), time),
            ("MetricData.member.1.Value".to_owned(), value),
        ];
        for (number, (name, value)) in (1..).zip(of) {
            let member = format!("MetricData.member.1.Dimensions.member.{number}");
            all.push((format!("{member}.Name"), (*name).to_owned()));
            all.push((format!("{member}.Value"), (*value).to_owned()));
        }
        let all: Vec<(&str, &str)> = all
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.query(CLOUDWATCH, "PutMetricData", &all);
    }
}
