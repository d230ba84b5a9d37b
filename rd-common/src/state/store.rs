//! Where states live. Every backend passes the same conformance suite.

use crate::error::Result;
use crate::state::document::Document;
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use std::time::Duration;

/// Names a state in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The stack's name, `<project>-<environment>`.
    pub stack: String,
    /// The slice's name, such as `net`.
    pub slice: String,
}

/// The holder of a lock, for whoever finds the state locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// `user@host`.
    pub who: String,
    /// The command and the process: `rd-net apply, process 4711`.
    pub what: String,
    /// When the lock was taken.
    pub since: Timestamp,
    /// The run that took it; a write by another run is refused.
    pub run: String,
}

impl Holder {
    /// This process as the holder for `run`. `what` is the command, such as `rd-net apply`.
    pub fn this_process(what: &str, run: &str) -> Self {
        let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
            .or_else(|| env("HOSTNAME"))
            .unwrap_or_else(|| "this machine".to_owned());
        let user = env("USER").unwrap_or_else(|| "somebody".to_owned());
        Self {
            who: format!("{user}@{host}"),
            what: format!("{what}, process {}", std::process::id()),
            since: Timestamp::now(),
            run: run.to_owned(),
        }
    }
}

/// A lock that was taken. Dropping the last reference gives it back as far as the backend can do that without waiting;
/// [`Store::unlock`] gives it back for certain.
pub trait Lock {
    /// The run that holds it.
    fn run(&self) -> &str;

    /// Whether it is still held. Answers without delay: it is asked before each change of AWS, so that a run that was
    /// paused while its lock was taken away changes nothing more.
    fn is_held(&self) -> bool;

    /// Gives it back as far as that is possible without waiting.
    fn release(&self);
}

/// Which version of a state was read: opaque, compared by the backend alone. A save names the version that it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionTag(String);

impl VersionTag {
    /// The backend's own text for a version, such as an ETag.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// A state as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The state.
    pub document: Document,
    /// Its version in the store.
    pub tag: VersionTag,
}

/// One version in the history of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The serial, which grows by one with each write.
    pub serial: u64,
    /// When it was written.
    pub written: Timestamp,
    /// The run that wrote it.
    pub run: String,
    /// The command that wrote it.
    pub command: String,
    /// How many resources it has.
    pub resources: usize,
}

/// Something wrong with a store itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreProblem {
    /// What is wrong, with the place.
    pub summary: String,
    /// What to do about it.
    pub hint: String,
}

/// A backend. Every backend passes the suite in `state/conformance.rs`.
pub trait Store {
    /// Where the state of `key` is, as shown to people: a path or a URL.
    fn location(&self, key: &Key) -> String;

    /// The state with its version, or none where the slice was never applied.
    fn load<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Stored>>>;

    /// The slices of a stack that have a state, sorted.
    fn slices<'a>(&'a self, stack: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>>>;

    /// Writes `document` in place of the version `expected` (none: where there must be no state yet), and returns the new
    /// version. Fails with [`crate::Exit::Locked`], and leaves the store as it was, where another version is stored or
    /// `lock` is not held any more. When it returns, the new version survives a power cut.
    fn save<'a>(
        &'a self,
        key: &'a Key,
        document: &'a Document,
        expected: Option<&'a VersionTag>,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<VersionTag>>;

    /// Takes the lock; waits up to `timeout` for another holder, then fails with [`crate::Exit::Locked`] and names it.
    fn lock<'a>(
        &'a self,
        key: &'a Key,
        holder: Holder,
        timeout: Duration,
    ) -> LocalBoxFuture<'a, Result<Rc<dyn Lock>>>;

    /// Shows that the holder is alive. Called every few seconds; does nothing where the backend can see that by itself.
    fn renew<'a>(&'a self, key: &'a Key, lock: &'a dyn Lock) -> LocalBoxFuture<'a, Result<()>>;

    /// Gives the lock back.
    fn unlock<'a>(&'a self, key: &'a Key, lock: &'a dyn Lock) -> LocalBoxFuture<'a, Result<()>>;

    /// The holder of the lock; none where it is free.
    fn holder<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Holder>>>;

    /// Takes the lock away from its holder. Later writes of that run are refused.
    fn break_lock<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<()>>;

    /// Every version, oldest first.
    fn history<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Vec<Version>>>;

    /// The version with this serial.
    fn version<'a>(&'a self, key: &'a Key, serial: u64) -> LocalBoxFuture<'a, Result<Document>>;

    /// Problems of the store itself where it keeps the states of `stack`, such as files that others can read. With `fix`,
    /// fixes what it can and returns the rest.
    fn audit<'a>(
        &'a self,
        stack: &'a str,
        fix: bool,
    ) -> LocalBoxFuture<'a, Result<Vec<StoreProblem>>>;

    /// Writes the contents of an old version as the next one and returns it. Works also where the current version cannot
    /// be read.
    fn restore<'a>(
        &'a self,
        key: &'a Key,
        serial: u64,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<Document>> {
        Box::pin(restore_as_next(self, key, serial, lock))
    }
}

/// Writes `document` as the version after the stored one, with the stored lineage, in the name of the lock's run.
/// `command` goes into the state. Returns the new serial.
pub async fn save_next(
    store: &dyn Store,
    key: &Key,
    mut document: Document,
    command: &str,
    lock: &dyn Lock,
) -> Result<u64> {
    let current = store.load(key).await?;
    let serial = current
        .as_ref()
        .map_or(0, |current| current.document.serial);
    if let Some(current) = &current {
        document.lineage.clone_from(&current.document.lineage);
    }
    document.follow(serial, lock.run(), command);
    let expected = current.map(|current| current.tag);
    store.save(key, &document, expected.as_ref(), lock).await?;
    Ok(document.serial)
}

/// [`Store::restore`] where the current version can be read.
pub(super) async fn restore_as_next<T: Store + ?Sized>(
    store: &T,
    key: &Key,
    serial: u64,
    lock: &dyn Lock,
) -> Result<Document> {
    let current = store.load(key).await?;
    let mut document = store.version(key, serial).await?;
    let there = current
        .as_ref()
        .map_or(0, |current| current.document.serial);
    document.follow(there, lock.run(), &format!("restore of serial {serial}"));
    let expected = current.map(|current| current.tag);
    store.save(key, &document, expected.as_ref(), lock).await?;
    Ok(document)
}
