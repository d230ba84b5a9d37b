//! The tests that every state store must pass. Each write in them is made under a lock, as in the programs.

use crate::aws::change_guard::{LockWatch, Standing};
use crate::error::Result;
use crate::exit::Exit;
use crate::stack::{Stack, StackId};
use crate::state::document::Document;
use crate::state::lock_guard::check_held;
use crate::state::store::{Holder, Key, Lock, Store, VersionTag};
use jiff::Timestamp;
use serde_json::json;
use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Duration;

pub(crate) fn stack() -> StackId {
    StackId {
        project: "p".into(),
        environment: "e".into(),
    }
}

pub(crate) fn key() -> Key {
    Key {
        stack: stack(),
        slice: "net".into(),
    }
}

/// A state with this serial. All of them have the same lineage.
pub(crate) fn document(serial: u64) -> Document {
    let stack = Stack {
        project: "p".into(),
        environment: "e".into(),
        region: "us-east-1".into(),
        account: OnceCell::new(),
        tags: Default::default(),
        ..Stack::default()
    };
    let mut document = Document::empty(&stack, "net");
    document.lineage = "l".into();
    document.serial = serial;
    document.run = "run-1".into();
    document.outputs.insert("n".into(), json!(serial));
    document
}

/// The holder of a lock that `run` takes.
pub(crate) fn holder(run: &str) -> Holder {
    Holder {
        who: "me@here".into(),
        what: "a test".into(),
        since: Timestamp::now(),
        run: run.into(),
    }
}

/// A run that holds the lock and saves one version after another.
pub(crate) struct Writer<'s> {
    store: &'s dyn Store,
    pub(crate) lock: Rc<dyn Lock>,
    pub(crate) tag: Option<VersionTag>,
}

impl<'s> Writer<'s> {
    /// Locks the state for `run` and reads the version that is stored.
    pub(crate) async fn lock(store: &'s dyn Store, run: &str) -> Self {
        let lock = store
            .lock(&key(), holder(run), Duration::ZERO)
            .await
            .unwrap();
        let tag = store.load(&key()).await.unwrap().map(|stored| stored.tag);
        Self { store, lock, tag }
    }

    /// A run of the past, whose lock and version the test sets.
    pub(crate) fn unlocked(store: &'s dyn Store) -> Self {
        struct None;
        impl Lock for None {
            fn run(&self) -> &'static str {
                ""
            }
            fn standing(&self) -> Standing {
                Standing::Lost
            }
            fn watch(&self) -> LockWatch {
                std::sync::Arc::new(|| Standing::Lost)
            }
            fn release(&self) {}
        }
        Self {
            store,
            lock: Rc::new(None),
            tag: Option::None,
        }
    }

    pub(crate) async fn save(&mut self, serial: u64) -> Result<()> {
        self.save_document(&document(serial)).await
    }

    async fn save_document(&mut self, document: &Document) -> Result<()> {
        let expected = self.tag.as_ref();
        let lock = self.lock.as_ref();
        let tag = self.store.save(&key(), document, expected, lock).await?;
        self.tag = Some(tag);
        Ok(())
    }

    async fn unlock(self) {
        self.store.unlock(&key(), self.lock.as_ref()).await.unwrap();
    }
}

async fn serial(store: &dyn Store) -> u64 {
    let stored = store.load(&key()).await.unwrap();
    stored.map_or(0, |stored| stored.document.serial)
}

pub(crate) async fn suite(store: Rc<dyn Store>) {
    let store = store.as_ref();
    empty(store).await;
    only_the_version_that_was_read_is_replaced(store).await;
    one_holder_at_a_time(store).await;
    a_lost_lock_writes_nothing(store).await;
    history_and_restore(store).await;
}

async fn empty(store: &dyn Store) {
    assert_eq!(store.load(&key()).await.unwrap(), None);
    assert!(store.history(&key(), usize::MAX).await.unwrap().is_empty());
    assert!(store.slices(&stack()).await.unwrap().is_empty());
    assert_eq!(store.holder(&key()).await.unwrap(), None);
}

