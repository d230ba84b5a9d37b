//! `rd-cost prices`: the prices of the stack's region.

use super::refresh;
use crate::prices::{Prices, Row};
use rd_common::context::Context;
use rd_common::output::printer::print_info;
use rd_common::output::table::table;
use rd_common::{Exit, Result};
use std::path::PathBuf;

/// Flags of `rd-cost prices`.
#[derive(clap::Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct PricesArgs {
    #[command(subcommand)]
    command: Option<PricesCommand>,
    /// Text that the items contain, such as nat (default: all items)
    filter: Option<String>,
    /// File with prices that override those of the list, one JSON object a line
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
}

/// The commands of `rd-cost prices`.
#[derive(clap::Subcommand, Clone, Copy, Debug)]
pub enum PricesCommand {
    /// Bring the prices of what the stack has from AWS's Price List, for all estimates from then on
    #[command(after_help = "{program} prices refresh")]
    Refresh,
}

/// Prints each item with its price, or brings prices from AWS.
pub async fn run(context: &Context, args: &PricesArgs) -> Result<Exit> {
    match args.command {
        Some(PricesCommand::Refresh) => refresh::run(context).await,
        None => list(context, args),
    }
}

fn list(context: &Context, args: &PricesArgs) -> Result<Exit> {
    let mut prices = Prices::known(&context.settings.folder(), &context.stack.region)?;
    if let Some(path) = &args.prices {
        prices.override_with(path)?;
    }
    let filter = args.filter.as_deref().unwrap_or_default().to_lowercase();
    let rows = prices
        .all()
        .filter(|(item, _)| item.to_lowercase().contains(&filter));
    let rows: Vec<Row> = rows
        .map(|(item, price)| Row {
            region: prices.region.clone(),
            item: item.clone(),
            unit: price.unit.clone(),
            usd: price.usd.normalize().to_string(),
            date: price.date.clone(),
            origin: price.origin.clone(),
        })
        .collect();
    if rows.is_empty() {
        let region = &prices.region;
        print_info(&match filter.as_str() {
            "" => format!("no price is known in {region}"),
            _ => format!("no price whose item has `{filter}` in its name is known in {region}"),
        });
        return Ok(Exit::Done);
    }
    if context.printer.is_json() {
        for row in &rows {
            let line = serde_json::to_string(row).unwrap_or_default();
            context.printer.text(&format!("{line}\n"));
        }
        return Ok(Exit::Done);
    }
    let cells = rows.into_iter();
    let cells = cells.map(|row| vec![row.item, row.unit, row.usd, row.date, row.origin]);
    let cells: Vec<Vec<String>> = cells.collect();
    let headings = ["ITEM", "UNIT", "USD", "DATE", "ORIGIN"];
    context.printer.text(&table(&headings, &cells));
    Ok(Exit::Done)
}
