//! `rd-cost prices refresh`: brings the prices of what the stack has from AWS's Price List.

use super::sources::Sources;
use crate::price_list::{Answer, PriceList};
use crate::prices::{Prices, Row, cache_file, unit, write};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::context::Context;
use rd_common::output::printer::print_info;
use rd_common::output::table::table;
use rd_common::{Error, Exit, Result};
use std::collections::BTreeSet;

/// Asks for each item, keeps the answers in the cache, and prints them.
pub async fn run(context: &Context) -> Result<Exit> {
    let estimate = Sources::new(context, None, None)?
        .of_states(context)
        .await?;
    let lines = estimate.items.iter().map(|item| &item.line);
    let items = lines.map(|line| line.price_item.clone());
    let items: BTreeSet<String> = items.filter(|item| !item.is_empty()).collect();
    if items.is_empty() {
        return Err(Error::usage("the states have nothing that costs")
            .hint("apply the stack first; until then the prices are those of the list"));
    }
    let region = &context.stack.region;
    let aws = context.connect().await?;
    let mut list = PriceList::new(&aws, region)?;
    let listed = Prices::of_region(region);
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let mut rows = Vec::new();
    let mut left = Vec::new();
    for item in &items {
        match list.price(item).await? {
            Answer::Price(usd, since) => rows.push(Row {
                region: region.clone(),
                item: item.clone(),
                unit: unit(item).to_owned(),
                usd: usd.normalize().to_string(),
                date: today.to_string(),
                origin: format!("AWS Price List, in effect since {since}"),
            }),
            Answer::None(why) => {
                let stays = match listed.get(item) {
                    Some(price) => format!("the price of {} stays", price.date),
                    None => format!("no price known in {region}"),
                };
                left.push(format!("{item}: {why}; {stays}"));
            }
        }
    }
    write(&cache_file(&context.settings.folder(), region), &rows)?;
    if context.printer.is_json() {
        for row in &rows {
            let line = serde_json::to_string(row).unwrap_or_default();
            context.printer.text(&format!("{line}\n"));
        }
    } else if !rows.is_empty() {
        let was = |row: &Row| {
            let price = listed.get(&row.item);
            price.map_or_else(String::new, |price| price.usd.normalize().to_string())
        };
        let cells = rows.iter();
        let cells = cells.map(|row| vec![row.item.clone(), row.usd.clone(), was(row)]);
        let cells: Vec<Vec<String>> = cells.collect();
        context
            .printer
            .text(&table(&["ITEM", "USD", "LIST"], &cells));
    }
    for line in left {
        print_info(&format!("not refreshed: {line}"));
    }
    Ok(Exit::Done)
}
