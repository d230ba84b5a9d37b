//! What a terminal shows after some output.

/// The lines that a terminal of this width shows after this output: with line ends, carriage returns, and the sequences
/// that clear a line or move the cursor.
pub fn screen(output: &str, width: usize) -> Vec<String> {
    let mut rows: Vec<Vec<char>> = vec![Vec::new()];
    let (mut row, mut column) = (0, 0);
    let mut rest = output.chars().peekable();
    while let Some(letter) = rest.next() {
        match letter {
            '\n' => row += 1,
            '\r' => column = 0,
            '\u{1b}' => {
                rest.next_if_eq(&'[');
                let mut number = String::new();
                while let Some(digit) = rest.next_if(|l| l.is_ascii_digit() || "?;".contains(*l)) {
                    number.push(digit);
                }
                let count = number.parse().unwrap_or(1);
                match rest.next() {
                    Some('A') => row -= count.min(row),
                    Some('B') => row += count,
                    Some('G') => column = count - 1,
                    Some('K') if number == "2" => rows[row].clear(),
                    Some('K') => rows[row].truncate(column),
                    Some('J') => {
                        rows.truncate(row + 1);
                        rows[row].truncate(column);
                    }
                    _ => {}
                }
            }
            letter => {
                if column == width {
                    (row, column) = (row + 1, 0);
                    rows.resize(rows.len().max(row + 1), Vec::new());
                }
                let line = &mut rows[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = letter;
                column += 1;
            }
        }
        rows.resize(rows.len().max(row + 1), Vec::new());
    }
    let text = |row: &Vec<char>| row.iter().collect::<String>().trim_end().to_owned();
    let lines = rows.iter().map(text);
    lines.filter(|line| !line.is_empty()).collect()
}
