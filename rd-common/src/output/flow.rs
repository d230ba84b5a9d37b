//! Words that flow into lines: lines end between words, and the lines after the first one are indented.

use crate::output::clean::one_line;
use crate::output::wrap::{columns, words};
use anstyle::Style;

/// A word, or a number with its unit, with its style, and its distance in columns to the word before it.
#[derive(Clone, Debug)]
struct Word {
    gap: usize,
    style: Style,
    text: String,
}

impl Word {
    fn columns(&self) -> usize {
        columns(&self.text)
    }
}

/// The words of a paragraph, each with its style. A style never spans the end of a line.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    words: Vec<Word>,
    gap: Option<usize>,
}

impl Flow {
    /// Adds the words of a text in a style. Characters that a terminal would obey are escaped.
    pub fn put(&mut self, style: Style, text: &str) -> &mut Self {
        for word in words(&one_line(text)) {
            self.words.push(Word {
                gap: self.gap.take().unwrap_or(1),
                style,
                text: word.to_owned(),
            });
        }
        self
    }

    /// Adds the words of a text without a style.
    pub fn plain(&mut self, text: &str) -> &mut Self {
        self.put(Style::new(), text)
    }

    /// Sets the distance between the last word and the next one; otherwise one column.
    pub fn gap(&mut self, columns: usize) -> &mut Self {
        self.gap = Some(columns);
        self
    }

    /// Adds the words of another text.
    pub fn append(&mut self, other: Self) -> &mut Self {
        let mut words = other.words;
        if let (Some(first), Some(gap)) = (words.first_mut(), self.gap.take()) {
            first.gap = gap;
        }
        self.words.append(&mut words);
        self
    }

    /// The columns of the whole text on one line.
    pub fn columns(&self) -> usize {
        let words = self.words.iter().enumerate();
        words
            .map(|(index, word)| word.columns() + if index == 0 { 0 } else { word.gap })
            .sum()
    }

    /// The columns of the longest word.
    pub fn longest_word(&self) -> usize {
        self.words.iter().map(Word::columns).max().unwrap_or(0)
    }

    /// The lines with their line feeds, of at most `width` columns: the first one after `first` blanks, the others after
    /// `indent` blanks. A word that is longer has a line of its own, since a part of it could not be copied.
    pub fn lines(&self, first: usize, indent: usize, width: usize) -> String {
        let mut text = " ".repeat(first);
        let mut at = first;
        let mut styled = Style::new();
        for (index, word) in self.words.iter().enumerate() {
            let gap = if index == 0 { 0 } else { word.gap };
            // What has no gap belongs to the word before it.
            let more = self.words[index + 1..].iter();
            let more = more.take_while(|next| next.gap == 0).map(Word::columns);
            let columns = word.columns() + more.sum::<usize>();
            let breaks = index > 0 && gap > 0 && at + gap + columns > width;
            let (gap, end) = match breaks {
                true => (indent, format!("{styled:#}\n")),
                // Words of one style stand in one, with what is between them.
                false if word.style == styled => (gap, String::new()),
                false => (gap, format!("{styled:#}")),
            };
            let begins = index == 0 || !end.is_empty() || word.style != styled;
            text.push_str(&end);
            text.push_str(&" ".repeat(gap));
            if begins {
                text.push_str(&word.style.to_string());
            }
            text.push_str(&word.text);
            at = if breaks { indent } else { at + gap } + word.columns();
            styled = word.style;
        }
        format!("{text}{styled:#}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::style::BOLD;

    #[test]
    fn lines_hang_and_no_word_is_broken() {
        let mut flow = Flow::default();
        flow.plain("one two").gap(3).plain("three").plain("");
        assert_eq!(flow.columns(), 15);
        assert_eq!(flow.lines(2, 4, 80), "  one two   three\n");
        assert_eq!(flow.lines(2, 4, 10), "  one two\n    three\n");
        assert_eq!(flow.lines(0, 1, 1), "one\n two\n three\n");
    }

    #[test]
    fn what_has_no_gap_stays_with_the_word_before_it() {
        let mut flow = Flow::default();
        flow.plain("one two").gap(0).plain(":").plain("three");
        assert_eq!(flow.lines(0, 2, 7), "one\n  two:\n  three\n");
        assert_eq!(flow.lines(0, 2, 8), "one two:\n  three\n");
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        let mut flow = Flow::default();
        flow.plain("bucket has 1.5 GB");
        assert_eq!(flow.lines(0, 2, 15), "bucket has\n  1.5 GB\n");
        assert_eq!(flow.longest_word(), 6);
    }

    #[test]
    fn a_style_ends_with_its_line() {
        let mut flow = Flow::default();
        flow.put(BOLD, "a b").plain("c");
        assert_eq!(flow.lines(0, 0, 80), "\u{1b}[1ma b\u{1b}[0m c\n");
        let mut flow = Flow::default();
        flow.put(BOLD, "a\u{1b}[2J b");
        assert_eq!(
            flow.lines(0, 0, 5),
            "\u{1b}[1ma\\u001b[2J\u{1b}[0m\n\u{1b}[1mb\u{1b}[0m\n"
        );
    }
}
