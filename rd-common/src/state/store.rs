//! The interface of state stores: load, save, lock, history. Every store passes the tests in `state/conformance.rs`.

use crate::aws::change_guard::{LockWatch, Standing};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::stack::StackId;
use crate::state::document::Document;
use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::rc::Rc;
use std::time::Duration;

/// The refusal of a write whose state, at this path or URL, another run has written since it was read.
pub(super) fn changed_meanwhile(state: &dyn Display) -> Error {
    Error::new(
        Exit::Locked,
        format!("another run changed the state {state} meanwhile"),
    )
    .hint("nothing was overwritten; run the command again")
}

/// The key of a state in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The stack that the state belongs to.
    pub stack: StackId,
    /// The slice's name, such as `net`.
    pub slice: String,
}

/// The holder of a lock, as it is shown to others that find the state locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user and the host, as `user@host`.
    pub who: String,
    /// The command and the process, such as `rd-net apply, process 4711`.
    pub what: String,
    /// When the lock was taken.
    pub since: Timestamp,
    /// The id of the run that took the lock; writes of other runs are refused.
    pub run: String,
}

impl Holder {
    /// This process as the holder of a lock of `run`. `what` is the command, such as `rd-net apply`.
    pub fn this_process(what: &str, run: &str) -> Self {
        let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname")
            .ok()
            .map(|name| name.trim().to_owned())
            .or_else(|| env("HOSTNAME"))
            .unwrap_or_else(|| "this machine".to_owned());
        let user = env("USER")
            .or_else(|| env("LOGNAME"))
            .unwrap_or_else(system_user);
        Self {
            who: format!("{user}@{host}"),
            what: format!("{what}, process {}", std::process::id()),
            since: Timestamp::now(),
            run: run.to_owned(),
        }
    }
}

/// The name of the user who runs this process, as the system knows it, for where no variable has it: in a container, in
/// CI, under cron. The number of the user where the system has no name for it.
fn system_user() -> String {
    let id = |flag: &str| {
        let output = std::process::Command::new("id").arg(flag).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
    };
    id("-un")
        .or_else(|| Some(format!("uid {}", id("-u")?)))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// A lock that a run has taken. [`Store::unlock`] releases it. Dropping it releases it, too, as far as the store can do
/// that without waiting.
pub trait Lock {
    /// The id of the run that took the lock.
    fn run(&self) -> &str;

    /// Whether the run still holds the lock, as far as that is known. Must be fast: it is called before each attempt of
    /// each change of AWS, so that a run that was paused while its lock was broken makes no further changes.
    fn standing(&self) -> Standing;

    /// [`Lock::standing`] as a function of its own, for the threads that call AWS. It does not keep the lock alive.
    fn watch(&self) -> LockWatch;

    /// The error of a run whose lock is no longer held.
    fn loss(&self) -> Error {
        Error::lock_lost()
    }

    /// Releases the lock as far as that is possible without waiting.
    fn release(&self);
}

/// The version of a state in the store. Opaque: only the store compares it. A save names the version that it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionTag(String);

impl VersionTag {
    /// A tag that holds the store's own text for a version, such as an ETag.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The store's own text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A state as it was read from the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// The state that was read.
    pub document: Document,
    /// The version that was read.
    pub tag: VersionTag,
}

/// A version in the history of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Version {
    /// The serial: one higher with each write.
    pub serial: u64,
    /// When this version was written.
    pub written: Timestamp,
    /// The id of the run that wrote it.
    pub run: String,
    /// The command that wrote it.
    pub command: String,
    /// The number of resources in it.
    pub resources: usize,
}

/// A problem of the store itself, such as the permissions of its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreProblem {
    /// What is wrong, with the place.
    pub summary: String,
    /// What to do about it.
    pub hint: String,
    /// Whether the store is no place for states, as where it lets two runs overwrite each other's.
    pub is_fatal: bool,
}

/// A state store. Methods that read or write fail with an error that says where the state is and what to do.
pub trait Store {
    /// The place of a state, for people: a path or a URL.
    fn location(&self, key: &Key) -> String;

    /// Reads the state of `key`; none where the slice was never applied.
    fn load<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Stored>>>;

    /// The slices of a stack that have a state, sorted.
    fn slices<'a>(&'a self, stack: &'a StackId) -> LocalBoxFuture<'a, Result<Vec<String>>>;

    /// The environments of a project that have a state, sorted.
    fn environments<'a>(&'a self, project: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>>>;

    /// Replaces the version `expected` by `document` and returns the new version; without `expected`, there must be no
    /// state. Where another version is stored, or `lock` is no longer held, fails with [`crate::Exit::Locked`] and
    /// writes nothing. When it returns, the new version survives a power failure.
    fn save<'a>(
        &'a self,
        key: &'a Key,
        document: &'a Document,
        expected: Option<&'a VersionTag>,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<VersionTag>>;

