//! The layout of earlier versions: `.rd/<project>-<environment>/<slice>.json`, a folder that two stacks could share. A
//! state that is still there is read there, and moved when its lock is taken, before anything is written.

use super::{LocalStore, io_error, lock_file};
use crate::error::Result;
use crate::stack::StackId;
use crate::state::store::{Holder, Key};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

impl LocalStore {
    /// The folder that holds the state of `key`: that of its stack, unless only the old layout has a state of it.
    pub(super) fn folder(&self, key: &Key) -> PathBuf {
        let folder = self.stack_folder(&key.stack);
        if !current(&folder, &key.slice).exists() && self.is_in_old_layout(key) {
            return self.old_folder(&key.stack);
        }
        folder
    }

    /// The folder of a stack in the old layout, which another stack of the same name can share.
    pub(super) fn old_folder(&self, stack: &StackId) -> PathBuf {
        self.root.join(stack.name())
    }

    /// Whether the old layout has a state of `key` that belongs to its stack. Where the current version cannot be read,
    /// the newest version that can be read tells. A state without resources tells nothing, and holds nothing either.
    pub(super) fn is_in_old_layout(&self, key: &Key) -> bool {
        let folder = self.old_folder(&key.stack);
        let mut files = versions(&folder, &key.slice);
        if current(&folder, &key.slice).exists() {
            files.push(current(&folder, &key.slice));
        }
        let owner = files.iter().rev().find_map(|path| {
            let stored = self.read(path).ok().flatten()?;
            stored.document.stack_id()
        });
        !files.is_empty() && owner.is_none_or(|owner| owner == key.stack)
    }

    /// Moves the state of `key`, with its history, from the old layout to the folder of its stack. The current version
    /// is moved last, so that a kill in between leaves a state that the next run moves. Waits up to `timeout` for a run
    /// of an earlier version that holds the lock of the old layout.
    pub(super) async fn move_from_old_layout(
        &self,
        key: &Key,
        holder: &Holder,
        timeout: Duration,
    ) -> Result<()> {
        let to = self.stack_folder(&key.stack);
        if current(&to, &key.slice).exists() || !self.is_in_old_layout(key) {
            return Ok(());
        }
        let from = self.old_folder(&key.stack);
        let lock = from.join(format!("{}.lock", key.slice));
        let held = lock_file::acquire(lock.clone(), holder.clone(), timeout).await?;
        self.move_files(key, &from, &to)
            .map_err(|e| io_error("move the state from", &from, &e))?;
        drop(held);
        // What is left is empty, unless another stack or slice is still there.
        let _ = self.files.remove(&lock);
        let _ = self
            .files
            .remove(&from.join(format!("{}.write", key.slice)));
        let _ = fs::remove_dir(from.join("history"));
        let _ = fs::remove_dir(&from);
        Ok(())
    }

    fn move_files(&self, key: &Key, from: &Path, to: &Path) -> io::Result<()> {
        let files = &self.files;
        let history = to.join("history");
        for version in versions(from, &key.slice) {
            let name = version.file_name().unwrap_or_default();
            files.rename(&version, &history.join(name))?;
        }
        files.sync_folder(&history)?;
        let path = current(from, &key.slice);
        if path.exists() {
            files.rename(&path, &current(to, &key.slice))?;
            files.sync_folder(to)?;
        }
        files.sync_folder(from)
    }
}

/// The current version of a slice's state in the folder of its stack.
fn current(folder: &Path, slice: &str) -> PathBuf {
    folder.join(format!("{slice}.json"))
}

