//! What was charged, by day.
//! <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html>

use super::{CostExplorer, Metric, SLICE_TAG, days, of_stack};
use aws_sdk_costexplorer::types::{
    Dimension, DimensionValues, Expression, Granularity, Group, GroupDefinition,
    GroupDefinitionType,
};
use clap::ValueEnum;
use jiff::Timestamp;
use jiff::civil::Date;
use rd_common::aws::Explain;
use rd_common::output::printer::print_warning;
use rd_common::{Error, Result, Stack};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// By what the costs of a day are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The service, such as Amazon Relational Database Service
    Service,
    /// Nothing but the day
    Day,
    /// The usage type, such as NatGateway-Hours
    UsageType,
    /// The slice, by the tag rd:slice
    Slice,
    /// The service and the usage type, with what was used: usage alone, without credits, fees and tax
    #[value(skip)]
    Item,
}

impl By {
    const ALL: [Self; 5] = [
        Self::Service,
        Self::Day,
        Self::UsageType,
        Self::Slice,
        Self::Item,
    ];

    /// The word of `--by`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Day => "day",
            Self::UsageType => "usage-type",
            Self::Slice => "slice",
            Self::Item => "item",
        }
    }

    /// The two groups of a request; AWS allows no more.
    fn groups(self) -> [GroupDefinition; 2] {
        let dimension = GroupDefinitionType::Dimension;
        let groups = match self {
            Self::Service | Self::Day => {
                [(dimension.clone(), "SERVICE"), (dimension, "RECORD_TYPE")]
            }
            Self::UsageType => [
                (dimension.clone(), "USAGE_TYPE"),
                (dimension, "RECORD_TYPE"),
            ],
            Self::Slice => [
                (GroupDefinitionType::Tag, SLICE_TAG),
                (dimension, "RECORD_TYPE"),
            ],
            Self::Item => [(dimension.clone(), "USAGE_TYPE"), (dimension, "SERVICE")],
        };
        groups.map(|(kind, key)| GroupDefinition::builder().r#type(kind).key(key).build())
    }

    /// Which charges an answer consists of.
    fn filter(self, stack: &Stack) -> Expression {
        let stack = of_stack(stack);
        if self != Self::Item {
            return stack;
        }
        let usage = DimensionValues::builder().key(Dimension::RecordType);
        let usage = usage.set_values(Some(USAGE.map(str::to_owned).to_vec()));
        let usage = Expression::builder().dimensions(usage.build()).build();
        Expression::builder().and(stack).and(usage).build()
    }

    /// What a key of an answer names. That of a tag is `rd:slice$net`, and `rd:slice$` without a value.
    fn named(self, key: &str) -> String {
        match self {
            Self::Slice => match key.split_once('$') {
                Some((_, "")) | None => "(no slice)".to_owned(),
                Some((_, slice)) => slice.to_owned(),
            },
            _ => key.to_owned(),
        }
    }
}

/// AWS's record types of what was used, whether or not a plan or a reservation covers it.
/// <https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html>
const USAGE: [&str; 3] = ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage"];

/// AWS's name of the quantity.
const QUANTITY: &str = "UsageQuantity";

/// What an amount is, besides the usage of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// What was used, however it was paid.
    Usage,
    /// Fees of plans and reservations.
    Fee,
    /// What AWS Support costs.
    Support,
    /// Taxes on the bill.
    Tax,
    /// Money that AWS has given back.
    Refund,
    /// Credits and discounts; negative.
    Credit,
}

impl Kind {
    /// By AWS's record type.
    /// <https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html>
    fn of(record_type: &str) -> Self {
        let word = record_type.to_lowercase();
        let has = |part: &str| word.contains(part);
        match () {
            () if has("credit") || has("discount") && !has("discountedusage") => Self::Credit,
            () if has("refund") => Self::Refund,
            () if has("tax") => Self::Tax,
            () if has("support") => Self::Support,
            () if has("fee") => Self::Fee,
            () => Self::Usage,
        }
    }

