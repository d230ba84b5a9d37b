//! What AWS's Cost Anomaly Detection has found. It watches only where the account has a monitor.
//! <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetAnomalies.html>

use super::CostExplorer;
use super::costs::explained;
use aws_sdk_costexplorer::types::{Anomaly, AnomalyDateInterval, Impact};
use jiff::ToSpan;
use jiff::civil::Date;
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use rust_decimal::Decimal;

/// An anomaly of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// AWS's id of it.
    pub id: String,
    /// The first day, as AWS writes it.
    pub since: String,
    /// The last day; none where it goes on.
    pub until: Option<String>,
    /// The service, or what else the monitor watches.
    pub of: String,
    /// Usage types and regions that AWS takes for its causes.
    pub causes: Vec<String>,
    /// How much more it has cost than expected, in US dollars.
    pub impact: Decimal,
}

impl CostExplorer {
    /// The anomalies from `since` to the day before `until`; none where the account has no monitor, or may not ask for it.
    pub async fn anomalies(&self, since: Date, until: Date) -> Result<Option<Vec<Found>>> {
        self.count()?;
        let call = self.client.get_anomaly_monitors().max_results(1);
        let monitors = match call.send().await.doing("read the anomaly monitors") {
            Err(error) if error.is(&["AccessDeniedException"]) => return Ok(None),
            other => other.map_err(explained)?,
        };
        if monitors.anomaly_monitors().is_empty() {
            return Ok(None);
        }
        let mut all = Vec::new();
        let mut token = None;
        loop {
            self.count()?;
            let days = AnomalyDateInterval::builder().start_date(since.to_string());
            // Both ends are included.
            let days = days.end_date(until.saturating_sub(1.days()).to_string());
            let days = days.build();
            let days = days.map_err(|e| Error::failed(format!("the days are incomplete: {e}")))?;
            let call = self.client.get_anomalies().date_interval(days);
            let answer = call.set_next_page_token(token).send().await;
            let answer = answer.doing("read the anomalies").map_err(explained)?;
            all.extend(answer.anomalies().iter().map(found));
            token = answer.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Some(all));
            }
        }
    }
}

fn found(one: &Anomaly) -> Found {
    let causes = one.root_causes().iter().map(|cause| {
        let parts = [cause.service(), cause.usage_type(), cause.region()];
        let parts: Vec<&str> = parts
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        parts.join(" ")
    });
    let impact = one.impact().map_or(0.0, Impact::total_impact);
    let day = |time: &str| time.split('T').next().unwrap_or(time).to_owned();
    Found {
        id: one.anomaly_id().to_owned(),
        since: one.anomaly_start_date().map(day).unwrap_or_default(),
        until: one.anomaly_end_date().map(day),
        of: one.dimension_value().unwrap_or_default().to_owned(),
        causes: causes.filter(|cause| !cause.is_empty()).collect(),
        impact: Decimal::try_from(impact).unwrap_or_default().round_dp(2),
    }
}
