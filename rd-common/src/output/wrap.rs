//! Text for people within the width of the terminal: lines end between words, and no word is broken.

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

/// The words of a text as lines of at most `width` columns. A word that is longer has a line of its own.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
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
        for (index, word) in part.split(' ').filter(|word| !word.is_empty()).enumerate() {
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
