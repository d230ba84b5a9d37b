//! The rows of the tables that people read: lines of a slice that differ only in their address are one row.

use crate::estimate::Estimate;
use crate::line::{Line, Range, Source};
use crate::money::{cents, plain};
use rd_common::records::Basis;

/// The headings of a table.
pub const HEADINGS: [&str; 5] = ["ITEM", "QUANTITY", "UNIT PRICE", "USD/MONTH", "BASIS"];

/// The cells of each row of the table `slice`.
pub fn rows(estimate: &Estimate, slice: &str) -> Vec<Vec<String>> {
    let mut merged: Vec<(Line, usize)> = Vec::new();
    for item in estimate
        .items
        .iter()
        .filter(|item| item.line.slice == slice)
    {
        let line = &item.line;
        // What the plan deletes stands among the changes.
        let gone = line.quantity.is_some_and(Range::is_zero) && line.note.is_none();
        if gone {
            continue;
        }
        let same = |other: &Line| {
            other.item == line.item
                && other.price == line.price
                && other.basis == line.basis
                && other.note == line.note
                && other.source == line.source
        };
        match merged.iter_mut().find(|(other, _)| same(other)) {
            Some((other, count)) => {
                *count += 1;
                other.quantity = other.quantity.zip(line.quantity).map(|(a, b)| a + b);
            }
            None => merged.push((line.clone(), 1)),
        }
    }
    merged
        .iter()
        .map(|(line, count)| row(line, *count))
        .collect()
}

fn row(line: &Line, count: usize) -> Vec<String> {
    let item = match count {
        1 => line.item.clone(),
        count => format!("{} × {count}", line.item),
    };
    let unit = line.price.as_ref().map_or("", |price| price.unit.as_str());
    let quantity = match line.quantity {
        Some(quantity) if !unit.is_empty() => format!("{} {unit}", range(quantity, rounded)),
        Some(quantity) if !quantity.is_zero() => range(quantity, rounded),
        _ => String::new(),
    };
    let price = line
        .price
        .as_ref()
        .map_or(String::new(), |price| plain(price.usd));
    let amount = match line.amount().filter(|_| line.basis != Basis::Unknown) {
        Some(amount) => range(amount, cents),
        None => "unknown".to_owned(),
    };
    let mut basis = line.basis.as_str().to_owned();
    match (&line.source, line.setting) {
        (Some(Source::Measured(from)), _) => basis = format!("measured: {from}"),
        (Some(Source::Assumed(why)), Some(setting)) => {
            basis = format!("{basis}: {setting}; {why}");
        }
        (_, Some(setting)) => basis = format!("{basis}: {setting}"),
        (_, None) => {}
    }
    if let Some(note) = &line.note {
        basis = match line.basis {
            Basis::Unknown => note.clone(),
            _ => format!("{basis}; {note}"),
        };
    }
    vec![item, quantity, price, amount, basis]
}

/// A range as `5 (1 to 9)`, or one number.
pub fn range(range: Range, text: impl Fn(rust_decimal::Decimal) -> String) -> String {
    let (low, typical, high) = (text(range.low), text(range.typical), text(range.high));
    match low == high {
        true => typical,
        false => format!("{typical} ({low} to {high})"),
    }
}

fn rounded(number: rust_decimal::Decimal) -> String {
    plain(number.round_dp(2))
}
