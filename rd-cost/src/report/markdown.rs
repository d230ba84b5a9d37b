//! An estimate as Markdown, for a comment on a change.

use super::changes::{changes, from_to};
use super::rows::{HEADINGS, range, rows};
use crate::estimate::Estimate;
use crate::money::cents;

/// The whole document: the sums and the changes first, the tables folded.
pub fn markdown(estimate: &Estimate) -> String {
    let sums = estimate.after;
    let mut text = format!(
        "**{} USD a month** in {}: fixed {}, assumed {}",
        range(sums.total(), cents),
        estimate.region,
        range(sums.fixed, cents),
        range(sums.assumed, cents)
    );
    match sums.unknown {
        0 => text.push('\n'),
        unknown => text.push_str(&format!(", unknown lines {unknown}\n")),
    }
    if let Some(line) = from_to(estimate) {
        text.push_str(&format!("\n{line}\n"));
    }
    let changes = changes(estimate);
    if !changes.is_empty() {
        text.push('\n');
        text.push_str(&table(&["USD/month", "Item", "Resource", ""], &changes));
    }
    text.push_str("\n<details><summary>All lines</summary>\n");
    for slice in estimate.tables() {
        let rows = rows(estimate, slice);
        if !rows.is_empty() {
            text.push_str(&format!("\n**{slice}**\n\n"));
            text.push_str(&table(&HEADINGS, &rows));
        }
    }
    text.push_str("\n</details>\n");
    text
}

/// A table of these rows; what a cell contains stays in its cell.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(headings.iter().map(ToString::to_string).collect());
    text.push_str(&line(vec!["---".to_owned(); headings.len()]));
    for row in rows {
        text.push_str(&line(row.iter().map(|cell| escaped(cell)).collect()));
    }
    text
}

fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
        .replace(['\n', '\r'], " ")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cell_stays_in_its_cell() {
        let text = super::table(&["A", "B"], &[vec!["x|y".to_owned(), "a\nb<i>".to_owned()]]);
        assert_eq!(text, "| A | B |\n| --- | --- |\n| x\\|y | a b&lt;i> |\n");
    }
}
