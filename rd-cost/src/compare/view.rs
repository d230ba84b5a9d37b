//! A comparison as records, as text, and as Markdown.

use super::{Comparison, Item};
use crate::line::Range;
use crate::money::{cents, plain, signed};
use crate::report::markdown_table;
use rd_common::output::style::{BOLD, DIM, WARN, paint};
use rd_common::output::table::table;
use serde_json::json;
use std::collections::BTreeSet;

const HEADINGS: [&str; 6] = [
    "ITEM",
    "USAGE TYPE",
    "ESTIMATED",
    "CHARGED",
    "DIFFERENCE",
    "WHY",
];

/// One line for each item, and one for the sums.
pub fn records(comparison: &Comparison) -> String {
    let mut text = String::new();
    for item in &comparison.items {
        text.push_str(&format!("{}\n", record(item)));
    }
    let days = comparison.days;
    let estimated = comparison.estimated();
    let total = json!({
        "type": "compared_total", "since": days.since, "until": days.last(), "days": days.count(),
        "region": comparison.region, "currency": comparison.currency,
        "estimated": plain(estimated.typical), "estimated_low": plain(estimated.low),
        "estimated_high": plain(estimated.high), "charged": plain(comparison.charged()),
        "difference": plain(comparison.charged() - estimated.typical), "unknown": comparison.unknown(),
    });
    text.push_str(&format!("{total}\n"));
    text
}

fn record(item: &Item) -> serde_json::Value {
    let estimated = item.estimated.filter(|_| item.unknown.is_none());
    let end = |of: fn(Range) -> rust_decimal::Decimal| estimated.map(|range| plain(of(range)));
    let found = match (item.is_estimated(), item.charged) {
        (true, Some(_)) => "both",
        (true, None) => "estimate",
        (false, _) => "charge",
    };
    json!({
        "type": "compared", "in": found, "item": Some(&item.name).filter(|name| !name.is_empty()),
        "price_items": item.price_items, "usage_types": item.usage_types, "services": item.services,
        "estimated": end(|range| range.typical), "estimated_low": end(|range| range.low),
        "estimated_high": end(|range| range.high), "charged": item.charged.map(plain),
        "difference": item.difference().map(plain),
        "quantity_estimated": item.quantity.map(|range| plain(range.typical)),
        "quantity_charged": item.charged.map(|_| plain(item.quantity_charged)),
        "unit": item.price.as_ref().map(|price| price.unit.as_str()),
        "unit_charged": Some(&item.unit).filter(|unit| !unit.is_empty()),
        "settings": item.settings,
        "explanation": Some(&item.explanation).filter(|text| !text.is_empty()),
    })
}

/// The rows of what the estimate has, of what only AWS has, and the number of usage types that cost nothing.
fn rows(comparison: &Comparison) -> (Vec<Vec<String>>, Vec<Vec<String>>, usize) {
    let (mut ours, mut others, mut free) = (Vec::new(), Vec::new(), 0);
    for item in &comparison.items {
        match item.is_estimated() {
            true => ours.push(row(item)),
            false if item.charged.is_some_and(|charged| cents(charged) == "0.00") => free += 1,
            false => others.push(row(item)),
        }
    }
    (ours, others, free)
}

fn row(item: &Item) -> Vec<String> {
    let joined = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join(", ");
    let name = match item.is_estimated() {
        true => item.name.clone(),
        false => joined(&item.services),
    };
    let estimated = match (&item.unknown, item.estimated) {
        (Some(_), _) => "unknown".to_owned(),
        (None, Some(range)) => cents(range.typical),
        (None, None) => String::new(),
    };
    vec![
        name,
        joined(&item.usage_types),
        estimated,
        item.charged.map_or_else(|| "none".to_owned(), cents),
        item.difference().map_or_else(String::new, signed),
        item.explanation.clone(),
    ]
}

/// The heading and the sums, without colour.
fn sums(comparison: &Comparison) -> (String, String) {
    let days = comparison.days;
    let word = if days.count() == 1 { "day" } else { "days" };
    let heading = format!(
        "{} to {}, {} complete {word}, list prices of {}, {}",
        days.since,
        days.last(),
        days.count(),
        comparison.region,
        comparison.currency
    );
    let estimated = comparison.estimated();
    let range = match estimated.is_exact() {
        true => String::new(),
        false => format!(" ({} to {})", cents(estimated.low), cents(estimated.high)),
    };
    let total = format!(
        "estimated {}{range}, charged {}, difference {}",
        cents(estimated.typical),
        cents(comparison.charged()),
        signed(comparison.charged() - estimated.typical)
    );
    (heading, total)
}

/// What is not in the tables.
fn notes(comparison: &Comparison, free: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if free > 0 {
        let types = if free == 1 { "type" } else { "types" };
        notes.push(format!("{free} more usage {types} at 0.00"));
    }
    if comparison.unknown() > 0 {
        let items = if comparison.unknown() == 1 {
            "item"
        } else {
            "items"
        };
        notes.push(format!(
            "{} {items} that the estimate does not know, and that are not in its sum",
            comparison.unknown()
        ));
    }
    notes.push("credits, fees and tax are not in it: rd-cost report".to_owned());
    notes
}

/// The tables for people.
pub fn text(comparison: &Comparison, stack: &str) -> String {
    let (ours, others, free) = rows(comparison);
    let (heading, total) = sums(comparison);
    let mut text = format!("{}  {heading}\n\n", paint(BOLD, stack));
    if !ours.is_empty() {
        text.push_str(&table(&HEADINGS, &ours));
    }
    if !others.is_empty() {
        let title = paint(WARN, "charged, and not in the estimate");
        text.push_str(&format!("\n{title}\n{}", table(&HEADINGS, &others)));
    }
    text.push_str(&format!("\n{}\n", paint(BOLD, total)));
    for note in notes(comparison, free) {
        text.push_str(&format!("{}\n", paint(DIM, note)));
    }
    text
}

/// The tables for a comment.
pub fn markdown(comparison: &Comparison) -> String {
    let (ours, others, free) = rows(comparison);
    let (heading, total) = sums(comparison);
    let headings = [
        "Item",
        "Usage type",
        "Estimated",
        "Charged",
        "Difference",
        "Why",
    ];
    let mut text = format!(
        "**{total}** ({heading})\n\n{}",
        markdown_table(&headings, &ours)
    );
    if !others.is_empty() {
        let table = markdown_table(&headings, &others);
        text.push_str(&format!(
            "\n**Charged, and not in the estimate**\n\n{table}"
        ));
    }
    text.push_str(&format!("\n{}\n", notes(comparison, free).join("; ")));
    text
}
