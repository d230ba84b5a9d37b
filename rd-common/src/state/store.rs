//! Where states live. Every backend passes the same conformance suite.

use crate::error::Result;
use crate::state::document::Document;
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::rc::Rc;
use std::time::Duration;

/// Which state: a stack's name and a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The stack's name.
    pub stack: String,
    /// The slice.
    pub slice: String,
}

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// `user@host`.
    pub who: String,
    /// The command and the process: `rd-net apply, process 4711`.
    pub what: String,
    /// Since when.
    pub since: Timestamp,
    /// The run that took it; a write by another run is refused.
    pub run: String,
}

impl Holder {
    /// This process, as the holder for `run`. `what` is the command: `rd-net apply`.
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

/// A lock that was taken. Dropping it gives it back as far as the backend can; [`Store::unlock`] does it for certain.
pub trait Lock {
    /// The run that holds it.
    fn run(&self) -> &str;

    /// Tells at any time, and without delay, whether it is held still: asked before each change at AWS, so that a run
    /// that was paused while its lock was taken away does nothing more.
    fn watch(&self) -> Rc<dyn Fn() -> bool>;
}

/// One version in the history of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// Its serial.
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

/// A backend.
pub trait Store {
    /// Where the state of `key` is, for people.
    fn place(&self, key: &Key) -> String;

    /// The state, or none where the slice was never applied.
    fn load<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Document>>>;

    /// The slices of a stack that have a state.
    fn slices<'a>(&'a self, stack: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>>>;

    /// Writes the next version. Refused unless what is stored is the version before it (same lineage, serial one
    /// less; or nothing, for serial 1), and the caller's run holds the lock. When it comes back, the version outlives
    /// a power cut; when it fails, the version before it is still there.
    fn save<'a>(&'a self, key: &'a Key, document: &'a Document) -> LocalBoxFuture<'a, Result<()>>;

    /// Takes the lock, waiting up to `timeout` for another holder; then fails with exit code 4, naming it.
    fn lock<'a>(
        &'a self,
        key: &'a Key,
        holder: Holder,
        timeout: Duration,
    ) -> LocalBoxFuture<'a, Result<Box<dyn Lock>>>;

    /// Tells that the holder lives. Called every few seconds; for a backend that can see it by itself, nothing.
    fn renew<'a>(&'a self, key: &'a Key, lock: &'a dyn Lock) -> LocalBoxFuture<'a, Result<()>>;

    /// Gives the lock back.
    fn unlock<'a>(&'a self, key: &'a Key, lock: Box<dyn Lock>) -> LocalBoxFuture<'a, Result<()>>;

    /// Who holds the lock; none where nobody does.
    fn holder<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Holder>>>;

    /// Takes the lock away from whoever holds it. What that run still writes is refused.
    fn break_lock<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<()>>;

    /// Every version, oldest first.
    fn history<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Vec<Version>>>;

    /// One version.
    fn version<'a>(&'a self, key: &'a Key, serial: u64) -> LocalBoxFuture<'a, Result<Document>>;

    /// Writes the contents of an old version as the next one, in the name of `run`, and returns it. The caller holds the lock.
    fn restore<'a>(
        &'a self,
        key: &'a Key,
        serial: u64,
        run: &'a str,
    ) -> LocalBoxFuture<'a, Result<Document>> {
        Box::pin(restore_as_next(self, key, serial, run))
    }
}

/// What [`Store::restore`] does where the current version can be read.
pub(super) async fn restore_as_next<T: Store + ?Sized>(
    store: &T,
    key: &Key,
    serial: u64,
    run: &str,
) -> Result<Document> {
    let current = store.load(key).await?;
    let mut document = store.version(key, serial).await?;
    let there = current.map_or(0, |current| current.serial);
    document.follow(there, run, &format!("restore of serial {serial}"));
    store.save(key, &document).await?;
    Ok(document)
}
