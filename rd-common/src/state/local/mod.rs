//! The default store: files next to the configuration, safe against a kill and a power cut at any point.
//!
//! `.rd/<stack>/<slice>.json` is the current version and `.rd/<stack>/history/<slice>.<serial>.json` every version.
//! A save writes the history file, makes it durable, and only then puts it in the current one's place by a rename, so
//! the current one is at every moment a whole version: the old or the new.

mod files;
mod lock_file;
mod permissions;
#[cfg(test)]
mod power_cut;

use self::files::{Disk, Files};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::document::Document;
use crate::state::lock_guard::check_held;
use crate::state::store::{
    Holder, Key, Lock, Store, StoreProblem, Stored, Version, VersionTag, restore_as_next,
};
use futures_util::future::LocalBoxFuture;
use sha2::{Digest, Sha256};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// States in a folder.
#[derive(Clone)]
pub struct LocalStore {
    root: PathBuf,
    files: Arc<dyn Files>,
}

impl LocalStore {
    /// A store in `root`, usually `.rd` beside `rd.toml`. Nothing is written until something is saved.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with(root, Arc::new(Disk))
    }

    fn with(root: impl Into<PathBuf>, files: Arc<dyn Files>) -> Self {
        Self {
            root: root.into(),
            files,
        }
    }

    fn current(&self, key: &Key) -> PathBuf {
        self.root
            .join(&key.stack)
            .join(format!("{}.json", key.slice))
    }

    fn history_folder(&self, key: &Key) -> PathBuf {
        self.root.join(&key.stack).join("history")
    }

    fn version_file(&self, key: &Key, serial: u64) -> PathBuf {
        self.history_folder(key)
            .join(format!("{}.{serial:06}.json", key.slice))
    }

    fn lock_file(&self, key: &Key) -> PathBuf {
        self.root
            .join(&key.stack)
            .join(format!("{}.lock", key.slice))
    }

    fn write_lock_file(&self, key: &Key) -> PathBuf {
        self.root
            .join(&key.stack)
            .join(format!("{}.write", key.slice))
    }

    fn read(&self, path: &Path) -> Result<Option<Stored>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(Stored {
                document: Document::parse(&bytes, &path.display().to_string())?,
                tag: tag_of(&bytes),
            })),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io_error("read the state", path, &e)),
        }
    }

    /// Checks the version and the holder, and writes. Between the check and the rename nobody else may write, whoever
    /// believes to hold the lock: the caller keeps `_writer`.
    fn save_now(
        &self,
        key: &Key,
        document: &Document,
        expected: Option<&VersionTag>,
        run: &str,
    ) -> Result<VersionTag> {
        let current = self.current(key);
        self.make_folders(key)?;
        let _writer = lock_file::lock_for_write(&self.write_lock_file(key))?;
        let before = self.read(&current)?;
        let serial = before.as_ref().map_or(0, |before| before.document.serial);
        if before.as_ref().map(|before| &before.tag) != expected || serial + 1 != document.serial {
            return Err(Error::new(
                Exit::Locked,
                format!(
                    "the state {} was changed by another run: it is at serial {serial}, so serial {} cannot be written",
                    current.display(),
                    document.serial
                ),
            )
            .hint("nothing was overwritten; run the command again"));
        }
        match lock_file::holder(&self.lock_file(key)) {
            Some(holder) if holder.run == run => {}
            Some(holder) => {
                return Err(Error::new(
                    Exit::Locked,
                    format!("the state is locked by {} ({})", holder.who, holder.what),
                )
                .hint("nothing was overwritten; run the command again when that run has ended"));
            }
            None => {
                return Err(Error::new(
                    Exit::Locked,
                    format!("the lock of the state {} was taken away", current.display()),
                )
                .hint("nothing was overwritten; run the command again"));
            }
        }
        let version = self.version_file(key, document.serial);
        let bytes = document.bytes();
        self.put(&version, &current, &bytes)
            .map_err(|e| io_error("write the state", &current, &e))?;
        Ok(tag_of(&bytes))
    }

    /// Makes a version durable, and only then puts it in the place of the current one, in one step. The current one is
    /// a link to the version where the file system has links; where it has none, a copy.
    fn put(&self, version: &Path, current: &Path, bytes: &[u8]) -> io::Result<()> {
        let files = &self.files;
        let folder = |path: &Path| path.parent().unwrap_or(Path::new(".")).to_path_buf();
        // A leftover of this name may be linked from elsewhere: it is removed, never written into.
        files.remove(version)?;
        files.write(version, bytes)?;
        files.sync(version)?;
        files.sync_folder(&folder(version))?;
        let next = current.with_extension("json.next");
        files.remove(&next)?;
        if files.link(version, &next).is_err() {
            files.write(&next, bytes)?;
            files.sync(&next)?;
        }
        files.rename(&next, current)?;
        files.sync_folder(&folder(current))
    }

    /// Puts the newest whole version in the place of a current one that cannot be read, which is kept beside it.
    async fn put_aside(&self, key: &Key) -> Result<()> {
        let current = self.current(key);
        let Some(newest) = self.history(key).await?.pop() else {
            return Ok(());
        };
        let document = self.version(key, newest.serial).await?;
        let aside = current.with_extension("json.broken");
        self.files
            .rename(&current, &aside)
            .and_then(|()| {
                let version = self.version_file(key, newest.serial);
                self.put(&version, &current, &document.bytes())
            })
            .map_err(|e| io_error("put aside", &current, &e))
    }

    fn make_folders(&self, key: &Key) -> Result<()> {
        let folder = self.history_folder(key);
        self.make_folder(&folder)
            .map_err(|e| io_error("make the folder", &folder, &e))
    }

    /// Makes a folder and those above it, each durably.
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        let above = folder
            .parent()
            .filter(|above| !above.as_os_str().is_empty());
        if let Some(above) = above {
            self.make_folder(above)?;
        }
        self.files.make_folder(folder)?;
        self.files.sync_folder(above.unwrap_or(Path::new(".")))
    }
}

