//! The state during a run: changed in memory by many steps at once, written by one writer. A step that must be durable
//! waits for a write that began after its change; changes made meanwhile share the next write.

use crate::error::{Error, Result};
use crate::state::document::Document;
use crate::state::store::{Key, Store};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::sync::Mutex;

/// An open state, held under its lock.
pub struct Session {
    store: Rc<dyn Store>,
    key: Key,
    document: RefCell<Document>,
    /// Counts changes; a write covers every change up to the count when it began.
    changed: Cell<u64>,
    written: Cell<u64>,
    writer: Mutex<()>,
}

impl Session {
    /// Opens `document`, which `run` will write from now on.
    pub fn new(
        store: Rc<dyn Store>,
        key: Key,
        mut document: Document,
        run: &str,
        command: &str,
    ) -> Self {
        run.clone_into(&mut document.run);
        command.clone_into(&mut document.command);
        document.tool_version = env!("CARGO_PKG_VERSION").to_owned();
        Self {
            store,
            key,
            document: RefCell::new(document),
            changed: Cell::new(0),
            written: Cell::new(0),
            writer: Mutex::new(()),
        }
    }

    /// Looks at the document.
    pub fn read<T>(&self, look: impl FnOnce(&Document) -> T) -> T {
        look(&self.document.borrow())
    }

    /// Changes the document in memory.
    pub fn change<T>(&self, edit: impl FnOnce(&mut Document) -> T) -> T {
        self.changed.set(self.changed.get() + 1);
        edit(&mut self.document.borrow_mut())
    }

    /// Comes back when every change made so far is durable.
    pub async fn save(&self) -> Result<()> {
        let mine = self.changed.get();
        let _turn = self.writer.lock().await;
        if self.written.get() >= mine {
            return Ok(());
        }
        let covers = self.changed.get();
        let mut next = self.document.borrow().clone();
        next.serial += 1;
        next.written = Timestamp::now();
        self.store.save(&self.key, &next).await?;
        let mut document = self.document.borrow_mut();
        document.serial = next.serial;
        document.written = next.written;
        self.written.set(covers);
        Ok(())
    }

    /// Where the state is, for people.
    pub fn place(&self) -> String {
        self.store.place(&self.key)
    }

    /// What to say when the last write fails: what is not in the stored state is still at AWS under its tags.
    pub fn unsaved(&self, error: &Error) -> Error {
        let ids: Vec<String> = self.read(|document| document.ids().map(str::to_owned).collect());
        Error::failed(format!(
            "{}; the state at {} does not know all that this run did",
            error.summary,
            self.place()
        ))
        .hint(format!(
            "{}; this run knows: {}",
            error
                .hint
                .as_deref()
                .unwrap_or("mend it and run the command again"),
            ids.join(" ")
        ))
    }
}
