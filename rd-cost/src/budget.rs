//! AWS Budgets: the budget of the stack's tags, with its mails.
//! <https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html>

use crate::cost_explorer::OWN_TAGS;
use aws_sdk_budgets::Client;
use aws_sdk_budgets::types::{
    Budget as AwsBudget, BudgetType, ComparisonOperator, Notification, NotificationType,
    NotificationWithSubscribers, Spend, Subscriber, SubscriptionType, ThresholdType, TimeUnit,
};
use rd_common::aws::{Aws, Explain};
use rd_common::{Error, Result, Stack, client};
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashMap};

/// When a mail is sent: of what has been charged, or of what AWS expects, at this percentage of the limit.
const MAILS: [(NotificationType, i32); 3] = [
    (NotificationType::Actual, 80),
    (NotificationType::Actual, 100),
    (NotificationType::Forecasted, 100),
];

/// The most mail addresses of a notification.
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html>
const MOST_MAILS: usize = 10;

/// The name of the filter by tags. Its values are `user:Project$shop`: without `user:`, a tag finds nothing.
/// <https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-create-filters.html>
const TAG: &str = "TagKeyValue";

/// The code of a budget, notification or subscriber that does not exist.
const NOT_FOUND: &str = "NotFoundException";

/// Budgets of one account.
pub struct Budgets {
    client: Client,
    account: String,
    stack: Stack,
}

/// The budget of a stack, as AWS has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The limit of a month.
    pub limit: Decimal,
    /// The currency of all amounts.
    pub currency: String,
    /// What was charged this month, as AWS counts it.
    pub actual: Decimal,
    /// What AWS expects of the whole month; none where it makes no forecast.
    pub forecast: Option<Decimal>,
    /// The mails, in the order of AWS.
    pub mails: Vec<Mails>,
    /// Whether its filter is the stack's tags.
    pub is_of_stack: bool,
}

/// The mails at one threshold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mails {
    /// What is above the threshold: `actual` or `forecast`.
    pub of: &'static str,
    /// The percentage of the limit.
    pub percent: String,
    /// The addresses that get them.
    pub to: BTreeSet<String>,
}

impl Budgets {
    /// Those of the stack's account.
    pub fn new(aws: &Aws, account: String, stack: &Stack) -> Self {
        Self {
            client: client!(aws_sdk_budgets, aws.config),
            account,
            stack: stack.clone(),
        }
    }

    /// The name of the stack's budget.
    pub fn name(&self) -> String {
        self.stack.name()
    }

    /// The budget of the stack; none where it has none.
    pub async fn find(&self) -> Result<Option<Budget>> {
        let call = self.client.describe_budget();
        let call = call.account_id(&self.account).budget_name(self.name());
        let answer = match call.send().await.doing("read the budget") {
            Err(error) if error.is(&[NOT_FOUND]) => return Ok(None),
            other => other?,
        };
        let Some(found) = answer.budget() else {
            return Ok(None);
        };
        let mut budget = read(found, &self.stack)?;
        for one in self.notifications().await? {
            let to = self.subscribers(&one).await?;
            budget.mails.push(Mails {
                of: match one.notification_type() {
                    NotificationType::Forecasted => "forecast",
                    _ => "actual",
                },
                percent: one.threshold().to_string(),
                to,
            });
        }
        Ok(Some(budget))
    }

