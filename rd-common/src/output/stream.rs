//! stdout for a long stream of lines: a thread writes whole buffers, so that reading goes on meanwhile; and that the
//! reader is gone is noticed at once, also when there is nothing to write.

use crate::error::{Error, Result};
use rustix::event::{PollFd, PollFlags, poll};
use std::fs::File;
use std::future::Future;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, Mutex};
use tokio::sync::{mpsc, oneshot, watch};

/// How many buffers may wait for a slow reader.
const WAITING: usize = 4;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reader {
    There,
    Gone,
    Failed(String),
}

/// Buffers that were written, to be filled again: their memory is there.
type Spare = Arc<Mutex<Vec<Vec<u8>>>>;

enum Work {
    Bytes(Vec<u8>),
    Mark(oneshot::Sender<Option<u64>>),
}

/// Writes to stdout. Dropping it leaves what was sent to the thread; [`Stream::flush`] waits for it.
pub struct Stream {
    work: mpsc::Sender<Work>,
    reader: watch::Receiver<Reader>,
    spare: Spare,
}

impl Stream {
    /// Starts it. One a process: nobody else may write to stdout meanwhile.
    pub fn start() -> Self {
        let (work, queue) = mpsc::channel(WAITING);
        let (told, reader) = watch::channel(Reader::There);
        let hung_up = told.clone();
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
        std::thread::spawn(move || write_all(queue, &told, &written));
        Self {
            work,
            reader,
            spare,
        }
    }

    /// Hands over whole lines, and leaves `bytes` empty. Waits while the reader is slow; dropped meanwhile, it has handed
    /// over nothing and `bytes` is as it was. Does nothing once the reader is gone.
    pub async fn send(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        // The thread lives as long as this does.
        if let Ok(place) = self.work.reserve().await {
            let next = self.spare.lock().ok().and_then(|mut spare| spare.pop());
            // Of the size that was needed, so that it need not grow to it.
            let next = next.unwrap_or_else(|| Vec::with_capacity(bytes.capacity()));
            place.send(Work::Bytes(std::mem::replace(bytes, next)));
        }
    }

    /// Comes back when all that was sent is written; with the length of the file, where stdout is one.
    pub async fn flush(&self) -> Option<u64> {
        let (done, written) = oneshot::channel();
        self.work.send(Work::Mark(done)).await.ok()?;
        written.await.ok().flatten()
    }

    /// Comes back when nobody reads any more: in order where the reader has closed its end, an error where writing
    /// failed, as on a full disk.
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

    /// Whether all that was sent so far was written, or waits to be: nobody has gone, and nothing failed.
    pub fn is_open(&self) -> bool {
        *self.reader.borrow() == Reader::There
    }

    /// An error where writing has failed; none where all is well or the reader is gone.
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

/// Waits until the other end of stdout is closed; false where that cannot be told, as of a file.
fn wait_for_hang_up() -> bool {
    let stdout = io::stdout();
    loop {
        // No events asked for: errors and hang-ups are always told.
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(_) => {
                let told = watched[0].revents();
                return told.intersects(PollFlags::ERR | PollFlags::HUP);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
    }
}

fn write_all(mut queue: mpsc::Receiver<Work>, told: &watch::Sender<Reader>, spare: &Spare) {
    let mut stdout = io::stdout().lock();
    while let Some(work) = queue.blocking_recv() {
        match work {
            Work::Bytes(mut bytes) => {
                if *told.borrow() != Reader::There {
                    continue;
                }
                if let Err(error) = stdout.write_all(&bytes).and_then(|()| stdout.flush()) {
                    told.send_replace(match error.kind() {
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
                // Whoever asked may have gone.
                let _ = done.send(OutputFile::of_stdout().map(|file| file.length));
            }
        }
    }
}

/// The regular file that stdout is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its device.
    pub device: u64,
    /// Its inode.
    pub inode: u64,
    /// Its length in bytes.
    pub length: u64,
}

impl OutputFile {
    /// What stdout is, where it is a regular file.
    pub fn of_stdout() -> Option<Self> {
        let metadata = handle().ok()?.metadata().ok()?;
        metadata.is_file().then(|| Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.len(),
        })
    }

    /// Cuts stdout back to `length` and goes on there. Only before anything is written.
    pub fn cut(length: u64) -> io::Result<()> {
        let mut file = handle()?;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0)).map(|_| ())
    }
}

/// Another handle of stdout's file.
fn handle() -> io::Result<File> {
    Ok(File::from(io::stdout().as_fd().try_clone_to_owned()?))
}