    /// Takes the lock. Waits up to `timeout` for another holder, then fails with [`crate::Exit::Locked`] and names it.
    fn lock<'a>(
        &'a self,
        key: &'a Key,
        holder: Holder,
        timeout: Duration,
    ) -> LocalBoxFuture<'a, Result<Rc<dyn Lock>>>;

    /// Releases the lock, waiting until that is certain.
    fn unlock<'a>(&'a self, key: &'a Key, lock: &'a dyn Lock) -> LocalBoxFuture<'a, Result<()>>;

    /// The holder of the lock; none where it is free.
    fn holder<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Holder>>>;

    /// Whether the holder of the lock shows that it is alive. Returns at once where that can be known, as of a process of
    /// this machine; otherwise watches the lock for as long as a holder takes to renew it.
    fn is_alive<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<bool>> {
        // The system releases the lock of a process that has ended.
        Box::pin(async move { Ok(self.holder(key).await?.is_some()) })
    }

    /// Removes the lock, whoever holds it. Later writes of that run are refused.
    fn break_lock<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<()>>;

    /// Lists the versions that are kept and can be read, oldest first: the newest ones, at most `newest`. Must also work
    /// where the current version cannot be read.
    fn history<'a>(
        &'a self,
        key: &'a Key,
        newest: usize,
    ) -> LocalBoxFuture<'a, Result<Vec<Version>>>;

    /// Reads the version with this serial. Fails with [`crate::Exit::Usage`] where there is none.
    fn version<'a>(&'a self, key: &'a Key, serial: u64) -> LocalBoxFuture<'a, Result<Document>>;

    /// Makes the newest version of the history the current one, where the current one cannot be read; where there is no
    /// history, the slice has no state afterwards. The unreadable one is kept, at the place that is returned; none where
    /// the current one can be read. Fails where a newer version of rd can read it.
    fn set_aside_unreadable<'a>(
        &'a self,
        key: &'a Key,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<Option<String>>>;

    /// Whether each write is a call to AWS, so that it is worth to write several changes at once.
    fn writes_are_calls(&self) -> bool {
        false
    }

    /// Keeps a document that could not be saved in a place of this machine, and returns the place; none where the store is
    /// on this machine itself, or where that is not possible.
    fn keep_unsaved(&self, key: &Key, document: &Document) -> Option<String> {
        let _ = (key, document);
        None
    }

    /// Checks the store itself for `stack`, such as whether other users can read the states. With `fix`, fixes what it
    /// can and returns the other problems.
    fn audit<'a>(
        &'a self,
        stack: &'a StackId,
        fix: bool,
    ) -> LocalBoxFuture<'a, Result<Vec<StoreProblem>>>;

    /// Writes the contents of an old version as the next one, and returns it. Must also work where the current version
    /// cannot be read.
    fn restore<'a>(
        &'a self,
        key: &'a Key,
        serial: u64,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<Document>> {
        Box::pin(restore_as_next(self, key, serial, lock))
    }
}

/// [`Store::save`]. Where it fails, reads the state again: a write can have arrived although its result was lost, or
/// although the last step after it failed.
pub(super) async fn save_and_check<T: Store + ?Sized>(
    store: &T,
    key: &Key,
    document: &Document,
    expected: Option<&VersionTag>,
    lock: &dyn Lock,
) -> Result<VersionTag> {
    let error = match store.save(key, document, expected, lock).await {
        Ok(tag) => return Ok(tag),
        Err(error) => error,
    };
    match store.load(key).await {
        Ok(Some(stored)) if stored.document.is_same_write(document) => Ok(stored.tag),
        _ => Err(error),
    }
}

/// Writes `document` as the version after the stored one, with the stored lineage, for the run that holds `lock`.
/// `command` is recorded in the state. Returns the new serial.
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
    document.set_stack(&key.stack);
    document.follow(serial, lock.run(), command);
    let expected = current.map(|current| current.tag);
    let saved = save_and_check(store, key, &document, expected.as_ref(), lock).await;
    if let Err(error) = saved {
        return Err(match store.keep_unsaved(key, &document) {
            Some(place) => {
                let hint = error.hint.clone().unwrap_or_default();
                let push = format!(
                    "`rd-state push {} {place}` stores what was not saved",
                    key.slice
                );
                error.hint(format!("{hint}; {push}"))
            }
            None => error,
        });
    }
    Ok(document.serial)
}

/// [`Store::restore`] for a store whose current version can be read.
pub(super) async fn restore_as_next<T: Store + ?Sized>(
    store: &T,
    key: &Key,
    serial: u64,
    lock: &dyn Lock,
) -> Result<Document> {
    let current = store.load(key).await?;
    let mut document = store.version(key, serial).await?;
    let stored_serial = current
        .as_ref()
        .map_or(0, |current| current.document.serial);
    document.set_stack(&key.stack);
    document.follow(
        stored_serial,
        lock.run(),
        &format!("restore of serial {serial}"),
    );
    let expected = current.map(|current| current.tag);
    save_and_check(store, key, &document, expected.as_ref(), lock).await?;
    Ok(document)
}
