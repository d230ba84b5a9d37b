//! Tables with aligned columns, as text for people.

use crate::output::clean::one_line;

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
}
