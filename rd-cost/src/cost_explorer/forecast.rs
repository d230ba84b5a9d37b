//! AWS's forecast of the days to come.
//! <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostForecast.html>

use super::costs::explained;
use super::{CostExplorer, days, of_stack};
use aws_sdk_costexplorer::types::{Granularity, Metric};
use jiff::civil::Date;
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use rust_decimal::Decimal;

/// The amount of a day to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The day, in UTC.
    pub day: Date,
    /// What AWS expects to charge.
    pub amount: Decimal,
}

/// What AWS expects, or why it does not.
pub enum Forecast {
    /// What it expects, by day.
    Days(Vec<Ahead>),
    /// AWS makes none; its words.
    None(String),
}

/// The refusals of an account with too little history, or of a filter by tags.
const NO_FORECAST: [&str; 3] = [
    "DataUnavailableException",
    "ValidationException",
    "BillExpirationException",
];

impl CostExplorer {
    /// What AWS expects from `since`, which is today or later, to the day before `until`. By day: a month of which only a
    /// part was asked for would be told as a whole.
    pub async fn forecast(&self, since: Date, until: Date) -> Result<Forecast> {
        self.count()?;
        let call = self
            .client
            .get_cost_forecast()
            .time_period(days(since, until)?)
            .granularity(Granularity::Daily)
            .metric(Metric::UnblendedCost)
            .filter(of_stack(&self.stack));
        let answer = match call.send().await.doing("read the forecast") {
            Err(error) if error.is(&NO_FORECAST) => {
                return Ok(Forecast::None(error.summary.clone()));
            }
            other => other.map_err(explained)?,
        };
        let days = answer.forecast_results_by_time().iter().map(|one| {
            let day = one.time_period().map_or("", |period| period.start());
            let amount = one.mean_value().unwrap_or("0");
            let incomplete =
                |e: String| Error::failed(format!("AWS's forecast is incomplete: {e}"));
            Ok(Ahead {
                day: day
                    .parse()
                    .map_err(|e: jiff::Error| incomplete(e.to_string()))?,
                amount: amount
                    .parse()
                    .map_err(|e: rust_decimal::Error| incomplete(e.to_string()))?,
            })
        });
        Ok(Forecast::Days(days.collect::<Result<_>>()?))
    }
}
