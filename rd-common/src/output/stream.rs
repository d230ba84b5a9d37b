//! stdout for a long stream of lines, such as logs. A thread writes whole buffers, so that reading continues meanwhile.
//! A reader that has gone is noticed at once, even when there is nothing to write.

use crate::error::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use std::fs::File;
use std::future::Future;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot, watch};

/// The number of buffers that may wait for a slow reader.
const WAITING: usize = 4;

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
    Mark(oneshot::Sender<Option<u64>>),
}

/// Writes to stdout. When it is dropped, its thread still writes what was sent; [`Stream::flush`] waits for that.
pub struct Stream {
    work: mpsc::Sender<Work>,
    reader: watch::Receiver<Reader>,
    spare: Spare,
}

impl Stream {
    /// Starts the thread. Nothing else in the process may write to stdout from then on.
    pub fn start() -> Self {
        let (work, queue) = mpsc::channel(WAITING);
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
        let written = spare.clone();
        std::thread::spawn(move || write_all(queue, &state, &written));
        Self {
            work,
            reader,
            spare,
        }
    }

    /// Sends whole lines to the thread and leaves `bytes` empty. Waits while the reader is slow; where the future is
    /// dropped meanwhile, nothing was sent and `bytes` is unchanged. Discards the lines once the reader is gone.
    pub async fn send(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        // The thread lives as long as this does.
        if let Ok(place) = self.work.reserve().await {
            let next = self.spare.lock().ok().and_then(|mut spare| spare.pop());
            // With the capacity that was needed before, so that it need not grow again.
            let next = next.unwrap_or_else(|| Vec::with_capacity(bytes.capacity()));
            place.send(Work::Bytes(std::mem::replace(bytes, next)));
        }
    }

    /// Returns when everything that was sent is written: with the length of the file, where stdout is a file.
    pub async fn flush(&self) -> Option<u64> {
        let (done, written) = oneshot::channel();
        self.work.send(Work::Mark(done)).await.ok()?;
        written.await.ok().flatten()
    }

    /// Returns when stdout can no longer be written to. That is an error where a write failed, as on a full disk, and
    /// none where the reader has closed its end.
    pub fn closed(&self) -> impl Future<Output = Result<()>> + use<> {
        let mut reader = self.reader.clone();
        async move {
            let state = match reader.wait_for(|state| *state != Reader::There).await {
                Ok(state) => state.clone(),
                Err(_) => Reader::Gone,
            };
            state.ended()
        }
    }

    /// Whether the reader is still there and no write has failed.
    pub fn is_open(&self) -> bool {
        *self.reader.borrow() == Reader::There
    }

    /// Fails where a write has failed. Succeeds also where the reader has gone.
    pub fn failure(&self) -> Result<()> {
        self.reader.borrow().ended()
    }
}

impl Reader {
    fn ended(&self) -> Result<()> {
        match self {
            Reader::There | Reader::Gone => Ok(()),
            Reader::Failed(why) => Err(Error::failed(format!("cannot write to stdout: {why}"))),
        }
    }
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

fn write_all(mut queue: mpsc::Receiver<Work>, state: &watch::Sender<Reader>, spare: &Spare) {
    let mut stdout = io::stdout().lock();
    while let Some(work) = queue.blocking_recv() {
        match work {
            Work::Bytes(mut bytes) => {
                if *state.borrow() != Reader::There {
                    continue;
                }
                if let Err(error) = stdout.write_all(&bytes).and_then(|()| stdout.flush()) {
                    state.send_replace(match error.kind() {
                        ErrorKind::BrokenPipe => Reader::Gone,
                        _ => Reader::Failed(error.to_string()),
                    });
                }
                bytes.clear();
                if let Ok(mut spare) = spare.lock()
                    && spare.len() < WAITING
                {
                    spare.push(bytes);
                }
            }
            Work::Mark(done) => {
                // The receiver may have been dropped.
                let _ = done.send(OutputFile::of_stdout().map(|file| file.length));
            }
        }
    }
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

    /// Truncates the file of stdout to `length`, to continue there. Must be called before anything is written.
    pub fn cut(length: u64) -> io::Result<()> {
        let mut file = handle()?;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0)).map(|_| ())
    }
}

/// A second handle to the file of stdout.
fn handle() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}
