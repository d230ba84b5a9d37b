//! stdout. A thread writes it, so that a reader that is slow or stands still stops neither the work nor a signal, and a
//! reader that has gone is noticed at once, even when there is nothing to write.

use crate::error::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use std::fmt::Display;
use std::fs::File;
use std::future::Future;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc as blocking};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// The number of bytes that may wait for a slow reader before those who can wait do.
const MOST_WAITING: usize = 2 << 20;

/// The number of written buffers that are kept to be used again.
const MOST_SPARE: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reader {
    There,
    Gone,
    Failed(String),
}

/// Buffers that were written, to be used again with the memory that they have.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

enum Work {
    Bytes(Vec<u8>),
    /// Answers, once all before it is written, with the length of the file, where stdout is a file.
    Mark(oneshot::Sender<Option<u64>>),
    /// As [`Work::Mark`], for a thread that waits.
    BlockingMark(blocking::SyncSender<()>),
}

/// The thread that writes to stdout. Nothing else in the process writes there.
pub struct Stream {
    work: mpsc::UnboundedSender<Work>,
    reader: watch::Receiver<Reader>,
    /// The number of bytes that were sent and are not written yet.
    waiting: Arc<watch::Sender<usize>>,
    /// Whether the last [`Stream::wait_written`] waited in vain.
    stalled: AtomicBool,
    spare: Spare,
}

static STDOUT: OnceLock<Stream> = OnceLock::new();

/// The stream to stdout. The first call starts its thread.
pub fn stdout() -> &'static Stream {
    STDOUT.get_or_init(Stream::start)
}

/// The stream to stdout, where something has been written to it.
pub fn started() -> Option<&'static Stream> {
    STDOUT.get()
}

impl Stream {
    fn start() -> Self {
        let (work, queue) = mpsc::unbounded_channel();
        let (state, reader) = watch::channel(Reader::There);
        let hung_up = state.clone();
        std::thread::spawn(move || {
            if wait_for_hang_up() {
                hung_up.send_if_modified(|reader| {
                    let changes = *reader == Reader::There;
                    if changes {
                        *reader = Reader::Gone;
                    }
                    changes
                });
            }
        });
        let spare = Spare::default();
        let waiting = Arc::new(watch::Sender::new(0));
        let writer = Writer {
            state,
            waiting: waiting.clone(),
            spare: spare.clone(),
        };
        std::thread::spawn(move || writer.write_all(queue));
        Self {
            work,
            reader,
            waiting,
            stalled: AtomicBool::new(false),
            spare,
        }
    }

    /// Passes bytes to the thread, without waiting for a slow reader. Discards them once the reader is gone.
    pub fn push(&self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.waiting.send_modify(|waiting| *waiting += bytes.len());
            // The thread lives as long as the process.
            let _ = self.work.send(Work::Bytes(bytes));
        }
    }

    /// Waits while too many bytes wait for a slow reader.
    pub async fn room(&self) {
        let mut waiting = self.waiting.subscribe();
        // The sender lives as long as this does.
        let _ = waiting.wait_for(|waiting| *waiting < MOST_WAITING).await;
    }

    /// Passes whole lines to the thread and leaves `bytes` empty. Waits while the reader is slow; where the future is
    /// dropped meanwhile, nothing was sent and `bytes` is unchanged. Discards the lines once the reader is gone.
    pub async fn send(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        self.room().await;
        let next = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        // With the capacity that was needed before, so that it need not grow again.
        let next = next.unwrap_or_else(|| Vec::with_capacity(bytes.capacity()));
        self.push(std::mem::replace(bytes, next));
    }

    /// Returns when everything that was sent is written: with the length of the file, where stdout is a file.
    pub async fn flush(&self) -> Option<u64> {
        let (done, written) = oneshot::channel();
        self.work.send(Work::Mark(done)).ok()?;
        written.await.ok().flatten()
    }

    /// Blocks until everything that was sent is written, so that what is written to stderr next comes after it. Not
    /// longer than `limit`, and not at all for a reader that stood still the last time.
    pub fn wait_written(&self, limit: Duration) {
        if *self.waiting.borrow() == 0 {
            self.stalled.store(false, Ordering::Relaxed);
            return;
        }
        if self.stalled.load(Ordering::Relaxed) {
            return;
        }
        let (done, written) = blocking::sync_channel(1);
        let _ = self.work.send(Work::BlockingMark(done));
        let stalled = written.recv_timeout(limit).is_err();
        self.stalled.store(stalled, Ordering::Relaxed);
    }

    /// Returns when stdout can no longer be written to: its reader has gone, or a write failed.
    pub fn closed(&self) -> impl Future<Output = ()> + use<> {
        let mut reader = self.reader.clone();
        async move {
            let _ = reader.wait_for(|state| *state != Reader::There).await;
        }
    }

    /// Whether the reader is still there and no write has failed.
    pub fn is_open(&self) -> bool {
        *self.reader.borrow() == Reader::There
    }

    /// Fails where a write has failed, as on a full disk. Succeeds also where the reader has gone.
    pub fn failure(&self) -> Result<()> {
        match &*self.reader.borrow() {
            Reader::There | Reader::Gone => Ok(()),
            Reader::Failed(why) => Err(failed(why)),
        }
    }
}

