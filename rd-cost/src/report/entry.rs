//! An entry of a list of findings: an amount, what it is about, and below that what there is to say.

use rd_common::output::style::{BOLD, paint};
use rd_common::output::wrap::hanging;

/// The column at which the text of an entry begins.
const INDENT: usize = 13;

/// An entry as text, its lines wrapped to `width` columns.
pub fn entry(amount: &str, name: &str, lines: &[String], width: usize) -> String {
    let mut text = format!("{amount:>11}  {}\n", paint(BOLD, name));
    for line in lines {
        // A command is one text, however many lines it takes.
        let indent = if line.starts_with('→') { 2 } else { 0 };
        for part in hanging(&[line], indent, width.saturating_sub(INDENT)).lines() {
            text.push_str(&format!("{:INDENT$}{part}\n", ""));
        }
    }
    text
}
