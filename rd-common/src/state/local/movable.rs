//! Moving states to the local store and away from it.

use super::{LocalStore, io_error};
use crate::error::Result;
use crate::stack::StackId;
use crate::state::document::Document;
use crate::state::lock_guard::check_held;
use crate::state::migration::LOCAL;
use crate::state::movable::Movable;
use crate::state::moved::{Moved, NOTE, ORIGIN};
use crate::state::store::{Key, Lock, changed_meanwhile};
use futures_util::future::LocalBoxFuture;
use std::fs;
use std::io;
use std::path::PathBuf;

impl LocalStore {
    fn note_file(&self, stack: &StackId) -> PathBuf {
        self.stack_folder(stack).join(NOTE)
    }

    /// Writes a file in the folder of a stack, durably and in one step.
    async fn replace_file(
        &self,
        stack: &StackId,
        name: &str,
        bytes: &[u8],
        lock: &dyn Lock,
    ) -> Result<()> {
        check_held(lock).await?;
        let folder = self.stack_folder(stack);
        let (path, next) = (folder.join(name), folder.join(format!("{name}.next")));
        let written = self
            .write_new(&next, bytes)
            .and_then(|()| self.files.rename(&next, &path))
            .and_then(|()| self.files.sync_folder(&folder));
        written.map_err(|e| io_error("write", &path, &e))
    }

    /// The note that the states of a stack were moved away.
    pub(super) fn read_note(&self, stack: &StackId) -> Result<Option<Moved>> {
        let path = self.note_file(stack);
        match fs::read(&path) {
            Ok(bytes) => {
                Ok(Some(Moved::parse(&bytes).unwrap_or_else(|| {
                    Moved::to("an unknown store", "somebody")
                })))
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io_error("read", &path, &e)),
        }
    }

    /// Fails where the states of the stack were moved away.
    pub(super) fn check_not_moved(&self, stack: &StackId) -> Result<()> {
        match self.read_note(stack)? {
            Some(note) => Err(note.refusal(&self.stack_folder(stack).display().to_string())),
            None => Ok(()),
        }
    }
}

impl Movable for LocalStore {
    fn name(&self) -> String {
        LOCAL.to_owned()
    }

    fn all_versions<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Vec<Document>>> {
        Box::pin(async move {
            let current = self.read(&self.current(key))?.map(|stored| stored.document);
            let mut all = Vec::new();
            for version in self.versions(key)? {
                all.push(self.read_version(key, version.serial)?);
            }
            if let Some(current) = current
                && all.last() != Some(&current)
            {
                all.retain(|one| one.serial < current.serial);
                all.push(current);
            }
            Ok(all)
        })
    }

    fn add_version<'a>(
        &'a self,
        key: &'a Key,
        document: &'a Document,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            check_held(lock).await?;
            let current = self.current(key);
            let before = self.read(&current)?;
            if before.is_some_and(|before| before.document.serial >= document.serial) {
                return Err(changed_meanwhile(&current.display()));
            }
            let version = self.version_file(key, document.serial);
            self.put(&version, &current, &document.bytes())
                .map_err(|e| io_error("write the state", &current, &e))
        })
    }

    fn note<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Moved>>> {
        Box::pin(async move { self.read_note(&key.stack) })
    }

    fn leave_note<'a>(
        &'a self,
        key: &'a Key,
        note: &'a Moved,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.replace_file(&key.stack, NOTE, &note.bytes(), lock)
                .await
        })
    }

    fn remove_note<'a>(
        &'a self,
        key: &'a Key,
        _newest: &'a Document,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            check_held(lock).await?;
            let path = self.note_file(&key.stack);
            let removed = self.files.remove(&path);
            let removed =
                removed.and_then(|()| self.files.sync_folder(&self.stack_folder(&key.stack)));
            removed.map_err(|e| io_error("remove", &path, &e))
        })
    }

    fn origin<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<String>>> {
        Box::pin(async move {
            let path = self.stack_folder(&key.stack).join(ORIGIN);
            match fs::read_to_string(&path) {
                Ok(id) => Ok(Some(id.trim().to_owned())),
                Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(e) => Err(io_error("read", &path, &e)),
            }
        })
    }

    fn set_origin<'a>(
        &'a self,
        key: &'a Key,
        id: &'a str,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.replace_file(&key.stack, ORIGIN, id.as_bytes(), lock)
                .await
        })
    }
}
