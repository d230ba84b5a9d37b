//! The state while an apply changes it: many steps change it in memory, and one writer saves it. A step whose change
//! must be durable waits for a write that began after it; changes made in the meantime share the next write.

use crate::error::{Error, Result};
use crate::state::document::Document;
use crate::state::store::{Key, Lock, Store, Stored, VersionTag, save_and_check};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a change that nobody waits for may stay unwritten.
const SOON: Duration = Duration::from_millis(500);

/// The state at the start of a command: the stored one, or an empty one where the slice was never applied.
#[derive(Clone, Debug)]
pub struct LoadedState {
    /// The state itself; serial 0 where none is stored.
    pub document: Document,
    /// The version in the store; none where no state is stored.
    pub tag: Option<VersionTag>,
}

impl LoadedState {
    /// The stored state, or `empty` where there is none.
    pub fn or_empty(stored: Option<Stored>, empty: impl FnOnce() -> Document) -> Self {
        match stored {
            Some(stored) => Self {
                document: stored.document,
                tag: Some(stored.tag),
            },
            None => Self {
                document: empty(),
                tag: None,
            },
        }
    }

    /// Whether the slice has a stored state.
    pub fn is_stored(&self) -> bool {
        self.tag.is_some()
    }
}

/// A state that is being changed by the run that holds its lock.
pub struct Session {
    store: Rc<dyn Store>,
    key: Key,
    lock: Rc<dyn Lock>,
    /// The version in the store; none before the first write of a new state.
    tag: RefCell<Option<VersionTag>>,
    document: RefCell<Document>,
    /// The number of changes so far. A write covers the changes up to the number at its start.
    changed: Cell<u64>,
    written: Cell<u64>,
    writer: Mutex<()>,
    /// A version whose save failed: the store may have it all the same.
    uncertain: RefCell<Option<Document>>,
}

impl Session {
    /// Opens a loaded state for the run that holds `lock`. `command` is recorded in the state.
    pub fn new(
        store: Rc<dyn Store>,
        key: Key,
        lock: Rc<dyn Lock>,
        state: LoadedState,
        command: &str,
    ) -> Self {
        let LoadedState { mut document, tag } = state;
        document.set_stack(&key.stack);
        document.unchanged_since = None;
        lock.run().clone_into(&mut document.run);
        command.clone_into(&mut document.command);
        document.tool_version = env!("CARGO_PKG_VERSION").to_owned();
        Self {
            store,
            key,
            lock,
            tag: RefCell::new(tag),
            document: RefCell::new(document),
            changed: Cell::new(0),
            written: Cell::new(0),
            writer: Mutex::new(()),
            uncertain: RefCell::new(None),
        }
    }

    /// The state as it was last saved or changed, for a step that opens it again.
    pub fn into_loaded(self) -> LoadedState {
        LoadedState {
            document: self.document.into_inner(),
            tag: self.tag.into_inner(),
        }
    }

    /// The lock of the state, which this run holds.
    pub fn lock(&self) -> &dyn Lock {
        self.lock.as_ref()
    }

    /// Reads from the state in memory.
    pub fn read<T>(&self, read: impl FnOnce(&Document) -> T) -> T {
        read(&self.document.borrow())
    }

    /// Changes the state in memory; [`Session::save`] makes the change durable.
    pub fn change<T>(&self, edit: impl FnOnce(&mut Document) -> T) -> T {
        self.changed.set(self.changed.get() + 1);
        edit(&mut self.document.borrow_mut())
    }

    /// Makes the changes made so far durable without anybody waiting for it, where a write is a call to AWS: with the next
    /// write, at the latest after [`SOON`]. Where that fails, the save at the end of the run fails, too.
    pub async fn save_soon(self: &Rc<Self>) -> Result<()> {
        if !self.store.writes_are_calls() {
            return self.save().await;
        }
        let mine = self.changed.get();
        let session = self.clone();
        tokio::task::spawn_local(async move {
            tokio::time::sleep(SOON).await;
            if session.written.get() < mine
                && let Err(error) = session.save().await
            {
                tracing::debug!(target: "rd::state", "the state was not written: {error}");
            }
        });
        Ok(())
    }

    /// Returns when every change made so far is durable.
    pub async fn save(&self) -> Result<()> {
        let mine = self.changed.get();
        let _turn = self.writer.lock().await;
        if self.written.get() >= mine {
            return Ok(());
        }
        self.check_uncertain().await?;
        let covers = self.changed.get();
        let mut next = self.document.borrow().clone();
        next.serial += 1;
        next.written = Timestamp::now();
        let expected = self.tag.borrow().clone();
        let (store, lock) = (self.store.as_ref(), self.lock.as_ref());
        match save_and_check(store, &self.key, &next, expected.as_ref(), lock).await {
            Ok(tag) => self.saved(&next, tag),
            Err(error) => {
                *self.uncertain.borrow_mut() = Some(next);
                return Err(error);
            }
        }
        self.written.set(covers);
        Ok(())
    }

    /// Finds out whether the store has the version whose save failed, so that the next one follows the right version.
    async fn check_uncertain(&self) -> Result<()> {
        let uncertain = self.uncertain.borrow().clone();
        let Some(uncertain) = uncertain else {
            return Ok(());
        };
        if let Some(stored) = self.store.load(&self.key).await?
            && stored.document.is_same_write(&uncertain)
        {
            self.saved(&uncertain, stored.tag);
        }
        *self.uncertain.borrow_mut() = None;
        Ok(())
    }

    /// Takes over the serial of a version that the store has.
    fn saved(&self, version: &Document, tag: VersionTag) {
        *self.tag.borrow_mut() = Some(tag);
        let mut document = self.document.borrow_mut();
        document.serial = version.serial;
        document.written = version.written;
    }

    /// The error of a run whose last write failed. It lists every id, since the stored state may lack some of them;
    /// those resources are still in AWS, and are found there by their tags.
    pub fn unsaved(&self, error: &Error) -> Error {
        let ids: Vec<String> = self.read(|document| document.ids().map(str::to_owned).collect());
        let mut next = self.document.borrow().clone();
        next.serial += 1;
        next.written = Timestamp::now();
        let kept = self.store.keep_unsaved(&self.key, &next);
        let kept = kept.map_or(String::new(), |place| {
            format!(
                "; the state that could not be saved is in {place}: `rd-state push {} {place}` stores it",
                self.key.slice
            )
        });
        Error::failed(format!(
            "{}; the state {} does not record everything that this run did",
            error.summary,
            self.store.location(&self.key)
        ))
        .hint(format!(
            "{}{kept}; ids known to this run: {}",
            error
                .hint
                .as_deref()
                .unwrap_or("fix that and run the command again"),
            ids.join(" ")
        ))
    }
}
