//! Reading and writing states in the bucket.

use super::SharedStore;
use super::connection::Clients;
use super::objects::{Object, Read, Write, WriteFailed, Written};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::document::Document;
use crate::state::moved::Moved;
use crate::state::store::{Key, Stored, VersionTag};
use std::collections::HashMap;

/// What a state is called in errors.
pub(super) const STATE: &str = "the state";

/// The metadata of an object that is a state, so that the history can be listed without reading every version.
pub(super) mod metadata {
    pub(crate) const SERIAL: &str = "rd-serial";
    pub(crate) const RUN: &str = "rd-run";
    pub(crate) const COMMAND: &str = "rd-command";
    pub(crate) const RESOURCES: &str = "rd-resources";
    pub(crate) const WRITTEN: &str = "rd-written";
}

/// The metadata of a state.
pub(super) fn metadata_of(document: &Document) -> HashMap<String, String> {
    let ascii = |text: &str| -> String {
        let plain = |c: char| {
            if c.is_ascii_graphic() || c == ' ' {
                c
            } else {
                '?'
            }
        };
        text.chars().map(plain).take(200).collect()
    };
    HashMap::from([
        (metadata::SERIAL.to_owned(), document.serial.to_string()),
        (metadata::RUN.to_owned(), ascii(&document.run)),
        (metadata::COMMAND.to_owned(), ascii(&document.command)),
        (
            metadata::RESOURCES.to_owned(),
            document.resources.len().to_string(),
        ),
        (metadata::WRITTEN.to_owned(), document.written.to_string()),
    ])
}

/// A conditional write of a state that did not succeed.
pub(super) enum NotWritten {
    /// Another version is there, or none.
    Other(Read),
    /// It failed, or its result is not known.
    Failed(WriteFailed),
}

impl Clients {
    /// Reads the current object of a state.
    pub(super) async fn read_state(&self, key: &Key) -> Result<Read> {
        self.get(&self.place.state(key), None, STATE).await
    }

    /// Writes a state in place of the object `expected`. Returns its ETag.
    pub(super) async fn write_state(
        &self,
        key: &Key,
        document: &Document,
        expected: Option<&str>,
    ) -> std::result::Result<String, NotWritten> {
        let write = Write {
            object: &self.place.state(key),
            bytes: &document.bytes(),
            expected,
            metadata: metadata_of(document),
            what: STATE,
        };
        match self.write(&write).await {
            Ok(Written::Done(etag)) => Ok(etag),
            Ok(Written::Other(read)) => Err(NotWritten::Other(read)),
            Err(failed) => Err(NotWritten::Failed(failed)),
        }
    }

    /// A state that was read, or the reason why there is none to work with. `deleted` is not "never applied".
    pub(super) fn state_of(&self, key: &Key, read: Read) -> Result<Option<Stored>> {
        match read {
            Read::Missing => Ok(None),
            Read::Deleted => Err(self.deleted(key)),
            Read::Found(object) => {
                let document = self.parse_state(key, &object)?;
                let tag = VersionTag::new(object.etag);
                Ok(Some(Stored { document, tag }))
            }
        }
    }

    /// The state in an object. Fails where it is a note that the states were moved, or cannot be read.
    pub(super) fn parse_state(&self, key: &Key, object: &Object) -> Result<Document> {
        let url = self.place.url(&self.place.state(key));
        if let Some(moved) = Moved::parse(&object.bytes) {
            return Err(moved.refusal(&url));
        }
        Document::parse(&object.bytes, &url)
    }

    /// The error of a state that somebody has deleted.
    pub(super) fn deleted(&self, key: &Key) -> Error {
        let (url, slice) = (self.place.url(&self.place.state(key)), &key.slice);
        Error::failed(format!("the state {url} was deleted in the bucket"))
            .hint(format!(
                "nothing was changed; `rd-state history {slice}` lists its versions and `rd-state restore {slice} SERIAL` \
                 brings one back; where there is none, `rd-state rebuild {slice}` finds the resources in AWS"
            ))
    }
}

impl SharedStore {
    /// Writes `document` in place of the version `expected`, for the run that holds the lock.
    pub(super) async fn save_state(
        &self,
        key: &Key,
        document: &Document,
        expected: Option<&VersionTag>,
        run: &str,
    ) -> Result<VersionTag> {
        let lock = self.lock_of(key, run);
        let held = lock.as_ref().map(|lock| lock.held.clone());
        if held.as_ref().is_none_or(|held| held.is_lost()) {
            return Err(Error::lock_lost());
        }
        let clients = self.clients().await?;
        let expected = expected.map(VersionTag::as_str);
        let written = clients.write_state(key, document, expected).await;
        let set_undecided = |undecided| {
            if let Some(held) = &held {
                held.set_undecided(undecided);
            }
        };
        match written {
            Ok(etag) => {
                // A write that may still have been under way needed the version that this one has replaced.
                set_undecided(false);
                Ok(VersionTag::new(etag))
            }
            Err(NotWritten::Other(read)) => {
                set_undecided(false);
                Err(self.overtaken(clients, key, document, read, held.as_deref()))
            }
            Err(NotWritten::Failed(failed)) => {
                if failed.undecided {
                    set_undecided(true);
                }
                Err(failed.error)
            }
        }
    }

    /// The error of a save that found another version.
    fn overtaken(
        &self,
        clients: &Clients,
        key: &Key,
        document: &Document,
        read: Read,
        held: Option<&super::held_lock::Held>,
    ) -> Error {
        let stored = match clients.state_of(key, read) {
            Err(error) => return error,
            Ok(stored) => stored,
        };
        let url = clients.place.url(&clients.place.state(key));
        let now = match stored {
            None => "it does not exist".to_owned(),
            Some(stored) => {
                let now = stored.document;
                // Only who has taken the lock away writes the state meanwhile.
                if now.run != document.run
                    && let Some(held) = held
                {
                    held.lose();
                }
                format!("it is at serial {}, of {}", now.serial, now.command)
            }
        };
        Error::new(
            Exit::Locked,
            format!(
                "another run changed the state {url}: {now}, so serial {} cannot be written",
                document.serial
            ),
        )
        .hint("nothing was overwritten; run the command again")
    }
}