/// The versions in the history of a slice's state, oldest first.
fn versions(folder: &Path, slice: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder.join("history")) else {
        return Vec::new();
    };
    let is_version = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(&format!("{slice}.")) && name.ends_with(".json")
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut versions: Vec<PathBuf> = paths.filter(is_version).collect();
    versions.sort();
    versions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::Tags;
    use crate::state::conformance::{Writer, document, holder, key, stack};
    use crate::state::document::{Document, Phase, Resource};
    use crate::state::store::Store;
    use jiff::Timestamp;
    use serde_json::Value;

    /// A state of an earlier version: it names its stack only in the tags of its resources.
    fn old(serial: u64, project: &str, environment: &str) -> Document {
        let mut document = document(serial);
        document.project = String::new();
        document.environment = String::new();
        let tags = [
            ("Project", project),
            ("Environment", environment),
            ("ManagedBy", "rd"),
        ];
        let resource = Resource {
            kind: "vpc".into(),
            id: Some("vpc-1".into()),
            phase: Phase::Ready,
            since: Timestamp::UNIX_EPOCH,
            token: None,
            spec: Value::Null,
            tags: tags.map(|(key, value)| (key.into(), value.into())).into(),
            attributes: Value::Null,
            depends_on: Vec::new(),
            deposed: Vec::new(),
            adopted: None,
            other: Default::default(),
        };
        document.resources.insert("net.vpc.main".into(), resource);
        document
    }

    fn write_old(root: &Path, documents: &[Document]) {
        let folder = root.join(stack().name());
        fs::create_dir_all(folder.join("history")).unwrap();
        for document in documents {
            let name = format!("history/net.{:06}.json", document.serial);
            fs::write(folder.join(name), document.bytes()).unwrap();
            fs::write(current(&folder, "net"), document.bytes()).unwrap();
        }
    }

    #[tokio::test]
    async fn a_state_of_the_old_layout_is_read_there_and_moved_when_it_is_locked() {
        let root = tempfile::tempdir().unwrap();
        let store = LocalStore::new(root.path());
        let before = [old(1, "p", "e"), old(2, "p", "e")];
        write_old(root.path(), &before);
        let stored = store.load(&key()).await.unwrap().unwrap();
        assert_eq!(stored.document, before[1]);
        assert_eq!(store.slices(&stack()).await.unwrap(), ["net"]);
        assert_eq!(store.history(&key(), usize::MAX).await.unwrap().len(), 2);
        let mut writer = Writer::lock(&store, "run-1").await;
        assert!(root.path().join("p/e/net.json").exists());
        assert!(!root.path().join("p-e").exists());
        writer.save(3).await.unwrap();
        assert_eq!(store.version(&key(), 1).await.unwrap(), before[0]);
        assert_eq!(store.history(&key(), usize::MAX).await.unwrap().len(), 3);
        assert_eq!(store.slices(&stack()).await.unwrap(), ["net"]);
    }

    #[tokio::test]
    async fn a_move_that_was_interrupted_is_completed() {
        let root = tempfile::tempdir().unwrap();
        let store = LocalStore::new(root.path());
        write_old(root.path(), &[old(1, "p", "e"), old(2, "p", "e")]);
        store.make_folders(&key()).unwrap();
        let name = "history/net.000001.json";
        fs::rename(
            root.path().join("p-e").join(name),
            root.path().join("p/e").join(name),
        )
        .unwrap();
        assert!(store.load(&key()).await.unwrap().is_some());
        let writer = Writer::lock(&store, "run-1").await;
        assert_eq!(store.history(&key(), usize::MAX).await.unwrap().len(), 2);
        drop(writer);
    }

    #[tokio::test]
    async fn the_state_of_another_stack_with_the_same_name_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        let store = LocalStore::new(root.path());
        write_old(root.path(), &[old(1, "p-e", "x")]);
        let folder = root.path().join("p-e");
        fs::rename(&folder, root.path().join("p-e-x")).unwrap();
        let other = Key {
            stack: StackId {
                project: "p".into(),
                environment: "e-x".into(),
            },
            slice: "net".into(),
        };
        assert_eq!(store.load(&other).await.unwrap(), None);
        assert!(store.slices(&other.stack).await.unwrap().is_empty());
        let lock = store.lock(&other, holder("run-1"), Duration::ZERO).await;
        assert!(lock.is_ok());
        assert!(root.path().join("p-e-x/net.json").exists());
        let owner = Key {
            stack: StackId {
                project: "p-e".into(),
                environment: "x".into(),
            },
            slice: "net".into(),
        };
        assert!(store.load(&owner).await.unwrap().is_some());
    }

    #[test]
    fn only_tags_of_rd_name_a_stack() {
        let mut tags = Tags::from([("Project".into(), "p".into())]);
        tags.insert("Environment".into(), "e".into());
        assert_eq!(StackId::of_tags(&tags), None);
        tags.insert("ManagedBy".into(), "rd".into());
        assert_eq!(StackId::of_tags(&tags), Some(stack()));
    }
}