    /// The name of its line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Fee => "fees of plans and reservations",
            Self::Support => "support",
            Self::Tax => "tax",
            Self::Refund => "refunds",
            Self::Credit => "credits and discounts",
        }
    }
}

/// An amount of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// The day, in UTC.
    pub day: Date,
    /// The service, usage type or slice.
    pub key: String,
    /// What the amount is.
    pub kind: Kind,
    /// The amount; credits are negative.
    #[serde(with = "rust_decimal::serde::str")]
    pub amount: Decimal,
    /// The currency, such as `USD`.
    pub currency: String,
    /// Whether AWS may still change it.
    pub estimated: bool,
    /// What was used; only by [`By::Item`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Used>,
}

/// What an amount was charged for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The service, as Cost Explorer names it.
    pub service: String,
    /// How much of the usage type.
    #[serde(with = "rust_decimal::serde::str")]
    pub quantity: Decimal,
    /// AWS's unit, such as `Hrs`.
    pub unit: String,
}

/// What Cost Explorer is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// The first day, which is included.
    pub since: Date,
    /// The day after the last one.
    pub until: Date,
    /// How amounts are counted.
    pub metric: Metric,
    /// By what they are told apart.
    pub by: By,
}

impl Query {
    /// The query in one line, by which its answer is kept, with AWS's name of the metric.
    fn question(&self, metric: &str) -> String {
        let by = self.by.word();
        format!("{} {} {by} {metric}", self.since, self.until)
    }

    /// The query that a line says, and AWS's name of the metric; none where it says none.
    pub fn of_question(question: &str) -> Option<(Self, &str)> {
        let [since, until, by, name] = question.split(' ').collect::<Vec<_>>()[..] else {
            return None;
        };
        let mut metrics = Metric::value_variants().iter();
        let query = Self {
            since: since.parse().ok()?,
            until: until.parse().ok()?,
            metric: *metrics.find(|one| one.names().contains(&name))?,
            by: By::ALL.into_iter().find(|one| one.word() == by)?,
        };
        Some((query, name))
    }
}

impl CostExplorer {
    /// What the stack was charged, by day and key.
    pub async fn costs(&self, query: &Query) -> Result<Vec<Spent>> {
        let names = query.metric.names();
        let mut refused = None;
        for name in names {
            match self.costs_by(query, name).await {
                // An account without this metric.
                Err(error) if error.is(&["ValidationException"]) && refused.is_none() => {
                    refused = Some(error);
                }
                Ok(spent) => {
                    if refused.is_some() && query.metric == Metric::Net {
                        print_warning(
                            "AWS has no net amounts for this account: these are unblended",
                            "net amounts exist where AWS grants discounts on the whole bill",
                        );
                    }
                    return Ok(spent);
                }
                Err(error) => return Err(error),
            }
        }
        Err(refused.unwrap_or_else(|| Error::failed("no metric is left")))
    }

    async fn costs_by(&self, query: &Query, metric: &str) -> Result<Vec<Spent>> {
        let question = query.question(metric);
        let now = Timestamp::now();
        if let Some(kept) = self.cache.borrow().get(&question, now) {
            return Ok(kept);
        }
        let mut spent = Vec::new();
        let mut token = None;
        loop {
            self.count()?;
            let [first, second] = query.by.groups();
            let quantity = (query.by == By::Item).then(|| QUANTITY.to_owned());
            let call = self
                .client
                .get_cost_and_usage()
                .time_period(days(query.since, query.until)?)
                .granularity(Granularity::Daily)
                .filter(query.by.filter(&self.stack))
                .set_metrics(Some(
                    [metric.to_owned()].into_iter().chain(quantity).collect(),
                ))
                .group_by(first)
                .group_by(second)
                .set_next_page_token(token);
            let answer = call
                .send()
                .await
                .doing("read the costs")
                .map_err(explained)?;
            for day in answer.results_by_time() {
                let at = day.time_period().map_or("", |period| period.start());
                let at: Date = at
                    .parse()
                    .map_err(|e| Error::failed(format!("AWS's answer has no day: {e}")))?;
                for group in day.groups() {
                    spent.push(amount(group, at, query.by, metric, day.estimated())?);
                }
            }
            token = answer.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break;
            }
        }
        self.cache.borrow_mut().put(question, &spent, now)?;
        Ok(spent)
    }
}

