//! The lock of the local store: a file with a lock of the operating system, which frees it as soon as the holder's
//! process ends. The file names the holder, for others that find the state locked.

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::store::{Holder, Lock};
use std::cell::Cell;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Only the owner may open a lock file: a user who can read it can also lock it.
const OWNER_ALONE: u32 = 0o600;

/// How long to wait for the write of another process, which takes milliseconds.
const WRITE_TIMEOUT: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 10 });

/// A held lock file. The operating system frees it when the process ends, however it ends.
pub(super) struct FileLock {
    file: File,
    path: PathBuf,
    run: String,
    released: Cell<bool>,
}

impl Lock for FileLock {
    fn run(&self) -> &str {
        &self.run
    }

    fn is_held(&self) -> bool {
        // A broken lock's file is removed, and the next holder creates another.
        !self.released.get() && is_at(&self.file, &self.path)
    }

    fn release(&self) {
        if self.released.replace(true) {
            return;
        }
        // Emptied first, so that no one reads the name of a holder that has gone.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
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
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(OWNER_ALONE)
            .open(&path)
            .map_err(cannot)?;
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
        file,
        path,
        run: holder.run,
        released: Cell::new(false),
    })
}

/// The inode, which distinguishes a file from another one that gets its name later.
fn inode(meta: std::io::Result<std::fs::Metadata>) -> Option<u64> {
    meta.map(|meta| meta.ino()).ok()
}

/// Whether `path` still names this file.
fn is_at(file: &File, path: &Path) -> bool {
    inode(file.metadata()) == inode(std::fs::metadata(path))
}

/// Waits up to [`WRITE_TIMEOUT`] to be the only writer, which this process is until the returned file is dropped. A
/// process that was paused in the middle of a write stays the writer, since it would later write over a newer version.
/// The file holds the id of the writing process, for the error of those that wait in vain.
pub(super) fn lock_for_write(path: &Path) -> Result<File> {
    let cannot = |e: std::io::Error| super::io_error("take the lock", path, &e);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(OWNER_ALONE)
        .open(path)
        .map_err(cannot)?;
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
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
pub(super) fn holder(path: &Path) -> Option<Holder> {
    let mut file = File::open(path).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {}
        _ => return None,
    }
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn held(path: &Path) -> Error {
    let summary = match holder(path) {
        Some(holder) => format!(
            "the state is locked by {} ({}) since {}",
            holder.who, holder.what, holder.since
        ),
        None => "the state is locked by another run".to_owned(),
    };
    Error::new(Exit::Locked, summary).hint(
        "wait for that run, for example with --lock-timeout 10m; a lock ends with its process, \
         so there is nothing to clean up",
    )
}
