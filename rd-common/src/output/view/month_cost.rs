//! What a stack costs in a month, from the records of an estimate.

use crate::records::{Basis, Cost};
use std::collections::BTreeMap;

/// The sums of an estimate, in US dollars a month.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MonthCost {
    /// The whole amount once the plan is applied.
    pub total: f64,
    /// How much more that is than today; none where nothing is known about today.
    pub change: Option<f64>,
    /// The sum of each slice after the plan, where it is not zero; what belongs to no resource is under `stack`.
    pub by_slice: BTreeMap<String, f64>,
    /// The number of lines whose amount is not known.
    pub unknown: u64,
}

impl MonthCost {
    /// The sums of these records; none where there are no records.
    pub fn of(costs: &[Cost]) -> Option<Self> {
        if costs.is_empty() {
            return None;
        }
        let mut sums = Self::default();
        let lines = costs.iter().filter(|cost| cost.total.is_none());
        for cost in lines {
            let usd = number(cost.usd_month.as_deref());
            sums.total += usd.unwrap_or(0.0);
            sums.unknown += u64::from(usd.is_none() || cost.basis == Some(Basis::Unknown));
            let slice = cost.address.as_deref().and_then(|at| at.split('.').next());
            let slice = slice.unwrap_or("stack").to_owned();
            *sums.by_slice.entry(slice).or_default() += usd.unwrap_or(0.0);
        }
        sums.by_slice.retain(|_, usd| usd.abs() >= 0.005);
        if let Some(cost) = costs.iter().rev().find(|cost| cost.total.is_some())
            && let Some(total) = &cost.total
        {
            sums.total = number(cost.usd_month.as_deref()).unwrap_or(sums.total);
            sums.change = number(total.change.as_deref());
            sums.unknown = total.unknown;
        }
        Some(sums)
    }

    /// The sums in words, such as `+137 USD a month`.
    pub fn text(&self) -> String {
        let mut text = match self.change {
            Some(change) if change.abs() < 0.005 => {
                format!("still {} USD a month", usd(self.total))
            }
            Some(change) => {
                let sign = if change < 0.0 { "-" } else { "+" };
                format!("{sign}{} USD a month", usd(change.abs()))
            }
            None => format!("{} USD a month", usd(self.total)),
        };
        match self.unknown {
            0 => {}
            1 => text.push_str(" (and 1 unknown amount)"),
            count => text.push_str(&format!(" (and {count} unknown amounts)")),
        }
        text
    }
}

/// An amount as people say it: without cents, unless it is small.
pub fn usd(amount: f64) -> String {
    match amount.abs() >= 10.0 {
        true => format!("{amount:.0}"),
        false => format!("{amount:.2}"),
    }
}

fn number(text: Option<&str>) -> Option<f64> {
    text?.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::CostTotal;

    fn line(address: Option<&str>, usd: Option<&str>) -> Cost {
        Cost {
            address: address.map(str::to_owned),
            usd_month: usd.map(str::to_owned),
            ..Cost::default()
        }
    }

    #[test]
    fn the_change_is_said_and_otherwise_the_total() {
        let mut costs = vec![
            line(Some("net.nat_gateway.a"), Some("32.85")),
            line(None, Some("1.5")),
        ];
        let sums = MonthCost::of(&costs).unwrap();
        assert_eq!(sums.text(), "34 USD a month");
        assert_eq!(sums.by_slice["net"], 32.85);
        costs.push(Cost {
            usd_month: Some("137.2".to_owned()),
            total: Some(CostTotal {
                change: Some("-3.5".to_owned()),
                unknown: 1,
                ..CostTotal::default()
            }),
            ..Cost::default()
        });
        let text = MonthCost::of(&costs).unwrap().text();
        assert_eq!(text, "-3.50 USD a month (and 1 unknown amount)");
        assert_eq!(MonthCost::of(&[]), None);
    }
}
