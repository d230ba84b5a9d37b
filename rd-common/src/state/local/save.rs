//! Writing a version to disk so that a kill or a power failure at any point loses nothing.
//!
//! A save writes the version into the history and makes it durable. Only then does a rename make it the current one. So
//! the current file always holds a whole version, the old one or the new one.

use super::regular_file::{check_file, check_folder};
use super::{LocalStore, io_error, lock_file, tag_of};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::document::Document;
use crate::state::store::{Key, VersionTag};
use std::io;
use std::path::{Path, PathBuf};

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("."))
}

impl LocalStore {
    /// Checks that `expected` is the current version and that `run` holds the lock, then writes. While `_writer` lives,
    /// no other process can write, even one that still believes that it holds the lock.
    pub(super) fn save_now(
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
                    "another run changed the state {}: it is at serial {serial}, so serial {} cannot be written",
                    current.display(),
                    document.serial
                ),
            )
            .hint("nothing was overwritten; run the command again"));
        }
        match lock_file::holder(&self.lock_file(key))? {
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
                    format!("the lock of the state {} was removed", current.display()),
                )
                .hint("nothing was overwritten; run the command again"));
            }
        }
        let version = self.version_file(key, document.serial);
        let bytes = document.bytes();
        check_file("the version", &version)?;
        // Once more after a failure: where the disk failed to sync a file, only a new file is certain to be synced.
        self.put(&version, &current, &bytes)
            .or_else(|_| self.put(&version, &current, &bytes))
            .map_err(|e| io_error("write the state", &current, &e))?;
        self.prune(key);
        Ok(tag_of(&bytes))
    }

    /// Makes a version durable in the history, and only then replaces the current one by a copy of it, in one step.
    /// They are two files, so that what damages one leaves the other.
    pub(super) fn put(&self, version: &Path, current: &Path, bytes: &[u8]) -> io::Result<()> {
        let next = current.with_extension("json.next");
        self.write_new(version, bytes)?;
        self.files.sync_folder(folder_of(version))?;
        self.write_new(&next, bytes)?;
        self.files.rename(&next, current)?;
        self.files.sync_folder(folder_of(current))
    }

    /// Writes a durable file in place of one that an earlier run may have left. That one is removed and never written
    /// to, since earlier versions of rd made the current version a hard link to its version in the history.
    pub(super) fn write_new(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.files.remove(path)?;
        self.files.write(path, bytes)?;
        self.files.sync(path)
    }

    /// Makes the newest version in the history the current one, where the current one is missing or cannot be read. An
    /// unreadable one is kept as `<slice>.json.broken`, whether there is a history or not. Fails where a newer
    /// version of rd can read it.
    pub(super) fn replace_unreadable(&self, key: &Key) -> Result<Option<PathBuf>> {
        let current = self.current(key);
        let broken = current.with_extension("json.broken");
        let newest = match self.versions(key)?.pop() {
            Some(newest) => Some(self.read_version(key, newest.serial)?),
            None => None,
        };
        let cannot = |e| io_error("replace the unreadable state", &current, &e);
        let exists = check_file("the state", &current)?;
        if exists {
            let bytes = std::fs::read(&current).map_err(cannot)?;
            match Document::parse(&bytes, &current.display().to_string()) {
                Err(error) if Document::is_of_newer_version(&bytes) => return Err(error),
                _ => self.files.rename(&current, &broken).map_err(cannot)?,
            }
        }
        if let Some(newest) = newest {
            let version = self.version_file(key, newest.serial);
            self.put(&version, &current, &newest.bytes())
                .map_err(cannot)?;
        }
        Ok(exists.then_some(broken))
    }

    /// Creates the folders of a state, durably.
    pub(super) fn make_folders(&self, key: &Key) -> Result<()> {
        let folder = self.stack_folder(&key.stack).join("history");
        check_folder("the history", &folder)?;
        self.make_folder(&folder)
            .map_err(|e| io_error("create the folder", &folder, &e))
    }

    /// Creates a folder and those above it, each durably.
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
