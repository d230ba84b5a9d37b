//! Where events end: what `--grep` and `--task` leave, written to stdout in large pieces.

use super::event::Event;
use super::filter::local::Picks;
use super::format::Writer;
use rd_common::output::stream::Stream;

/// How much is gathered before it is handed to the writing thread, in bytes.
const PIECE: usize = 512 * 1024;

/// Writes events.
pub struct Sink {
    picks: Picks,
    writer: Writer,
    /// stdout.
    pub stream: Stream,
    buffer: Vec<u8>,
    /// How many were written.
    pub written: u64,
}

impl Sink {
    /// A sink. From here on stdout is its own.
    pub fn new(picks: Picks, writer: Writer) -> Self {
        Self {
            picks,
            writer,
            stream: Stream::start(),
            buffer: Vec::new(),
            written: 0,
        }
    }

    /// Takes an event.
    pub fn put(&mut self, event: &Event) {
        if self.picks.has(event) {
            self.writer.add(&mut self.buffer, event);
            self.written += 1;
        }
    }

    /// Whether enough is gathered to be handed over.
    pub fn is_full(&self) -> bool {
        self.buffer.len() >= PIECE
    }

    /// Hands over what is gathered; waits while the reader is slow.
    pub async fn send(&mut self) {
        self.stream.send(&mut self.buffer).await;
    }
}