    async fn notifications(&self) -> Result<Vec<Notification>> {
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let call = self.client.describe_notifications_for_budget();
            let call = call.account_id(&self.account).budget_name(self.name());
            let answer = call.set_next_token(token).send().await;
            let answer = answer.doing("read the notifications of the budget")?;
            all.extend_from_slice(answer.notifications());
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    async fn subscribers(&self, of: &Notification) -> Result<BTreeSet<String>> {
        let mut all = BTreeSet::new();
        let mut token = None;
        loop {
            let call = self.client.describe_subscribers_for_notification();
            let call = call.account_id(&self.account).budget_name(self.name());
            let call = call.notification(key_of(of)?).set_next_token(token);
            let answer = call.send().await;
            let answer = answer.doing("read who gets the mails of the budget")?;
            all.extend(
                answer
                    .subscribers()
                    .iter()
                    .map(|one| one.address().to_owned()),
            );
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    /// Creates the budget, or changes its limit and, where addresses are given, who gets its mails. Notifications at other
    /// thresholds stay.
    pub async fn set(&self, limit: Decimal, mails: &BTreeSet<String>) -> Result<()> {
        if mails.len() > MOST_MAILS {
            return Err(Error::usage(format!(
                "{} addresses are more than AWS allows",
                mails.len()
            ))
            .hint("a notification has at most 10 mail addresses: pass the address of a list"));
        }
        let found = self.find().await?;
        let Some(found) = found else {
            return self.create(limit, mails).await;
        };
        self.check_owner(&found)?;
        if found.limit != limit {
            let call = self.client.update_budget().account_id(&self.account);
            let call = call.new_budget(self.budget(limit)?);
            call.send().await.doing("change the limit of the budget")?;
        }
        if mails.is_empty() {
            return Ok(());
        }
        let existing = self.notifications().await?;
        for (of, percent) in &MAILS {
            let same = existing.iter().find(|one| is_at(one, of, *percent));
            if let Some(same) = same {
                if self.subscribers(same).await? == *mails {
                    continue;
                }
                let call = self.client.delete_notification();
                let call = call.account_id(&self.account).budget_name(self.name());
                let call = call.notification(key_of(same)?);
                call.send().await.doing("replace the mails of the budget")?;
            }
            let call = self.client.create_notification();
            let call = call.account_id(&self.account).budget_name(self.name());
            let call = call.notification(notification(of, *percent)?);
            let call = call.set_subscribers(Some(subscribers(mails)?));
            call.send().await.doing("create the mails of the budget")?;
        }
        Ok(())
    }

    async fn create(&self, limit: Decimal, mails: &BTreeSet<String>) -> Result<()> {
        if mails.is_empty() {
            return Err(Error::usage("a new budget needs an address for its mails")
                .hint("pass --mail ops@example.com, more than once for several addresses"));
        }
        let call = self.client.create_budget().account_id(&self.account);
        let mut call = call.budget(self.budget(limit)?);
        for (of, percent) in &MAILS {
            let one = NotificationWithSubscribers::builder();
            let one = one.notification(notification(of, *percent)?);
            let one = one.set_subscribers(Some(subscribers(mails)?));
            call = call.notifications_with_subscribers(one.build().map_err(incomplete)?);
        }
        call.send().await.doing("create the budget")?;
        Ok(())
    }

    /// Removes the budget with its mails. Returns whether there was one.
    pub async fn remove(&self) -> Result<bool> {
        let Some(found) = self.find().await? else {
            return Ok(false);
        };
        self.check_owner(&found)?;
        let call = self.client.delete_budget();
        let call = call.account_id(&self.account).budget_name(self.name());
        match call.send().await.doing("remove the budget") {
            Err(error) if error.is(&[NOT_FOUND]) => Ok(true),
            other => other.map(|_| true),
        }
    }

    /// Fails for a budget of another filter: it has the name by chance.
    fn check_owner(&self, found: &Budget) -> Result<()> {
        match found.is_of_stack {
            true => Ok(()),
            false => Err(Error::refused(format!(
                "the budget {} is not one of this stack's tags",
                self.name()
            ))
            .hint("rename or delete it in the Billing console: rd changes only budgets that it has created")),
        }
    }

    #[expect(
        deprecated,
        reason = "no source says how FilterExpression writes the key of a tag, and a wrong one finds nothing"
    )]
    fn budget(&self, limit: Decimal) -> Result<AwsBudget> {
        let limit = Spend::builder().amount(limit.to_string()).unit("USD");
        let budget = AwsBudget::builder()
            .budget_name(self.name())
            .budget_type(BudgetType::Cost)
            .time_unit(TimeUnit::Monthly)
            .budget_limit(limit.build().map_err(incomplete)?)
            .cost_filters(TAG, tags(&self.stack));
        budget.build().map_err(incomplete)
    }
}

/// The values of the filter. Values of one key are alternatives, and different keys must all fit.
fn tags(stack: &Stack) -> Vec<String> {
    let values = [&stack.project, &stack.environment];
    let tags = OWN_TAGS.iter().zip(values);
    tags.map(|(key, value)| format!("user:{key}${value}"))
        .collect()
}

#[expect(
    deprecated,
    reason = "no source says how FilterExpression writes the key of a tag, and a wrong one finds nothing"
)]
fn read(found: &AwsBudget, stack: &Stack) -> Result<Budget> {
    let amount = |spend: &Spend| -> Result<Decimal> {
        let text = spend.amount();
        let number = text.parse().or_else(|_| Decimal::from_scientific(text));
        number.map_err(|e| Error::failed(format!("AWS's amount `{text}` is not a number: {e}")))
    };
    let limit = found.budget_limit();
    let spend = found.calculated_spend();
    let actual = spend.and_then(|spend| spend.actual_spend());
    let forecast = spend.and_then(|spend| spend.forecasted_spend());
    let empty = HashMap::new();
    let filters = found.cost_filters().unwrap_or(&empty);
    let by_tag: BTreeSet<&String> = filters.get(TAG).into_iter().flatten().collect();
    let own = tags(stack);
    Ok(Budget {
        limit: limit.map(amount).transpose()?.unwrap_or_default(),
        currency: limit.map_or("USD", |limit| limit.unit()).to_owned(),
        actual: actual.map(amount).transpose()?.unwrap_or_default(),
        forecast: forecast
            .map(amount)
            .transpose()?
            .filter(|amount| !amount.is_zero()),
        mails: Vec::new(),
        is_of_stack: filters.len() == 1 && by_tag == own.iter().collect(),
    })
}

/// Whether a notification is sent above this percentage.
fn is_at(one: &Notification, of: &NotificationType, percent: i32) -> bool {
    let is_percentage = one
        .threshold_type()
        .is_none_or(|kind| *kind == ThresholdType::Percentage);
    one.notification_type() == of
        && *one.comparison_operator() == ComparisonOperator::GreaterThan
        && is_percentage
        && (one.threshold() - f64::from(percent)).abs() < 0.01
}

/// What names a notification in a call: without its state.
fn key_of(one: &Notification) -> Result<Notification> {
    Notification::builder()
        .notification_type(one.notification_type().clone())
        .comparison_operator(one.comparison_operator().clone())
        .threshold(one.threshold())
        .set_threshold_type(one.threshold_type().cloned())
        .build()
        .map_err(incomplete)
}

fn notification(of: &NotificationType, percent: i32) -> Result<Notification> {
    Notification::builder()
        .notification_type(of.clone())
        .comparison_operator(ComparisonOperator::GreaterThan)
        .threshold(f64::from(percent))
        .threshold_type(ThresholdType::Percentage)
        .build()
        .map_err(incomplete)
}

fn subscribers(mails: &BTreeSet<String>) -> Result<Vec<Subscriber>> {
    let each = mails.iter().map(|mail| {
        let one = Subscriber::builder().subscription_type(SubscriptionType::Email);
        one.address(mail).build().map_err(incomplete)
    });
    each.collect()
}

fn incomplete(error: impl std::fmt::Display) -> Error {
    Error::failed(format!("the budget is incomplete: {error}"))
}
