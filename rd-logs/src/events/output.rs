//! Writes the selected events to stdout, in large pieces.

use super::continued::Continued;
use super::event::Event;
use super::filter::local_filter::LocalFilter;
use super::format::{Formatter, Screen};
use rd_common::output::clean::log_lines;
use rd_common::output::stream::{Stream, stdout};
use std::io::IsTerminal;

/// The size of the pieces that are passed to the thread that writes, in bytes.
const PIECE_BYTES: usize = 512 * 1024;

/// Filters and formats events, and collects their lines for stdout.
pub struct EventOutput {
    filter: LocalFilter,
    formatter: Formatter,
    /// The thread that writes to stdout.
    pub stream: &'static Stream,
    /// Whether it writes to a terminal, which would obey the control characters in a message.
    terminal: bool,
    buffer: Vec<u8>,
    /// The end of the file of stdout, where this run continues a killed one.
    continued: Option<Continued>,
    /// The number of events that passed the filter so far.
    pub written: u64,
}

impl EventOutput {
    /// Starts the thread that writes.
    pub fn new(filter: LocalFilter, formatter: Formatter) -> Self {
        Self {
            filter,
            formatter,
            stream: stdout(),
            terminal: std::io::stdout().is_terminal(),
            buffer: Vec::new(),
            continued: None,
            written: 0,
        }
    }

    /// Adds an event to the buffer if the filter selects it.
    pub fn add(&mut self, event: &Event) {
        if self.filter.matches(event) {
            let start = self.buffer.len();
            self.formatter.add(&mut self.buffer, event);
            if let Some(continued) = &mut self.continued {
                continued.compare(&mut self.buffer, start);
            }
            self.written += 1;
        }
    }

    /// Compares the events that are added from now on with the end of a file: those that it has are not written again.
    pub fn continue_file(&mut self, continued: Option<Continued>) {
        self.continued = continued;
    }

    /// Whether events are compared with the end of a file.
    pub fn is_continuing(&self) -> bool {
        self.continued.is_some()
    }

    /// Ends the comparison: all events that the file may have were added.
    pub fn end_continuing(&mut self) {
        if let Some(mut continued) = self.continued.take() {
            continued.end(&mut self.buffer);
        }
    }

    /// Whether the buffer should be sent before more is added.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= PIECE_BYTES
    }

    /// Whether the buffer has nothing to send.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// Passes the buffer to the thread. Waits while the reader of stdout is slow.
    pub async fn send(&mut self) {
        if self.terminal {
            let color = Screen::of_stdout().color;
            self.buffer = log_lines(&String::from_utf8_lossy(&self.buffer), color);
        }
        self.stream.send(&mut self.buffer).await;
    }
}