fn amount(group: &Group, day: Date, by: By, metric: &str, estimated: bool) -> Result<Spent> {
    let keys = group.keys();
    let key = |place: usize| keys.get(place).map_or("", String::as_str);
    let value = |name: &str| group.metrics().and_then(|metrics| metrics.get(name));
    let unit = |name: &str, otherwise: &str| {
        let unit = value(name).and_then(|value| value.unit());
        unit.unwrap_or(otherwise).to_owned()
    };
    let number = |name: &str| number(value(name).and_then(|value| value.amount()).unwrap_or("0"));
    let used = match by {
        By::Item => Some(Used {
            service: key(1).to_owned(),
            quantity: number(QUANTITY)?,
            unit: unit(QUANTITY, ""),
        }),
        _ => None,
    };
    Ok(Spent {
        day,
        key: by.named(key(0)),
        kind: if used.is_some() {
            Kind::Usage
        } else {
            Kind::of(key(1))
        },
        amount: number(metric)?,
        currency: unit(metric, "USD"),
        estimated,
        used,
    })
}

/// A number of Cost Explorer, which has more decimals than a decimal holds: what is beyond is far below a cent.
fn number(text: &str) -> Result<Decimal> {
    let number = Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text));
    number
        .or_else(|_| text.get(..28).unwrap_or(text).parse())
        .map_err(|e| Error::failed(format!("AWS's amount `{text}` is not a number: {e}")))
}

/// What a refusal means.
pub(super) fn explained(error: Error) -> Error {
    match error.code.as_deref() {
        Some("AccessDeniedException") => error.hint(
            "ask for ce:GetCostAndUsage, ce:GetCostForecast, ce:GetTags and ce:ListCostAllocationTags; in an organization, the \
             management account must also let member accounts use Cost Explorer",
        ),
        Some("DataUnavailableException") => error.hint(
            "Cost Explorer has no data yet: it needs a day after it was turned on in the Billing console",
        ),
        // The second one has the code of every wrong request.
        code if code == Some("BillExpirationException")
            || error.summary.contains("historical data beyond 14 months") =>
        {
            error.hint("AWS keeps 14 months: ask for later days with --since")
        }
        Some("LimitExceededException") => error.hint("wait a minute, then run the command again"),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_tag_is_split_at_the_first_dollar() {
        assert_eq!(By::Slice.named("rd:slice$net"), "net");
        assert_eq!(By::Slice.named("rd:slice$a$b"), "a$b");
        assert_eq!(By::Slice.named("rd:slice$"), "(no slice)");
        assert_eq!(By::Service.named("a$b"), "a$b");
    }

    #[test]
    fn credits_refunds_tax_and_support_are_told_from_usage() {
        let kind = Kind::of;
        for usage in ["Usage", "DiscountedUsage", "SavingsPlanCoveredUsage", ""] {
            assert_eq!(kind(usage), Kind::Usage, "{usage}");
        }
        assert_eq!(kind("Credit"), Kind::Credit);
        assert_eq!(kind("BundledDiscount"), Kind::Credit);
        assert_eq!(kind("Refund"), Kind::Refund);
        assert_eq!(kind("Tax"), Kind::Tax);
        assert_eq!(kind("Support"), Kind::Support);
        assert_eq!(kind("SavingsPlanRecurringFee"), Kind::Fee);
    }
}
