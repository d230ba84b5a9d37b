//! Writing a version to disk so that a kill or a power failure at any point loses nothing.
//!
//! A save writes the version into the history and makes it durable. Only then does a rename make it the current one. So
//! the current file always holds a whole version, the old one or the new one.

use super::{LocalStore, io_error, lock_file, tag_of};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::document::Document;
use crate::state::store::{Key, Store, VersionTag};
use std::io;
use std::path::Path;

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
                    format!("the lock of the state {} was removed", current.display()),
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

    /// Makes a version durable, and only then replaces the current one by it, in one step. The current one is a link to
    /// the version, or a copy where the file system has no links.
    fn put(&self, version: &Path, current: &Path, bytes: &[u8]) -> io::Result<()> {
        let files = &self.files;
        let folder = |path: &Path| path.parent().unwrap_or(Path::new(".")).to_path_buf();
        // A file of this name from an earlier run may be linked elsewhere: it is removed, and never written to.
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

    /// Replaces a current version that cannot be read by the newest one in the history. Keeps the unreadable file as
    /// `<slice>.json.broken`.
    pub(super) async fn replace_unreadable(&self, key: &Key) -> Result<()> {
        let current = self.current(key);
        let Some(newest) = self.history(key).await?.pop() else {
            return Ok(());
        };
        let document = self.version(key, newest.serial).await?;
        let broken = current.with_extension("json.broken");
        self.files
            .rename(&current, &broken)
            .and_then(|()| {
                let version = self.version_file(key, newest.serial);
                self.put(&version, &current, &document.bytes())
            })
            .map_err(|e| io_error("replace the unreadable state", &current, &e))
    }

    /// Creates the folders of a state, durably.
    pub(super) fn make_folders(&self, key: &Key) -> Result<()> {
        let folder = self.history_folder(key);
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
