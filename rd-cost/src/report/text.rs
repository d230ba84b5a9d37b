//! An estimate as text: a table for each slice, the sums, and what the plan changes.

use super::changes::{changes, from_to};
use super::rows::{HEADINGS, range, rows};
use crate::estimate::Estimate;
use crate::money::cents;
use rd_common::output::style::{BOLD, WARN, paint};
use rd_common::output::table::table;

/// The text of the whole estimate.
pub fn text(estimate: &Estimate) -> String {
    let mut text = format!(
        "list prices of {}, without tax, for a month of 730 hours\n",
        paint(BOLD, &estimate.region)
    );
    for slice in estimate.tables() {
        let rows = rows(estimate, slice);
        if !rows.is_empty() {
            text.push_str(&format!("\n{}\n", paint(BOLD, slice)));
            text.push_str(&table(&HEADINGS, &rows));
        }
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
