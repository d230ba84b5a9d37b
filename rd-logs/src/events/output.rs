//! Writes the selected events to stdout, in large pieces.

use super::event::Event;
use super::filter::local_filter::LocalFilter;
use super::format::Formatter;
use rd_common::output::stream::Stream;

/// The size of the pieces that are passed to the thread that writes, in bytes.
const PIECE_BYTES: usize = 512 * 1024;

/// Filters and formats events, and collects their lines for stdout.
pub struct EventOutput {
    filter: LocalFilter,
    formatter: Formatter,
    /// The thread that writes to stdout.
    pub stream: Stream,
    buffer: Vec<u8>,
    /// The number of events that passed the filter so far.
    pub written: u64,
}

impl EventOutput {
    /// Starts the thread that writes. Nothing else may write to stdout from then on.
    pub fn new(filter: LocalFilter, formatter: Formatter) -> Self {
        Self {
            filter,
            formatter,
            stream: Stream::start(),
            buffer: Vec::new(),
            written: 0,
        }
    }

    /// Adds an event to the buffer if the filter selects it.
    pub fn add(&mut self, event: &Event) {
        if self.filter.matches(event) {
            self.formatter.add(&mut self.buffer, event);
            self.written += 1;
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
        self.stream.send(&mut self.buffer).await;
    }
}
