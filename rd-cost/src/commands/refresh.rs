//! `rd-cost prices refresh`: brings the prices of what the stack has from AWS's Price List.

use super::sources::Sources;
use crate::price_list::{Answer, PriceList};
use crate::prices::{Prices, Row, cache_file, unit, write};
use crate::usage_types::{class_of, node_of};
use crate::waste::{cache_sizes, database_sizes};
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
    let mut items: BTreeSet<String> = items.filter(|item| !item.is_empty()).collect();
    let others: Vec<String> = items.iter().flat_map(|item| compared_with(item)).collect();
    items.extend(others);
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

/// The items that `waste` and `savings` compare an item with, so that both prices are of one day: the next smaller size,
/// the other engine, the other storage.
fn compared_with(item: &str) -> Vec<String> {
    let mut others = Vec::new();
    if let Some((class, _)) = class_of(item)
        && let Some([.., (smaller, _), _]) = database_sizes(class)
    {
        others.push(item.replace(class, &format!("db.t4g.{smaller}")));
    }
    if let Some(node) = node_of(item)
        && let Some([.., (smaller, _), _]) = cache_sizes(node)
    {
        others.push(item.replace(node, &format!("cache.t4g.{smaller}")));
    }
    for (one, other) in [
        ("-redis-", "-valkey-"),
        ("/rds-io1-", "/rds-gp3-"),
        ("/rds-io2-", "/rds-gp3-"),
    ] {
        if item.contains(one) && !item.ends_with("-iops-month") {
            others.push(item.replace(one, other));
        }
    }
    let item = match item {
        "VPC/public-ipv4-in-use-hour" => Some("VPC/public-ipv4-idle-hour"),
        "VPC/nat-gateway-gb" => Some("VPC/interface-endpoint-gb-first-1PB"),
        _ => None,
    };
    others.extend(item.map(str::to_owned));
    others
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_item_is_compared_with_is_refreshed_too() {
        for (item, others) in [
            (
                "RDS/rds-postgresql-db.t4g.medium-multi-az-hour",
                vec!["RDS/rds-postgresql-db.t4g.small-multi-az-hour"],
            ),
            ("RDS/rds-postgresql-db.t4g.micro-single-az-hour", vec![]),
            ("RDS/rds-postgresql-db.r7g.large-single-az-hour", vec![]),
            (
                "ElastiCache/elasticache-redis-cache.t4g.small-hour",
                vec![
                    "ElastiCache/elasticache-redis-cache.t4g.micro-hour",
                    "ElastiCache/elasticache-valkey-cache.t4g.small-hour",
                ],
            ),
            (
                "RDS/rds-io1-single-az-gb-month",
                vec!["RDS/rds-gp3-single-az-gb-month"],
            ),
            ("RDS/rds-io1-single-az-iops-month", vec![]),
            (
                "VPC/public-ipv4-in-use-hour",
                vec!["VPC/public-ipv4-idle-hour"],
            ),
            ("KMS/customer-key-month", vec![]),
        ] {
            assert_eq!(compared_with(item), others, "{item}");
        }
    }
}
