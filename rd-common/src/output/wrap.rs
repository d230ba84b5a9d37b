//! Text for people within the width of the terminal: lines end between words, no word is broken, and a number stays with its
//! unit.

use crate::output::style::unstyled;

/// The longest word after a number that counts as its unit.
const LONGEST_UNIT: usize = 12;

/// The columns that a text takes: escape codes take none.
pub fn columns(text: &str) -> usize {
    let (mut count, mut in_code) = (0, false);
    for c in text.chars() {
        match (in_code, c) {
            (false, '\u{1b}') => in_code = true,
            (true, 'm') => in_code = false,
            (false, _) => count += 1,
            (true, _) => {}
        }
    }
    count
}

/// The parts of a text between which a line may end: its words, but a number and its unit are one, such as `1.5 GB`, and no
/// line begins with what separates two parts.
pub fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = Vec::new();
    let mut begins = 0;
    let mut last_end = 0;
    let mut after_number = false;
    for word in text.split(' ') {
        let ends = begins + word.len();
        let follows = begins == last_end + 1;
        match words.last_mut() {
            Some(last) if follows && (is_separator(word) || (after_number && is_unit(word))) => {
                *last = &text[begins - 1 - last.len()..ends];
                after_number = false;
            }
            _ if word.is_empty() => {}
            _ => {
                words.push(word);
                after_number = is_number(word);
            }
        }
        if !word.is_empty() {
            last_end = ends;
        }
        begins = ends + 1;
    }
    words
}

/// Whether a word is a number or a time of day: `1.5`, `+133`, `(47`, `03:12`.
fn is_number(word: &str) -> bool {
    let word = unstyled(word);
    let digits = word.trim_start_matches(['(', '[', '+', '-']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '.' | ':'))
}

/// Whether a word separates parts, in Unicode or in ASCII.
fn is_separator(word: &str) -> bool {
    matches!(word, "·" | "-")
}

fn is_unit(word: &str) -> bool {
    columns(word) <= LONGEST_UNIT
        && unstyled(word).starts_with(|c: char| c.is_ascii_alphabetic() || c == '%')
}

/// The words of a text as lines of at most `width` columns. A word that is longer has a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words(text) {
        match lines.last_mut() {
            Some(line) if columns(line) + 1 + columns(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A text of several parts, two blanks apart, as lines of at most `width` columns, with line feeds. The first line begins at
/// the margin, the others are indented.
pub fn hanging(parts: &[&str], indent: usize, width: usize) -> String {
    let mut text = String::new();
    let mut at = 0;
    for part in parts.iter().filter(|part| !part.is_empty()) {
        for (index, word) in words(part).into_iter().enumerate() {
            let gap = match (at, index) {
                (0, _) => 0,
                (_, 0) => 2,
                _ => 1,
            };
            if at > indent && at + gap + columns(word) > width {
                text.push('\n');
                text.push_str(&" ".repeat(indent));
                at = indent;
            } else {
                text.push_str(&" ".repeat(gap));
                at += gap;
            }
            text.push_str(word);
            at += columns(word);
        }
    }
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one unbreakable", 5), ["one", "unbreakable"]);
        assert_eq!(wrap("", 5), [""; 0]);
        assert_eq!(wrap("\u{1b}[1mone\u{1b}[0m two", 7).len(), 1);
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        assert_eq!(wrap("it has 1.5 GB", 10), ["it has", "1.5 GB"]);
        assert_eq!(
            wrap("used (47 %), 9 h ago", 9),
            ["used", "(47 %),", "9 h ago"]
        );
        assert_eq!(
            wrap("cost \u{1b}[1m+133 USD\u{1b}[0m", 9),
            ["cost", "\u{1b}[1m+133 USD\u{1b}[0m"]
        );
        // Neither a list of numbers nor a sign has a unit, nor is a long name one.
        assert_eq!(words("1, a 2 · b 3  c"), ["1,", "a", "2 ·", "b", "3", "c"]);
        assert_eq!(
            words("4 net.security_group.db"),
            ["4", "net.security_group.db"]
        );
    }

    #[test]
    fn what_hangs_is_indented() {
        let parts = ["12:00", "db-cpu", "it is hot"];
        assert_eq!(hanging(&parts, 2, 80), "12:00  db-cpu  it is hot\n");
        assert_eq!(hanging(&parts, 2, 18), "12:00  db-cpu  it\n  is hot\n");
        assert_eq!(
            hanging(&parts, 2, 3),
            "12:00\n  db-cpu\n  it\n  is\n  hot\n"
        );
    }
}
