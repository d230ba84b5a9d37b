//! What a command does where the store is not as it should be: states that cannot be read or saved, and states that are
//! still in the local store.

use super::SharedStore;
use super::objects::Read;
use super::states::NotWritten;
use crate::error::{Error, Result};
use crate::state::document::Document;
use crate::state::moved::{Moved, NOTE};
use crate::state::store::{Key, changed_meanwhile};
use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

/// How many versions a recovery looks at.
const LOOK_AT: usize = 50;

impl SharedStore {
    /// Fails where the state is still in the local store, from which it was not moved: the shared one looks as if the
    /// slice had never been applied.
    pub(super) fn check_not_local(&self, key: &Key) -> Result<()> {
        let stack = self.folder.join(".rd").join(&key.stack.project);
        let stack = stack.join(&key.stack.environment);
        let state = stack.join(format!("{}.json", key.slice));
        if self.is_for_a_move || !state.exists() || stack.join(NOTE).exists() {
            return Ok(());
        }
        Err(Error::refused(format!(
            "[state] names {}, but the state of {} is still in {}",
            self.place.url(&self.place.prefix),
            key.slice,
            state.display()
        ))
        .hint(
            "`rd-state migrate --to s3` moves the states with their history; if the team has moved them from another \
             checkout, remove this folder",
        ))
    }

    /// Makes the newest version that can be read the current one, where the current one cannot be read or was deleted.
    pub(super) async fn replace_unreadable(&self, key: &Key, run: &str) -> Result<Option<String>> {
        let clients = self.clients().await?;
        let url = self.place.url(&self.place.state(key));
        let read = clients.read_state(key).await?;
        let kept = match &read {
            Read::Missing => return Ok(None),
            Read::Deleted => format!("{url} (deleted; its versions are kept)"),
            Read::Found(object) => match clients.parse_state(key, object) {
                Ok(_) => return Ok(None),
                Err(error)
                    if Moved::parse(&object.bytes).is_some()
                        || Document::is_of_newer_version(&object.bytes) =>
                {
                    return Err(error);
                }
                Err(_) => match &object.version {
                    Some(version) => format!("{url}?versionId={version}"),
                    None => url,
                },
            },
        };
        let versions = clients.versions(key, LOOK_AT).await?;
        let mut newest = None;
        for one in &versions {
            if let Ok(document) = clients.read_version(key, &one.id).await {
                newest = Some(document);
                break;
            }
        }
        let document = match newest {
            Some(newest) => newest,
            // There must be a state, since nothing is ever deleted in the bucket.
            None => Document::without_resources(&key.stack, &key.slice).fenced(run, "rebuild"),
        };
        self.put_over(key, &document, &read).await?;
        Ok(Some(kept))
    }

    /// Writes the contents of an old version as the next one, whatever the current one is.
    pub(super) async fn restore_version(
        &self,
        key: &Key,
        serial: u64,
        run: &str,
    ) -> Result<Document> {
        let clients = self.clients().await?;
        let read = clients.read_state(key).await?;
        let mut document = clients.state_version(key, serial).await?;
        let current = match &read {
            Read::Found(object) => clients.parse_state(key, object).ok(),
            Read::Missing | Read::Deleted => None,
        };
        let last = match current {
            Some(current) => current.serial,
            None => {
                let versions = clients.versions(key, LOOK_AT).await?;
                versions
                    .first()
                    .map_or(serial, |newest| newest.version.serial)
            }
        };
        document.set_stack(&key.stack);
        document.follow(
            last.max(serial),
            run,
            &format!("restore of serial {serial}"),
        );
        self.put_over(key, &document, &read).await?;
        Ok(document)
    }

    /// Writes `document` in place of what was read.
    pub(super) async fn put_over(&self, key: &Key, document: &Document, read: &Read) -> Result<()> {
        let clients = self.clients().await?;
        match clients.write_state(key, document, read.etag()).await {
            Ok(_) => Ok(()),
            Err(NotWritten::Failed(failed)) => Err(failed.error),
            Err(NotWritten::Other(_)) => {
                let url = self.place.url(&self.place.state(key));
                Err(changed_meanwhile(&url))
            }
        }
    }

    /// Keeps a document that could not be saved in a file next to `rd.toml`. Returns the file; none where even that is not
    /// possible.
    pub(super) fn write_unsaved(&self, key: &Key, document: &Document) -> Option<String> {
        let stack = &key.stack;
        let folder = self.folder.join(".rd/unsaved");
        let folder = folder.join(&stack.project).join(&stack.environment);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700).create(&folder).ok()?;
        let run = document.run.get(..8).unwrap_or(&document.run);
        let path = folder.join(format!("{}.{:06}.{run}.json", key.slice, document.serial));
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&path).ok()?;
        std::io::Write::write_all(&mut file, &document.bytes()).ok()?;
        file.sync_all().ok()?;
        Some(path.display().to_string())
    }
}
