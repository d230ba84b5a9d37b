//! The lock of the local store: a file with a lock of the operating system, which frees it as soon as the holder's
//! process ends. The file names the holder, for others that find the state locked.

use crate::aws::change_guard::{LockWatch, Standing};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::local::regular_file::check_file;
use crate::state::store::{Holder, Lock};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Only the owner may open a lock file: a user who can read it can also lock it.
const OWNER_ALONE: u32 = 0o600;

/// How long to wait for the write of another process, which takes milliseconds.
const WRITE_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 10 });

/// A held lock file. The operating system frees it when the process ends, however it ends.
pub(super) struct FileLock {
    held: Arc<HeldFile>,
    run: String,
}

/// The locked file, which the lock shares with those that watch it.
struct HeldFile {
    file: File,
    path: PathBuf,
    released: AtomicBool,
}

impl HeldFile {
    fn standing(&self) -> Standing {
        // A broken lock's file is removed, and the next holder creates another.
        match !self.released.load(Ordering::Acquire) && is_at(&self.file, &self.path) {
            true => Standing::Held,
            false => Standing::Lost,
        }
    }
}

impl Lock for FileLock {
    fn run(&self) -> &str {
        &self.run
    }

    fn standing(&self) -> Standing {
        self.held.standing()
    }

    fn watch(&self) -> LockWatch {
        let held = self.held.clone();
        Arc::new(move || held.standing())
    }

    fn release(&self) {
        if self.held.released.swap(true, Ordering::AcqRel) {
            return;
        }
        // Emptied first, so that no one reads the name of a holder that has gone.
        let _ = self.held.file.set_len(0);
        let _ = self.held.file.unlock();
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        self.release();
    }
}

/// Takes the lock at `path` for `holder`. Waits up to `timeout`, then fails with [`Exit::Locked`].
pub(super) async fn acquire(path: PathBuf, holder: Holder, timeout: Duration) -> Result<FileLock> {
    let cannot = |e: std::io::Error| super::io_error("take the lock", &path, &e);
    let start = Instant::now();
    let mut file = loop {
        let file = open(&path)?;
        match file.try_lock() {
            Ok(()) if is_at(&file, &path) => break file,
            // The lock was broken while this run waited: another file has its name, so try again.
            Ok(()) => {}
            Err(TryLockError::Error(e)) => return Err(cannot(e)),
            Err(TryLockError::WouldBlock) if start.elapsed() >= timeout => return Err(held(&path)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    };
    let text = serde_json::to_string(&holder).unwrap_or_default();
    file.set_len(0)
        .and_then(|()| file.seek(SeekFrom::Start(0)))
        .and_then(|_| file.write_all(text.as_bytes()))
        .map_err(cannot)?;
    Ok(FileLock {
        held: Arc::new(HeldFile {
            file,
            path,
            released: AtomicBool::new(false),
        }),
        run: holder.run,
    })
}

/// Opens a lock file, which is created where there is none. Its contents stay: only the holder of the lock changes them.
fn open(path: &Path) -> Result<File> {
    check_file("the lock", path)?;
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(OWNER_ALONE)
        .open(path)
        .map_err(|e| super::io_error("take the lock", path, &e))
}

/// What distinguishes a file from another one that gets its name later.
fn identity(meta: std::io::Result<std::fs::Metadata>) -> Option<(u64, u64)> {
    meta.map(|meta| (meta.dev(), meta.ino())).ok()
}

/// Whether `path` still names this file, and not a link to it.
fn is_at(file: &File, path: &Path) -> bool {
    identity(file.metadata()) == identity(std::fs::symlink_metadata(path))
}

/// Waits up to [`WRITE_TIMEOUT`] to be the only writer, which this process is until the returned file is dropped. A
/// process that was paused in the middle of a write stays the writer, since it would later write over a newer version.
/// The file holds the id of the writing process, for the error of those that wait in vain.
pub(super) fn lock_for_write(path: &Path) -> Result<File> {
    let cannot = |e: std::io::Error| super::io_error("take the lock", path, &e);
    let start = Instant::now();
    let mut file = open(path)?;
    loop {
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => break,
            // Another file has the name now, or a link: open that one.
            Ok(()) if start.elapsed() < WRITE_TIMEOUT => file = open(path)?,
            Ok(()) => return Err(stuck(&mut file)),
            Err(TryLockError::Error(e)) => return Err(cannot(e)),
            Err(TryLockError::WouldBlock) if start.elapsed() < WRITE_TIMEOUT => {
                std::thread::sleep(Duration::from_millis(10));
            }
            Err(TryLockError::WouldBlock) => return Err(stuck(&mut file)),
        }
    }
    file.set_len(0)
        .and_then(|()| write!(file, "{}", std::process::id()))
        .map_err(cannot)?;
    Ok(file)
}

fn stuck(file: &mut File) -> Error {
    let mut process = String::new();
    let _ = file.read_to_string(&mut process);
    let process = match process.trim() {
        "" => "another process".to_owned(),
        id => format!("process {id}"),
    };
    Error::new(
        Exit::Locked,
        format!("{process} is in the middle of a write of this state and does not finish it"),
    )
    .hint(
        "nothing was written; the process may be paused: continue it (kill -CONT) or end it (kill -9), \
         then run the command again",
    )
}

/// The holder of the lock at `path`; none where it is free.
pub(super) fn holder(path: &Path) -> Result<Option<Holder>> {
    if !check_file("the lock", path)? {
        return Ok(None);
    }
    let Ok(mut file) = File::open(path) else {
        return Ok(None);
    };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        _ => return Ok(None),
    }
    let mut text = String::new();
    let read = file.read_to_string(&mut text);
    Ok(read.ok().and_then(|_| serde_json::from_str(&text).ok()))
}

fn held(path: &Path) -> Error {
    let summary = match holder(path) {
        Ok(Some(holder)) => format!(
            "the state is locked by {} ({}) since {}",
            holder.who, holder.what, holder.since
        ),
        _ => "the state is locked by another run".to_owned(),
    };
    Error::new(Exit::Locked, summary).hint(
        "wait for that run, for example with --lock-timeout 10m; a lock ends with its process, \
         so there is nothing to clean up",
    )
}
