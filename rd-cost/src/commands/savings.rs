//! `rd-cost savings`: what could cost less.

use super::sources::Sources;
use crate::clients::Clients;
use crate::inventory::Inventory;
use crate::money::{cents, plain};
use crate::observed::{Window, print_cost};
use crate::owned::{OwnedResources, states};
use crate::report::{entry, markdown_table};
use crate::savings::{Asked, Outcome, Saving, Search, find};
use crate::waste::Look;
use jiff::Timestamp;
use rd_common::context::Context;
use rd_common::output::style::{BOLD, paint, width};
use rd_common::{Exit, Result};
use serde_json::json;
use std::path::PathBuf;

/// The most columns of the text.
const COLUMNS: usize = 80;

/// Flags of `rd-cost savings`.
#[derive(clap::Args, Clone, Debug)]
pub struct SavingsArgs {
    /// How many whole days of use are looked at
    #[arg(long, value_name = "N", default_value_t = 14, value_parser = clap::value_parser!(i64).range(1..=60))]
    days: i64,
    /// The hours of a week in which a stack outside of production is used
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=167))]
    hours: i64,
    /// File with prices that override those of the list, one JSON object a line
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

/// Looks at what exists, and prints what could cost less.
pub async fn run(context: &Context, args: &SavingsArgs) -> Result<Exit> {
    let sources = Sources::new(context, None, args.prices.as_deref())?;
    let prices = &sources.prices;
    let mut inventory = Inventory::default();
    for (_, state) in states(context).await? {
        inventory.add_state(&state);
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
        prices,
        window: Window::before(now, args.days),
        now,
        account: false,
    };
    let search = Search {
        look: &look,
        inventory: &inventory,
        terms: sources.terms(),
        hours: args.hours,
        asked: Asked {
            class: context.settings.text_of("data", "instance_class"),
            node: context.settings.text_of("cache", "node_type"),
            engine: context.settings.text_of("cache", "engine"),
            capacity: context.settings.text_of("ecs", "capacity"),
        },
    };
    let (found, metrics) = find(&search).await;
    let printer = &context.printer;
    let (stack, region) = (context.stack.name(), &context.stack.region);
    printer.text(&match (printer.is_json(), printer.is_markdown()) {
        (true, _) => found.iter().map(record).collect(),
        (_, true) => markdown(&found, &stack, region),
        _ => text(&found, &stack, region, width().min(COLUMNS)),
    });
    print_cost(metrics, prices);
    let unread = found.iter().any(|one| one.resource.is_empty());
    Ok(if unread { Exit::Failed } else { Exit::Done })
}

fn record(one: &Saving) -> String {
    let commitment = one.commitment.as_ref();
    let record = json!({
        "type": "saving", "kind": one.kind, "resource": one.resource, "outcome": one.outcome.word(),
        "usd_month": one.usd_month.map(plain), "why": one.why, "risk": one.risk, "change": one.change,
        "term_months": commitment.map(|one| one.months),
        "upfront_usd": commitment.map(|one| plain(one.upfront)),
        "break_even_month": commitment.map(|one| plain(one.break_even)),
    });
    format!("{record}\n")
}

fn amount(one: &Saving) -> String {
    match (one.outcome, one.usd_month) {
        (Outcome::NotChecked, _) => "not checked".to_owned(),
        (Outcome::TooNew, _) => "too new".to_owned(),
        (Outcome::Possible, Some(usd)) => cents(usd),
        (Outcome::Possible, None) => "no price".to_owned(),
    }
}

fn name(one: &Saving) -> String {
    let kind = one.kind.replace('_', " ");
    format!("{kind} {}", one.resource).trim_end().to_owned()
}

/// What is paid, and from when on it has been worth it.
fn payment(one: &Saving) -> Option<String> {
    let commitment = one.commitment.as_ref()?;
    Some(format!(
        "{} USD upfront; worth it from month {} of {} on",
        cents(commitment.upfront),
        commitment.break_even,
        commitment.months
    ))
}

fn text(found: &[Saving], stack: &str, region: &str, width: usize) -> String {
    let mut text = format!(
        "{}  {region}, USD a month less at list prices; some exclude each other\n",
        paint(BOLD, stack)
    );
    for one in found {
        let mut lines = vec![one.why.clone()];
        lines.extend(payment(one));
        lines.extend((!one.risk.is_empty()).then(|| format!("risk: {}", one.risk)));
        lines.extend((!one.change.is_empty()).then(|| format!("→ {}", one.change)));
        text.push_str(&entry(&amount(one), &name(one), &lines, width));
    }
    if found.is_empty() {
        text.push_str("nothing found that would cost less\n");
    }
    text
}

fn markdown(found: &[Saving], stack: &str, region: &str) -> String {
    let rows = found.iter().map(|one| {
        let change = match one.change.is_empty() {
            true => String::new(),
            false => format!("`{}`", one.change),
        };
        let what = match payment(one) {
            Some(payment) => format!("{}; {payment}", one.why),
            None => one.why.clone(),
        };
        vec![amount(one), name(one), what, one.risk.clone(), change]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let headings = ["USD/month less", "Saving", "What", "Risk", "Change"];
    format!(
        "**What {stack} could save** ({region}; some exclude each other)\n\n{}",
        markdown_table(&headings, &rows)
    )
}
