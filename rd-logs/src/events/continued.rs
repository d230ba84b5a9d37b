//! What a killed run wrote to the file of stdout after its last checkpoint, compared with what this run would write.
//!
//! The file is never truncated, since other programs may write to it. A line that was cut off is completed by the event that
//! it belongs to; where no event does, the next line begins below it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

/// The most output that waits for the event of a line that was cut off, in bytes.
const MOST_HELD: usize = 4 << 20;

/// The end of a file that this run continues.
#[derive(Debug, Default)]
pub struct Continued {
    /// Complete lines, of this program or others.
    text: Vec<u8>,
    /// Where lines begin in the text, by the hash of the line.
    lines: HashMap<u64, Vec<usize>>,
    /// Where those lines begin that belong to no event yet.
    free: HashSet<usize>,
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
            continued.free.insert(at);
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
        let starts = self.lines.get(&self.hasher.hash_one(line));
        let lines = starts.into_iter().flatten().find_map(|start| {
            // A line of another event is not this one, although it may look like it.
            let lines: Vec<usize> = line_starts(event).map(|at| start + at).collect();
            let free = lines.iter().all(|at| self.free.contains(at));
            (free && self.text[*start..].starts_with(event)).then_some(lines)
        });
        let found = lines.is_some();
        for at in lines.into_iter().flatten() {
            self.free.remove(&at);
        }
        found
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

/// Where the lines of an event begin.
fn line_starts(event: &[u8]) -> impl Iterator<Item = usize> {
    let mut next = 0;
    event
        .split_inclusive(|byte| *byte == b'\n')
        .map(move |line| {
            next += line.len();
            next - line.len()
        })
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
    fn a_line_within_an_event_is_not_another_event() {
        assert_eq!(written("a\nb\n", "", &["a\nb\n", "b\n"]), "b\n");
        // Nothing is lost where they come in another order, either.
        assert_eq!(written("a\nb\n", "", &["b\n", "a\nb\n"]), "a\nb\n");
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
