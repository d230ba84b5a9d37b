//! `rd-cost waste`: what is paid for and not used.

use crate::clients::Clients;
use crate::money::{cents, plain};
use crate::observed::{Window, print_cost};
use crate::owned::OwnedResources;
use crate::prices::Prices;
use crate::report::{entry, markdown_table};
use crate::waste::{Finding, Look, Verdict, find};
use jiff::Timestamp;
use rd_common::context::Context;
use rd_common::output::style::{BOLD, DIM, paint, width};
use rd_common::{Exit, Result};
use rust_decimal::Decimal;
use serde_json::json;
use std::path::PathBuf;

/// The most columns of the text.
const COLUMNS: usize = 80;

/// Flags of `rd-cost waste`.
#[derive(clap::Args, Clone, Debug)]
pub struct WasteArgs {
    /// How many whole days are looked at
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=60))]
    days: i64,
    /// Look at all resources of the account in this region, not only at those of the stack
    #[arg(long)]
    account: bool,
    /// Exit with 7 if something is wasted
    #[arg(long)]
    fail: bool,
    /// File with prices that override those of the list, one JSON object a line
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

/// Looks at what exists, and prints what is wasted.
pub async fn run(context: &Context, args: &WasteArgs) -> Result<Exit> {
    let mut prices = Prices::known(&context.settings.folder(), &context.stack.region)?;
    if let Some(path) = &args.prices {
        prices.override_with(path)?;
    }
    let owned = OwnedResources::read(context).await?;
    let aws = context.connect().await?;
    aws.check_credentials().await?;
    let clients = Clients::new(aws);
    let now = Timestamp::now();
    let look = Look {
        clients: &clients,
        stack: &context.stack,
        owned: &owned,
        prices: &prices,
        window: Window::before(now, args.days),
        now,
        account: args.account,
    };
    let (found, metrics) = find(&look).await;
    let report = Report {
        found: &found,
        stack: context.stack.name(),
        region: &context.stack.region,
        days: look.window.text(),
    };
    let printer = &context.printer;
    printer.text(&match (printer.is_json(), printer.is_markdown()) {
        (true, _) => report.records(),
        (_, true) => report.markdown(),
        _ => report.text(width().min(COLUMNS)),
    });
    print_cost(metrics, &prices);
    let has = |verdict| found.iter().any(|one| one.verdict == verdict);
    let unread = found.iter().any(|one| one.resource.is_empty());
    Ok(match (args.fail && has(Verdict::Wasted), unread) {
        (true, _) => Exit::OverLimit,
        (false, true) => Exit::Failed,
        (false, false) => Exit::Done,
    })
}

/// Whether the same is said of two resources of a kind.
fn alike(one: &Finding, other: &Finding) -> bool {
    one.kind == other.kind && one.why == other.why
}

/// What was found, to be printed.
struct Report<'a> {
    found: &'a [Finding],
    stack: String,
    region: &'a str,
    days: String,
}

