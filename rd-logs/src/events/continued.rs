//! What a killed run wrote to the file of stdout after its last checkpoint, compared with what this run would write.
//!
//! The file is never truncated, since other programs may write to it. A line that was cut off is completed by the event that
//! it belongs to; where no event does, the next line begins below it.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// The most output that waits for the event of a line that was cut off, in bytes.
const MOST_HELD: usize = 4 << 20;

/// The end of a file that this run continues.
#[derive(Debug, Default)]
pub struct Continued {
    /// Complete lines, of this program or others.
    text: Vec<u8>,
    /// Where lines begin in the text that belong to no event yet, by the hash of the line.
    lines: HashMap<u64, Vec<usize>>,
    hasher: RandomState,
    /// The beginning of a line that was cut off.
    cut: Vec<u8>,
    /// What is to be written after that line.
    held: Vec<u8>,
}

impl Continued {
    /// The end of a file: complete lines, and the beginning of a line that was cut off.
    pub fn new(text: Vec<u8>, cut: Vec<u8>) -> Self {
        let mut continued = Self {
            cut,
            ..Self::default()
        };
        let mut at = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let hash = continued.hasher.hash_one(line);
            continued.lines.entry(hash).or_default().push(at);
            at += line.len();
        }
        continued.text = text;
        continued
    }

    /// Removes an event that was just added to `out`, from `start` on, if the file has it already; completes the line that
    /// was cut off if it is the event's; and keeps other events back until then.
    pub fn compare(&mut self, out: &mut Vec<u8>, start: usize) {
        let event = &out[start..];
        if self.take(event) {
            out.truncate(start);
            return;
        }
        if self.cut.is_empty() {
            return;
        }
        if event.starts_with(&self.cut) {
            out.drain(start..start + self.cut.len());
            self.cut.clear();
            out.append(&mut self.held);
        } else {
            self.held.extend_from_slice(event);
            out.truncate(start);
            if self.held.len() > MOST_HELD {
                self.end(out);
            }
        }
    }

    /// Whether the file has this event, one or more lines, once more than was asked for so far.
    fn take(&mut self, event: &[u8]) -> bool {
        let Some(line) = event.split_inclusive(|byte| *byte == b'\n').next() else {
            return false;
        };
        let Some(starts) = self.lines.get_mut(&self.hasher.hash_one(line)) else {
            return false;
        };
        let found = starts
            .iter()
            .position(|at| self.text[*at..].starts_with(event));
        found.map(|index| starts.remove(index)).is_some()
    }

    /// Adds what was kept back, below the line that was cut off: no event is known that it belongs to.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if !self.cut.is_empty() {
            self.cut.clear();
            out.push(b'\n');
            out.append(&mut self.held);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written for these events after the end of a file.
    fn written(text: &str, cut: &str, events: &[&str]) -> String {
        let mut continued = Continued::new(text.into(), cut.into());
        let mut out = Vec::new();
        for event in events {
            let start = out.len();
            out.extend_from_slice(event.as_bytes());
            continued.compare(&mut out, start);
        }
        continued.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn an_event_is_written_once_among_the_lines_of_others() {
        let text = "a\nnot ours\nb\n  of two lines\na\n";
        let events = ["a\n", "b\n  of two lines\n", "b\n  other\n", "a\n", "a\n"];
        assert_eq!(written(text, "", &events), "b\n  other\na\n");
    }

    #[test]
    fn the_event_of_a_cut_line_completes_it_and_goes_first() {
        assert_eq!(
            written("a\n", "even", &["a\n", "late\n", "event 2\n", "c\n"]),
            "t 2\nlate\nc\n"
        );
        assert_eq!(written("", "event 2", &["event 2\n"]), "\n");
    }

    #[test]
    fn a_cut_line_of_another_program_stays() {
        assert_eq!(written("", "prompt> ", &["a\n", "b\n"]), "\na\nb\n");
        assert_eq!(written("", "prompt> ", &[]), "\n");
    }
}
