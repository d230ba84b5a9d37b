//! The local store, which is the default: states are files next to `rd.toml`.
//!
//! `.rd/<stack>/<slice>.json` is the current version, `.rd/<stack>/history/<slice>.<serial>.json` the versions that are
//! kept, with a copy of the current one, and `.rd/<stack>/<slice>.lock` the lock.

#[cfg(test)]
mod failing_disk;
mod files;
mod history;
mod lock_file;
mod permissions;
#[cfg(test)]
mod power_cut;
mod regular_file;
mod save;

use self::files::{Disk, Files};
use self::regular_file::check_file;
use crate::error::{Error, Result};
use crate::settings::Retention;
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

/// States in a folder; clones share it.
#[derive(Clone)]
pub struct LocalStore {
    root: PathBuf,
    retention: Retention,
    files: Arc<dyn Files>,
}

impl LocalStore {
    /// A store in the folder `root`, usually `.rd` next to `rd.toml`. The folder is created when it is first needed.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self::with(root, Arc::new(Disk))
    }

    /// The same store, with another rule for which versions are kept in the history.
    #[must_use]
    pub fn keeping(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    fn with(root: impl Into<PathBuf>, files: Arc<dyn Files>) -> Self {
        Self {
            root: root.into(),
            retention: Retention::default(),
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
        check_file("the state", path)?;
        match fs::read(path) {
            Ok(bytes) => Ok(Some(Stored {
                document: Document::parse(&bytes, &path.display().to_string())?,
                tag: tag_of(&bytes),
            })),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io_error("read the state", path, &e)),
        }
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

    fn environments<'a>(&'a self, project: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let entries = match fs::read_dir(&self.root) {
                Ok(entries) => entries,
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(e) => return Err(io_error("read the folder", &self.root, &e)),
            };
            let mut environments = Vec::new();
            for entry in entries.flatten() {
                let Ok(stack) = entry.file_name().into_string() else {
                    continue;
                };
                let environment = stack
                    .strip_prefix(project)
                    .and_then(|rest| rest.strip_prefix('-'));
                if let Some(environment) = environment
                    && entry.path().is_dir()
                    && !self.slices(&stack).await?.is_empty()
                {
                    environments.push(environment.to_owned());
                }
            }
            environments.sort();
            Ok(environments)
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
            // Syncing to disk takes milliseconds: on another thread, so that calls to AWS continue meanwhile.
            tokio::task::spawn_blocking(move || {
                store.save_now(&key, &document, expected.as_ref(), &run)
            })
            .await
            .map_err(|e| Error::failed(format!("cannot write the state: {e}")))?
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
        Box::pin(async move { lock_file::holder(&self.lock_file(key)) })
    }

    fn break_lock<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // The holder keeps the file that it has locked; the next one creates another with the same name.
            let path = self.lock_file(key);
            self.files
                .remove(&path)
                .map_err(|e| io_error("remove the lock", &path, &e))
        })
    }

    fn history<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Vec<Version>>> {
        Box::pin(async move { self.versions(key) })
    }

    fn version<'a>(&'a self, key: &'a Key, serial: u64) -> LocalBoxFuture<'a, Result<Document>> {
        Box::pin(async move { self.read_version(key, serial) })
    }

    fn set_aside_unreadable<'a>(
        &'a self,
        key: &'a Key,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<Option<String>>> {
        Box::pin(async move {
            check_held(lock)?;
            if self.load(key).await.is_ok() {
                return Ok(None);
            }
            let kept = self.replace_unreadable(key)?;
            Ok(kept.map(|path| path.display().to_string()))
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
            if !matches!(self.load(key).await, Ok(Some(_))) {
                self.replace_unreadable(key)?;
            }
            restore_as_next(self, key, serial, lock).await
        })
    }
}

/// The version tag of the bytes of a state: their SHA-256, so that a change in a text editor is another version, too.
fn tag_of(bytes: &[u8]) -> VersionTag {
    let digest = Sha256::digest(bytes);
    VersionTag::new(
        digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>(),
    )
}

/// An I/O error with a hint. `what` completes "cannot …", as in `write the state`.
fn io_error(what: &str, path: &Path, error: &io::Error) -> Error {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space and run the command again: it finds what was created in AWS by its tags"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "make the folder writable for you, or pass another one with --state-dir or RD_STATE_DIR"
        }
        _ => "check the path and the disk, then run the command again",
    };
    Error::failed(format!("cannot {what} {}: {error}", path.display())).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::state::conformance::{self, Writer};

    #[tokio::test]
    async fn conforms() {
        let folder = tempfile::tempdir().unwrap();
        conformance::suite(Rc::new(LocalStore::new(folder.path()))).await;
    }

    #[tokio::test]
    async fn an_incomplete_next_version_is_not_history_and_is_overwritten() {
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

    /// As when a process was paused in the middle of a write.
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
