//! Reads lines in a thread, because a read of stdin can block forever, and hands them over. What is on its way is
//! limited in bytes: where nobody takes the lines, the thread stops reading, and so does upstream writing.

use crate::error::Result;
use crate::pipe::reader::{self, Place};
use std::io::{BufReader, Read};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use tokio::sync::mpsc;

/// The most bytes that are on their way from the thread. A line that is longer goes alone.
const IN_FLIGHT: usize = 1 << 20;

/// Lines from a thread that reads them.
pub(super) struct LineFeed {
    lines: mpsc::UnboundedReceiver<Result<Vec<u8>>>,
    in_flight: Arc<InFlight>,
    /// The length of the line that was handed over last.
    last: usize,
}

#[derive(Default)]
struct InFlight {
    bytes: Mutex<usize>,
    taken: Condvar,
}

impl LineFeed {
    /// Starts to read. `source` is the name of the input for errors. The thread ends with the input, after an error, or
    /// with the process.
    pub(super) fn start(source: &Rc<str>, input: impl Read + Send + 'static) -> Self {
        let in_flight = Arc::new(InFlight::default());
        let (sender, lines) = mpsc::unbounded_channel();
        let taken = in_flight.clone();
        let source = source.to_string();
        std::thread::spawn(move || {
            let mut input = BufReader::with_capacity(1 << 16, input);
            for number in 1.. {
                let place = Place {
                    source: &source,
                    number,
                };
                let Some(line) = reader::read_line(&mut input, place).transpose() else {
                    return;
                };
                let last = line.is_err();
                taken.wait_for_room(line.as_ref().map_or(0, Vec::len));
                if sender.send(line).is_err() || last {
                    return;
                }
            }
        });
        Self {
            lines,
            in_flight,
            last: 0,
        }
    }

    /// The next line; none at the end. The line before it is no longer counted.
    pub(super) async fn next(&mut self) -> Option<Result<Vec<u8>>> {
        self.in_flight.release(self.last);
        let line = self.lines.recv().await;
        self.last = match &line {
            Some(Ok(line)) => line.len(),
            _ => 0,
        };
        line
    }
}

impl InFlight {
    fn wait_for_room(&self, length: usize) {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |bytes: &mut usize| *bytes > 0 && *bytes + length > IN_FLIGHT;
        let mut bytes = self
            .taken
            .wait_while(bytes, full)
            .unwrap_or_else(PoisonError::into_inner);
        *bytes += length;
    }

    fn release(&self, length: usize) {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *bytes -= length.min(*bytes);
        self.taken.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    /// Counts what is read from it.
    struct Counted(Cursor<Vec<u8>>, Arc<AtomicUsize>);

    impl Read for Counted {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let count = self.0.read(buffer)?;
            self.1.fetch_add(count, Ordering::SeqCst);
            Ok(count)
        }
    }

    #[tokio::test]
    async fn it_reads_no_more_than_fits_and_loses_nothing() {
        let line = [vec![b'x'; 9_999], b"\n".to_vec()].concat();
        let count = Arc::new(AtomicUsize::new(0));
        let input = Counted(Cursor::new(line.repeat(1000)), count.clone());
        let mut feed = LineFeed::start(&"stdin".into(), input);
        tokio::time::sleep(Duration::from_millis(200)).await;
        let read = count.load(Ordering::SeqCst);
        assert!(read < IN_FLIGHT + (1 << 17), "{read}");
        let mut lines = 0;
        while let Some(line) = feed.next().await {
            assert_eq!(line.unwrap().len(), 9_999);
            lines += 1;
        }
        assert_eq!(lines, 1000);
    }
}