/// The error of a write to stdout that failed for this reason.
pub fn failed(why: &dyn Display) -> Error {
    Error::failed(format!("cannot write to stdout: {why}")).hint(
        "the output is incomplete; make room or write it elsewhere, and run the command again",
    )
}

/// Waits until the other end of stdout is closed. Returns false where stdout has no other end, such as a file.
fn wait_for_hang_up() -> bool {
    let stdout = io::stdout();
    loop {
        // Errors and hang-ups are always reported, so no events are asked for.
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(_) => {
                let events = watched[0].revents();
                return events.intersects(PollFlags::ERR | PollFlags::HUP);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

/// What the thread that writes needs.
struct Writer {
    state: watch::Sender<Reader>,
    waiting: Arc<watch::Sender<usize>>,
    spare: Spare,
}

impl Writer {
    fn write_all(&self, mut queue: mpsc::UnboundedReceiver<Work>) {
        let mut stdout = io::stdout().lock();
        while let Some(work) = queue.blocking_recv() {
            match work {
                Work::Bytes(bytes) => self.write(&mut stdout, bytes),
                // The receivers may have been dropped.
                Work::Mark(done) => {
                    let _ = done.send(OutputFile::of_stdout().map(|file| file.length));
                }
                Work::BlockingMark(done) => {
                    let _ = done.send(());
                }
            }
        }
    }

    fn write(&self, stdout: &mut impl Write, mut bytes: Vec<u8>) {
        if *self.state.borrow() == Reader::There
            && let Err(error) = stdout.write_all(&bytes).and_then(|()| stdout.flush())
        {
            self.state.send_replace(match error.kind() {
                ErrorKind::BrokenPipe => Reader::Gone,
                _ => Reader::Failed(error.to_string()),
            });
        }
        self.waiting.send_modify(|waiting| *waiting -= bytes.len());
        bytes.clear();
        if let Ok(mut spare) = self.spare.lock()
            && spare.len() < MOST_SPARE
        {
            spare.push(bytes);
        }
    }
}

/// Whether stdout is a pipe, so that another program reads it.
pub fn is_pipe() -> bool {
    let metadata = handle().and_then(|file| file.metadata());
    metadata.is_ok_and(|found| found.file_type().is_fifo() || found.file_type().is_socket())
}

/// The regular file that stdout is redirected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// The number of its device.
    pub device: u64,
    /// The number of its inode.
    pub inode: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl OutputFile {
    /// The file of stdout; none where stdout is not a regular file.
    pub fn of_stdout() -> Option<Self> {
        let metadata = handle().ok()?.metadata().ok()?;
        metadata.is_file().then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
        })
    }
}

/// A second handle to the file of stdout.
fn handle() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}