impl Report<'_> {
    fn with(&self, verdict: Verdict) -> impl Iterator<Item = &Finding> {
        self.found.iter().filter(move |one| one.verdict == verdict)
    }

    fn total(&self) -> Decimal {
        let wasted = self.with(Verdict::Wasted);
        wasted.filter_map(|one| one.usd_month).sum()
    }

    fn without_price(&self) -> usize {
        let wasted = self.with(Verdict::Wasted);
        wasted.filter(|one| one.usd_month.is_none()).count()
    }

    fn records(&self) -> String {
        let mut text = String::new();
        for one in self.found {
            let record = json!({
                "type": "waste", "kind": one.kind, "resource": one.resource, "address": one.address,
                "verdict": one.verdict.word(), "usd_month": one.usd_month.map(plain), "why": one.why,
                "command": one.command,
            });
            text.push_str(&format!("{record}\n"));
        }
        let count = |verdict| self.with(verdict).count();
        let total = json!({
            "type": "waste_total", "region": self.region, "days": self.days, "usd_month": plain(self.total()),
            "wasted": count(Verdict::Wasted), "without_price": self.without_price(),
            "too_new": count(Verdict::TooNew), "not_checked": count(Verdict::NotChecked),
        });
        text.push_str(&format!("{total}\n"));
        text
    }

    /// The amount of a finding in words.
    fn amount(one: &Finding) -> String {
        match (one.verdict, one.usd_month) {
            (Verdict::NotChecked, _) => "not checked".to_owned(),
            (Verdict::TooNew, _) => "too new".to_owned(),
            (Verdict::Wasted, Some(usd)) => cents(usd),
            (Verdict::Wasted, None) => "no price".to_owned(),
        }
    }

    fn name(one: &Finding) -> String {
        let kind = one.kind.replace('_', " ");
        let name = one.address.as_ref().unwrap_or(&one.resource);
        format!("{kind} {name}").trim_end().to_owned()
    }

    fn text(&self, width: usize) -> String {
        let mut text = format!(
            "{}  {}, {}, list prices\n",
            paint(BOLD, &self.stack),
            self.region,
            self.days
        );
        for one in self.found {
            let same: Vec<&Finding> = self
                .with(one.verdict)
                .filter(|other| alike(one, other))
                .collect();
            let (mut lines, mut name) = (vec![one.why.clone()], Self::name(one));
            lines.extend(one.command.as_ref().map(|command| format!("→ {command}")));
            if one.verdict == Verdict::TooNew && same.len() > 2 {
                if same
                    .first()
                    .is_some_and(|first| first.resource != one.resource)
                {
                    continue;
                }
                let names = same
                    .iter()
                    .map(|one| one.address.as_ref().unwrap_or(&one.resource));
                let names: Vec<&str> = names.map(String::as_str).collect();
                name = format!("{} × {}", one.kind.replace('_', " "), same.len());
                lines.push(names.join(", "));
            }
            text.push_str(&entry(&Self::amount(one), &name, &lines, width));
        }
        let unknown = match self.without_price() {
            0 => String::new(),
            count => paint(DIM, format!(", and {count} without a price")),
        };
        let total = cents(self.total());
        text.push_str(&format!("{total:>11}  USD a month are wasted{unknown}\n"));
        text
    }

    fn markdown(&self) -> String {
        let rows = self.found.iter().map(|one| {
            let command = one.command.as_ref();
            let command = command.map_or(String::new(), |command| format!("`{command}`"));
            vec![Self::amount(one), Self::name(one), one.why.clone(), command]
        });
        let rows: Vec<Vec<String>> = rows.collect();
        let mut text = format!(
            "**{} USD a month are wasted** in {} ({}, {})\n",
            cents(self.total()),
            self.stack,
            self.region,
            self.days
        );
        if !rows.is_empty() {
            let headings = ["USD/month", "Resource", "Why", "Command"];
            text.push_str(&format!("\n{}", markdown_table(&headings, &rows)));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_new_for_the_same_reason_is_one_entry() {
        let alarm = |name: &str| {
            let found = Finding::wasted(name, None, "no data".to_owned(), "x".to_owned());
            let found = found.too_new_if(true, 14);
            Finding {
                kind: "alarm",
                ..found
            }
        };
        let found = ["a", "b", "c"].map(alarm);
        let text = |found: &[Finding]| {
            let report = Report {
                found,
                stack: "shop-test".to_owned(),
                region: "us-east-1",
                days: "14 days".to_owned(),
            };
            report.text(80)
        };
        let all = text(&found);
        assert_eq!(all.matches("too new to tell").count(), 1, "{all}");
        assert!(
            all.contains("alarm × 3") && all.contains("a, b, c"),
            "{all}"
        );
        let two = text(&found[..2]);
        assert_eq!(two.matches("too new to tell").count(), 2, "{two}");
    }
}
