//! The local store, which is the default: states are files next to `rd.toml`.
//!
//! `.rd/<project>/<environment>/<slice>.json` is the current version; in the same folder, `history/<slice>.<serial>.json`
//! are the versions that are kept, with a copy of the current one, and `<slice>.lock` is the lock.

#[cfg(test)]
mod failing_disk;
mod files;
mod history;
#[cfg(test)]
pub(super) mod killed_disk;
mod lock_file;
mod movable;
mod old_layout;
mod permissions;
#[cfg(test)]
mod power_cut;
mod regular_file;
mod save;

use self::files::{Disk, Files};
use self::regular_file::check_file;
use crate::error::{Error, Result};
use crate::settings::Retention;
use crate::stack::StackId;
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

    fn stack_folder(&self, stack: &StackId) -> PathBuf {
        self.root.join(&stack.project).join(&stack.environment)
    }

    fn current(&self, key: &Key) -> PathBuf {
        self.folder(key).join(format!("{}.json", key.slice))
    }

    fn history_folder(&self, key: &Key) -> PathBuf {
        self.folder(key).join("history")
    }

    fn version_file(&self, key: &Key, serial: u64) -> PathBuf {
        self.history_folder(key)
            .join(format!("{}.{serial:06}.json", key.slice))
    }

    fn lock_file(&self, key: &Key) -> PathBuf {
        self.stack_folder(&key.stack)
            .join(format!("{}.lock", key.slice))
    }

    fn write_lock_file(&self, key: &Key) -> PathBuf {
        self.stack_folder(&key.stack)
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
        Box::pin(async move {
            self.check_not_moved(&key.stack)?;
            match self.read(&self.current(key))? {
                // Another run may have moved it from the old layout in this moment.
                None => self.read(&self.current(key)),
                stored => Ok(stored),
            }
        })
    }

    fn slices<'a>(&'a self, stack: &'a StackId) -> LocalBoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let mut slices = slices_in(&self.stack_folder(stack))?;
            for slice in slices_in(&self.old_folder(stack))? {
                let stack = stack.clone();
                let key = Key { stack, slice };
                if !slices.contains(&key.slice) && self.is_in_old_layout(&key) {
                    slices.push(key.slice);
                }
            }
            slices.sort();
            Ok(slices)
        })
    }

    fn environments<'a>(&'a self, project: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let prefix = format!("{project}-");
            let old = folders_in(&self.root)?;
            let old = old.iter().filter_map(|name| name.strip_prefix(&prefix));
            let mut candidates = folders_in(&self.root.join(project))?;
            candidates.extend(old.map(str::to_owned));
            let mut environments = Vec::new();
            for environment in candidates {
                let stack = StackId {
                    project: project.to_owned(),
                    environment,
                };
                if !self.slices(&stack).await?.is_empty() {
                    environments.push(stack.environment);
                }
            }
            environments.sort();
            environments.dedup();
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
            check_held(lock).await?;
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
            let lock = lock_file::acquire(self.lock_file(key), holder.clone(), timeout).await?;
            self.move_from_old_layout(key, &holder, timeout).await?;
            Ok(Rc::new(lock) as Rc<dyn Lock>)
        })
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

    fn history<'a>(
        &'a self,
        key: &'a Key,
        newest: usize,
    ) -> LocalBoxFuture<'a, Result<Vec<Version>>> {
        Box::pin(async move {
            let mut versions = self.versions(key)?;
            let older = versions.len().saturating_sub(newest);
            Ok(versions.split_off(older))
        })
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
            check_held(lock).await?;
            if self.load(key).await.is_ok() {
                return Ok(None);
            }
            let kept = self.replace_unreadable(key)?;
            Ok(kept.map(|path| path.display().to_string()))
        })
    }

    fn audit<'a>(
        &'a self,
        stack: &'a StackId,
        fix: bool,
    ) -> LocalBoxFuture<'a, Result<Vec<StoreProblem>>> {
        Box::pin(async move {
            let mut problems = permissions::audit(&self.stack_folder(stack), fix)?;
            problems.extend(permissions::audit(&self.old_folder(stack), fix)?);
            Ok(problems)
        })
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

/// The slices whose states are in `folder`.
fn slices_in(folder: &Path) -> Result<Vec<String>> {
    let slice = |name: String| {
        let slice = name.strip_suffix(".json")?;
        // Versions in a history have their serial in their names.
        (!slice.contains('.')).then(|| slice.to_owned())
    };
    let names = entries_in(folder)?.into_iter();
    Ok(names.filter_map(|(name, _)| slice(name)).collect())
}

/// The names of the folders in `folder`.
fn folders_in(folder: &Path) -> Result<Vec<String>> {
    let entries = entries_in(folder)?.into_iter();
    let folders = entries.filter(|(_, path)| path.is_dir());
    Ok(folders.map(|(name, _)| name).collect())
}

/// What is in `folder`, with its names; nothing where it does not exist.
fn entries_in(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(io_error("read the folder", folder, &e)),
    };
    let named = entries.filter_map(|entry| {
        let entry = entry.ok()?;
        Some((entry.file_name().into_string().ok()?, entry.path()))
    });
    Ok(named.collect())
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
        assert_eq!(store.history(&key, usize::MAX).await.unwrap().len(), 1);
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
