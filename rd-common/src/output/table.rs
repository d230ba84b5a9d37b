//! Tables with aligned columns, as text for people; lists where a table is wider than the terminal.

use crate::output::clean::one_line;
use crate::output::look::Signs;
use crate::output::wrap::{columns, hanging};

/// A table with a heading. Columns are two spaces apart, and the last one is not padded. Each row is one line.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<_>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| one_line(cell)).collect())
        .collect();
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let mut text = String::new();
        for (index, (cell, width)) in cells.iter().zip(&widths).enumerate() {
            text.push_str(cell);
            if index + 1 < cells.len() {
                text.push_str(&" ".repeat(width - cell.chars().count() + 2));
            }
        }
        text.trim_end().to_owned() + "\n"
    };
    let mut text = line(heading.to_vec());
    for row in &rows {
        text.push_str(&line(row.iter().map(AsRef::as_ref).collect()));
    }
    text
}

/// A table; where it is wider than `width` columns, a list with an entry for each row: the first cell, then the others after
/// the names of their columns. A column without a heading has a word of its own, such as `live`.
pub fn table_or_list(heading: &[&str], rows: &[Vec<String>], width: usize) -> String {
    let text = table(heading, rows);
    if text.lines().all(|line| columns(line) <= width) {
        return text;
    }
    let dot = Signs::of_process().spell("·").into_owned();
    let entry = |row: &Vec<String>| {
        let mut entry = String::new();
        for (heading, cell) in heading.iter().zip(row) {
            let cell = one_line(cell);
            match (entry.is_empty(), cell.is_empty(), heading.is_empty()) {
                (_, true, _) => {}
                (true, ..) => entry = format!("{} {cell}", heading.to_lowercase()),
                (false, _, true) => entry.push_str(&format!(" {dot} {cell}")),
                (false, ..) => {
                    entry.push_str(&format!(" {dot} {} {cell}", heading.to_lowercase()));
                }
            }
        }
        hanging(&[entry.trim()], 2, width)
    };
    rows.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_line_up() {
        let rows = [vec![
            "a".to_owned(),
            "long cell".to_owned(),
            "x\ny".to_owned(),
        ]];
        let text = super::table(&["NAME", "B", "C"], &rows);
        assert_eq!(text, "NAME  B          C\na     long cell  x\\ny\n");
    }

    #[test]
    fn what_is_too_wide_is_a_list() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["12", "live", "2 days"]), row(["11", "", "a month"])];
        let of = |width| super::table_or_list(&["REVISION", "", "AGE"], &rows, width);
        assert_eq!(of(23), super::table(&["REVISION", "", "AGE"], &rows));
        assert_eq!(
            of(20),
            "revision 12 · live ·\n  age 2 days\nrevision 11 · age a\n  month\n"
        );
    }
}
