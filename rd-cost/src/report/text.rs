//! An estimate as text: a table for each slice, or lists where the screen is too narrow for the tables; the sums, and what
//! the plan changes.

use super::changes::{changes, from_to};
use super::rows::{HEADINGS, range, rows};
use crate::estimate::Estimate;
use crate::money::cents;
use rd_common::output::flow::Flow;
use rd_common::output::style::{BOLD, WARN, paint, width};
use rd_common::output::table::table;
use rd_common::output::wrap::columns;

/// The text of the whole estimate.
pub fn text(estimate: &Estimate) -> String {
    let width = width();
    let mut head = Flow::default();
    head.plain("list prices of")
        .put(BOLD, &estimate.region)
        .gap(0);
    head.plain(", without tax, for a month of 730 hours");
    let mut text = head.lines(0, 2, width);
    let slices: Vec<_> = estimate
        .tables()
        .map(|slice| (slice, rows(estimate, slice)))
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let mut tables: Vec<String> = slices
        .iter()
        .map(|(_, rows)| table(&HEADINGS, rows))
        .collect();
    let fits = |table: &String| table.lines().all(|line| columns(line) <= width);
    // All in one form, which is easier to read.
    if !tables.iter().all(fits) {
        tables = slices.iter().map(|(_, rows)| list(rows, width)).collect();
    }
    for ((slice, _), table) in slices.iter().zip(tables) {
        text.push_str(&format!("\n{}\n{table}", paint(BOLD, slice)));
    }
    let sums = estimate.after;
    text.push_str(&format!(
        "\nfixed    {} USD a month\nassumed  {} USD a month\n{}    {} USD a month\n",
        range(sums.fixed, cents),
        range(sums.assumed, cents),
        paint(BOLD, "total"),
        paint(BOLD, range(sums.total(), cents))
    ));
    if sums.unknown > 0 {
        let lines = if sums.unknown == 1 {
            "line is"
        } else {
            "lines are"
        };
        let unknown = format!("{} {lines} unknown, and not in the total", sums.unknown);
        text.push_str(&format!("{}\n", paint(WARN, unknown)));
    }
    let changes = changes(estimate);
    if !changes.is_empty() {
        let title = paint(BOLD, "what this plan changes");
        text.push_str(&format!("\n{title}\n"));
        text.push_str(&table(&["USD/MONTH", "ITEM", "RESOURCE", ""], &changes));
    }
    if let Some(line) = from_to(estimate).filter(|_| !changes.is_empty()) {
        text.push_str(&format!("{line}\n"));
    }
    text
}

/// The rows with their amounts, each with the rest below it, within `width` columns.
fn list(rows: &[Vec<String>], width: usize) -> String {
    let [item, _, _, amount, _] = HEADINGS;
    let amounts: Vec<Vec<String>> = rows
        .iter()
        .map(|row| vec![row[0].clone(), row[3].clone()])
        .collect();
    let amounts = table(&[item, amount], &amounts);
    let mut lines = amounts.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    for (line, row) in lines.zip(rows) {
        let price = joined([&row[1], &row[2]], " × ");
        let below = joined([&price, &row[4]], ", ");
        text.push_str(&format!("{line}\n"));
        text.push_str(&Flow::default().plain(&below).lines(4, 6, width));
    }
    text
}

/// Both texts with `between`, or the one that is not empty.
fn joined(parts: [&str; 2], between: &str) -> String {
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(between)
}
