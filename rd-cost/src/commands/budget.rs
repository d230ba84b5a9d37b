//! `rd-cost budget`: AWS's budget of the stack's tags.

use crate::budget::{Budget, Budgets};
use crate::money::{cents, plain};
use rd_common::context::Context;
use rd_common::output::style::{BOLD, paint};
use rd_common::{Error, Exit, Result, aws};
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeSet;
use std::str::FromStr;

/// Flags of `rd-cost budget`.
#[derive(clap::Args, Clone, Debug)]
pub struct BudgetArgs {
    /// Create the budget, or change its limit: US dollars a month
    #[arg(long, value_name = "USD", value_parser = limit, conflicts_with = "remove")]
    limit: Option<Decimal>,
    /// Who gets a mail at 80 and 100 % of the limit, and when 100 % is expected; can be passed up to ten times
    #[arg(long = "mail", value_name = "ADDRESS", value_parser = mail, requires = "limit")]
    mails: Vec<String>,
    /// Remove the budget with its mails
    #[arg(long)]
    remove: bool,
}

fn limit(text: &str) -> std::result::Result<Decimal, String> {
    match Decimal::from_str(text) {
        Ok(limit) if limit > Decimal::ZERO => Ok(limit),
        _ => Err("allowed: US dollars a month, such as 200".to_owned()),
    }
}

fn mail(text: &str) -> std::result::Result<String, String> {
    let parts = text.split_once('@');
    let is_mail = parts
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'));
    match is_mail && !text.contains(char::is_whitespace) {
        true => Ok(text.to_owned()),
        false => Err("allowed: a mail address, such as ops@example.com".to_owned()),
    }
}

/// Changes the budget where the flags say so, and prints it.
pub async fn run(context: &Context, args: &BudgetArgs) -> Result<Exit> {
    let aws = context.connect().await?;
    let account = aws::account(&aws).await?;
    let budgets = Budgets::new(&aws, account, &context.stack);
    if args.remove && !budgets.remove().await.map_err(explained)? {
        return Err(
            Error::failed(format!("there is no budget {}", budgets.name()))
                .hint("rd-cost budget --limit 200 --mail ops@example.com creates it"),
        );
    }
    if let Some(limit) = args.limit {
        let mails: BTreeSet<String> = args.mails.iter().cloned().collect();
        budgets.set(limit, &mails).await.map_err(explained)?;
    }
    let budget = match args.remove {
        true => None,
        false => budgets.find().await.map_err(explained)?,
    };
    let name = budgets.name();
    context.printer.text(&match context.printer.is_json() {
        true => record(&name, budget.as_ref()),
        false => text(&name, budget.as_ref()),
    });
    Ok(Exit::Done)
}

/// What a refusal means.
fn explained(error: Error) -> Error {
    match error.code.as_deref() {
        Some("AccessDeniedException") => error.hint(
            "rd-cost policy --for budget prints what it needs; in an organization, the management account must also let \
             member accounts use budgets",
        ),
        Some("CreationLimitExceededException") => error.hint(
            "an account has at most 20,000 budgets, a budget at most 10 notifications, and each of them at most 10 mail \
             addresses",
        ),
        Some("ThrottlingException") => error.hint("wait a minute, then run the command again"),
        _ => error,
    }
}

fn record(name: &str, budget: Option<&Budget>) -> String {
    let mails = budget
        .map(|budget| budget.mails.as_slice())
        .unwrap_or_default();
    let mails = mails.iter();
    let mails = mails.map(|one| json!({"of": one.of, "percent": one.percent, "to": one.to}));
    let record = json!({
        "type": "budget", "name": name,
        "limit": budget.map(|budget| plain(budget.limit)),
        "currency": budget.map(|budget| budget.currency.as_str()),
        "actual": budget.map(|budget| plain(budget.actual)),
        "forecast": budget.and_then(|budget| budget.forecast).map(plain),
        "of_stack": budget.map(|budget| budget.is_of_stack),
        "mails": mails.collect::<Vec<_>>(),
    });
    format!("{record}\n")
}

fn text(name: &str, budget: Option<&Budget>) -> String {
    let Some(budget) = budget else {
        return format!(
            "{}: no budget; rd-cost budget --limit 200 --mail ops@example.com creates it\n",
            paint(BOLD, name)
        );
    };
    let percent = budget.actual * Decimal::ONE_HUNDRED / budget.limit.max(Decimal::ONE);
    let forecast = match budget.forecast {
        Some(forecast) => format!(", {} expected", cents(forecast)),
        None => String::new(),
    };
    let mut text = format!(
        "{}: {} of {} {} this month ({} %){forecast}\n",
        paint(BOLD, name),
        cents(budget.actual),
        cents(budget.limit),
        budget.currency,
        percent.round_dp(0)
    );
    for one in &budget.mails {
        let what = match one.of {
            "forecast" => "expected to be above",
            _ => "above",
        };
        let to: Vec<&str> = one.to.iter().map(String::as_str).collect();
        text.push_str(&format!("  {what} {} %: {}\n", one.percent, to.join(", ")));
    }
    if !budget.is_of_stack {
        text.push_str("  it is not one of this stack's tags: rd does not change it\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_addresses_are_checked() {
        assert_eq!(limit("99.5"), Ok(Decimal::new(995, 1)));
        assert!(limit("0").is_err() && limit("-1").is_err() && limit("x").is_err());
        assert!(mail("ops@example.com").is_ok());
        for wrong in [
            "ops",
            "@example.com",
            "ops@example",
            "a b@example.com",
            "a@b@c.de",
        ] {
            assert!(mail(wrong).is_err(), "{wrong}");
        }
    }
}
