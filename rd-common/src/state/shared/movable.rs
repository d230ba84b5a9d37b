//! Moving states to the shared store and away from it. The note is an object in the place of the state.

use super::SharedStore;
use super::objects::{Read, Write, Written};
use super::states::STATE;
use crate::error::Result;
use crate::state::document::Document;
use crate::state::lock_guard::check_held;
use crate::state::movable::Movable;
use crate::state::moved::Moved;
use crate::state::store::{Key, Lock, changed_meanwhile};
use futures_util::future::LocalBoxFuture;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::HashMap;

/// How many versions are read at the same time.
const AT_ONCE: usize = 16;

impl SharedStore {
    /// The same store for a move: states that are still local are not refused.
    #[must_use]
    pub fn for_a_move(mut self) -> Self {
        self.is_for_a_move = true;
        self
    }
}

impl Movable for SharedStore {
    fn name(&self) -> String {
        self.place.url(&self.place.prefix)
    }

    fn all_versions<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Vec<Document>>> {
        Box::pin(async move {
            let clients = self.clients().await?;
            if clients.read_state(key).await? == Read::Deleted {
                return Err(clients.deleted(key));
            }
            let versions = clients.versions(key, usize::MAX).await?;
            let read = |one: super::history::Listed| async move {
                clients.read_version(key, &one.id).await
            };
            let versions = stream::iter(versions).map(read).buffered(AT_ONCE);
            let mut all: Vec<Document> = versions.try_collect().await?;
            all.reverse();
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
            let read = self.clients().await?.read_state(key).await?;
            self.put_for_move(key, document, &read, lock).await
        })
    }

    fn note<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Moved>>> {
        Box::pin(async move {
            match self.clients().await?.read_state(key).await? {
                Read::Found(object) => Ok(Moved::parse(&object.bytes)),
                Read::Missing | Read::Deleted => Ok(None),
            }
        })
    }

    fn leave_note<'a>(
        &'a self,
        key: &'a Key,
        note: &'a Moved,
        _lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let clients = self.clients().await?;
            let read = clients.read_state(key).await?;
            let write = Write {
                object: &self.place.state(key),
                bytes: &note.bytes(),
                expected: read.etag(),
                metadata: HashMap::new(),
                what: STATE,
            };
            match clients.write(&write).await {
                Ok(Written::Done(_)) => Ok(()),
                Ok(Written::Other(_)) => {
                    let url = self.place.url(&self.place.state(key));
                    Err(changed_meanwhile(&url))
                }
                Err(failed) => Err(failed.error),
            }
        })
    }

    fn remove_note<'a>(
        &'a self,
        key: &'a Key,
        newest: &'a Document,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let read = self.clients().await?.read_state(key).await?;
            match &read {
                Read::Found(object) if Moved::parse(&object.bytes).is_some() => {
                    self.put_for_move(key, newest, &read, lock).await
                }
                _ => Ok(()),
            }
        })
    }
}

impl SharedStore {
    async fn put_for_move(
        &self,
        key: &Key,
        document: &Document,
        read: &Read,
        lock: &dyn Lock,
    ) -> Result<()> {
        check_held(lock).await?;
        self.put_over(key, document, read).await
    }
}