async fn only_the_version_that_was_read_is_replaced(store: &dyn Store) {
    let mut writer = Writer::lock(store, "run-1").await;
    writer.save(1).await.unwrap();
    let first = writer.tag.clone();
    let none = std::mem::take(&mut writer.tag);
    assert_eq!(
        writer.save(2).await.unwrap_err().exit,
        Exit::Locked,
        "a first write over a state"
    );
    writer.tag = none;
    writer.save(2).await.unwrap();
    let second = std::mem::replace(&mut writer.tag, first);
    assert_ne!(writer.tag, second);
    assert_eq!(
        writer.save(3).await.unwrap_err().exit,
        Exit::Locked,
        "a write over a version that was not read"
    );
    writer.tag = second;
    let stored = store.load(&key()).await.unwrap().unwrap();
    assert_eq!(stored.document, document(2));
    assert_eq!(Some(stored.tag), writer.tag);
    assert_eq!(store.slices(&stack()).await.unwrap(), ["net"]);
    writer.unlock().await;
}

async fn one_holder_at_a_time(store: &dyn Store) {
    let mut writer = Writer::lock(store, "run-1").await;
    assert_eq!(writer.lock.run(), "run-1");
    check_held(writer.lock.as_ref()).await.unwrap();
    let refused = store.lock(&key(), holder("run-2"), Duration::ZERO).await;
    let refused = refused.err().unwrap();
    assert_eq!(refused.exit, Exit::Locked);
    assert!(refused.summary.contains("me@here"), "{refused}");
    let held = store.holder(&key()).await.unwrap();
    assert_eq!(held.map(|holder| holder.run).as_deref(), Some("run-1"));
    writer.save(3).await.unwrap();
    writer.unlock().await;
    assert_eq!(store.holder(&key()).await.unwrap(), None);
    let lock = store
        .lock(&key(), holder("run-2"), Duration::from_secs(5))
        .await
        .unwrap();
    store.unlock(&key(), lock.as_ref()).await.unwrap();
    assert_eq!(lock.standing(), Standing::Lost);
    let next = store
        .lock(&key(), holder("run-3"), Duration::ZERO)
        .await
        .unwrap();
    drop(lock);
    let held = store.holder(&key()).await.unwrap();
    assert_eq!(
        held.map(|holder| holder.run).as_deref(),
        Some("run-3"),
        "dropped after unlock"
    );
    store.unlock(&key(), next.as_ref()).await.unwrap();
}

/// After a lock was broken, the next run gets it, and writes of the first run are refused. A store may write the same
/// state once more when it breaks the lock.
async fn a_lost_lock_writes_nothing(store: &dyn Store) {
    let mut lost = Writer::lock(store, "run-1").await;
    store.break_lock(&key()).await.unwrap();
    assert_eq!(lost.save(4).await.unwrap_err().exit, Exit::Locked);
    assert_eq!(lost.lock.standing(), Standing::Lost);
    let next = Writer::lock(store, "run-2").await;
    assert_eq!(lost.save(4).await.unwrap_err().exit, Exit::Locked);
    drop(lost);
    let held = store.holder(&key()).await.unwrap();
    assert_eq!(held.map(|holder| holder.run).as_deref(), Some("run-2"));
    let stored = store.load(&key()).await.unwrap().unwrap().document;
    assert_eq!(stored.outputs, document(3).outputs);
    assert!(
        stored.is_unchanged_since(3),
        "a saved plan of it remains valid"
    );
    next.unlock().await;
}

/// Every version is kept, and a restore writes an old one as the next.
async fn history_and_restore(store: &dyn Store) {
    let versions = store.history(&key(), usize::MAX).await.unwrap();
    let serials: Vec<u64> = versions.iter().map(|version| version.serial).collect();
    let last = serial(store).await;
    assert_eq!(serials, (1..=last).collect::<Vec<u64>>());
    let newest = store.history(&key(), 2).await.unwrap();
    assert_eq!(newest, versions[versions.len() - 2..]);
    assert_eq!(store.version(&key(), 2).await.unwrap(), document(2));
    assert_eq!(
        store.version(&key(), 99).await.unwrap_err().exit,
        Exit::Usage
    );
    let writer = Writer::lock(store, "run-3").await;
    let key = key();
    let aside = store.set_aside_unreadable(&key, writer.lock.as_ref());
    assert_eq!(aside.await.unwrap(), None, "it can be read");
    let restored = store.restore(&key, 1, writer.lock.as_ref()).await.unwrap();
    let next = last + 1;
    assert_eq!((restored.serial, &restored.outputs["n"]), (next, &json!(1)));
    assert_eq!(restored.run, "run-3");
    assert_eq!(serial(store).await, next);
    writer.unlock().await;
}