impl Store for LocalStore {
    fn location(&self, key: &Key) -> String {
        self.current(key).display().to_string()
    }

    fn load<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Stored>>> {
        Box::pin(async move { self.read(&self.current(key)) })
    }

    fn slices<'a>(&'a self, stack: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let folder = self.root.join(stack);
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(e) => return Err(io_error("read the folder", &folder, &e)),
            };
            let mut slices: Vec<String> = entries
                .filter_map(|entry| {
                    let name = entry.ok()?.file_name().into_string().ok()?;
                    let slice = name.strip_suffix(".json")?;
                    (!slice.starts_with('.')).then(|| slice.to_owned())
                })
                .collect();
            slices.sort();
            Ok(slices)
        })
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        document: &'a Document,
        expected: Option<&'a VersionTag>,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<VersionTag>> {
        Box::pin(async move {
            check_held(lock)?;
            let (store, key, document) = (self.clone(), key.clone(), document.clone());
            let (expected, run) = (expected.cloned(), lock.run().to_owned());
            // Syncing to disk takes milliseconds: on a thread of its own, calls to AWS continue meanwhile.
            tokio::task::spawn_blocking(move || {
                store.save_now(&key, &document, expected.as_ref(), &run)
            })
            .await
            .map_err(|e| Error::failed(format!("the state could not be written: {e}")))?
        })
    }

    fn lock<'a>(
        &'a self,
        key: &'a Key,
        holder: Holder,
        timeout: Duration,
    ) -> LocalBoxFuture<'a, Result<Rc<dyn Lock>>> {
        Box::pin(async move {
            self.make_folders(key)?;
            let lock = lock_file::acquire(self.lock_file(key), holder, timeout).await?;
            Ok(Rc::new(lock) as Rc<dyn Lock>)
        })
    }

    fn renew<'a>(&'a self, _key: &'a Key, _lock: &'a dyn Lock) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn unlock<'a>(&'a self, _key: &'a Key, lock: &'a dyn Lock) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            lock.release();
            Ok(())
        })
    }

    fn holder<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Holder>>> {
        Box::pin(async move { Ok(lock_file::holder(&self.lock_file(key))) })
    }

    fn break_lock<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // The holder keeps the file that it has locked; the next one makes another under the same name.
            let path = self.lock_file(key);
            self.files
                .remove(&path)
                .map_err(|e| io_error("take away the lock", &path, &e))
        })
    }

    fn history<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Vec<Version>>> {
        Box::pin(async move {
            let current = self.read(&self.current(key)).ok().flatten();
            let folder = self.history_folder(key);
            let prefix = format!("{}.", key.slice);
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(e) => return Err(io_error("read the folder", &folder, &e)),
            };
            let mut versions = Vec::new();
            for entry in entries.flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if !name.starts_with(&prefix) || !name.ends_with(".json") {
                    continue;
                }
                // A version that a power cut left half written never became current: it is not history.
                let Ok(Some(Stored { document, .. })) = self.read(&entry.path()) else {
                    continue;
                };
                if current
                    .as_ref()
                    .is_some_and(|current| document.serial > current.document.serial)
                {
                    continue;
                }
                versions.push(Version {
                    serial: document.serial,
                    written: document.written,
                    run: document.run,
                    command: document.command,
                    resources: document.resources.len(),
                });
            }
            versions.sort_by_key(|version| version.serial);
            Ok(versions)
        })
    }

    fn version<'a>(&'a self, key: &'a Key, serial: u64) -> LocalBoxFuture<'a, Result<Document>> {
        Box::pin(async move {
            let stored = self.read(&self.version_file(key, serial))?;
            stored.map(|stored| stored.document).ok_or_else(|| {
                Error::usage(format!("the {} state has no version {serial}", key.slice))
                    .hint("`rd-state history` lists the versions that there are")
            })
        })
    }

    fn audit<'a>(
        &'a self,
        stack: &'a str,
        fix: bool,
    ) -> LocalBoxFuture<'a, Result<Vec<StoreProblem>>> {
        Box::pin(async move { permissions::audit(&self.root.join(stack), fix) })
    }

    fn restore<'a>(
        &'a self,
        key: &'a Key,
        serial: u64,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<Document>> {
        Box::pin(async move {
            if self.load(key).await.is_err() {
                self.put_aside(key).await?;
            }
            restore_as_next(self, key, serial, lock).await
        })
    }
}

/// The version tag of a state's bytes: their SHA-256, so that an edit with a text editor is another version, too.
fn tag_of(bytes: &[u8]) -> VersionTag {
    let digest = Sha256::digest(bytes);
    VersionTag::new(
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>(),
    )
}

/// An I/O error with what to do about it.
pub(super) fn io_error(what: &str, path: &Path, error: &io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space and run the command again: what AWS has was tagged when it was made, and is found again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make the folder writable for you, or name another one with --state-dir or RD_STATE_DIR"
        }
        _ => "check the path and the disk, then run the command again",
    };
    Error::failed(format!("cannot {what} {}: {error}", path.display())).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conformance::{self, Writer};

    #[tokio::test]
    async fn conforms() {
        let folder = tempfile::tempdir().unwrap();
        conformance::suite(Rc::new(LocalStore::new(folder.path()))).await;
    }

    #[tokio::test]
    async fn a_half_written_next_version_is_not_history_and_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        let key = conformance::key();
        let mut writer = Writer::lock(&store, "run-1").await;
        writer.save(1).await.unwrap();
        fs::write(store.version_file(&key, 2), b"{\"format\":").unwrap();
        assert_eq!(store.history(&key).await.unwrap().len(), 1);
        writer.save(2).await.unwrap();
        let stored = store.load(&key).await.unwrap().unwrap();
        assert_eq!(stored.document.serial, 2);
    }

    #[tokio::test]
    async fn an_edited_state_is_another_version() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        let key = conformance::key();
        let mut writer = Writer::lock(&store, "run-1").await;
        writer.save(1).await.unwrap();
        let text = fs::read_to_string(store.current(&key)).unwrap();
        fs::write(store.current(&key), text.replace("\"n\": 1", "\"n\": 7")).unwrap();
        assert_eq!(writer.save(2).await.unwrap_err().exit, Exit::Locked);
    }

    /// As of a process that was paused in the middle of a write.
    #[tokio::test]
    async fn a_stuck_write_is_reported_and_not_waited_for_forever() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        let key = conformance::key();
        let mut writer = Writer::lock(&store, "run-1").await;
        writer.save(1).await.unwrap();
        let paused = lock_file::lock_for_write(&store.write_lock_file(&key)).unwrap();
        let error = writer.save(2).await.unwrap_err();
        assert_eq!(error.exit, Exit::Locked);
        let process = format!("process {}", std::process::id());
        assert!(error.summary.starts_with(&process), "{error}");
        drop(paused);
        writer.save(2).await.unwrap();
    }
}
