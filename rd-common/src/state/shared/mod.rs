//! The shared store: states are objects in an S3 bucket, locks are items of a DynamoDB table, or objects in the bucket.
//!
//! Three things keep two runs from harming each other. A lock has a lease, which a thread renews. A run starts no change
//! of AWS later than a part of the lease after its last renewal. And each save names the version that it replaces, which
//! S3 checks: a run that has lost its lock without knowing it overwrites nothing.

mod acquire;
mod connection;
#[cfg(test)]
mod fake_aws;
mod fence;
mod held_lock;
mod history;
mod lock_record;
mod lock_records;
#[cfg(test)]
mod migration_tests;
mod movable;
mod objects;
pub mod permissions;
mod place;
mod probe;
pub mod process;
mod recover;
mod refusals;
mod states;
#[cfg(test)]
mod tests;
mod timing;

use self::acquire::{Taken, Taker};
use self::connection::{Clients, Connection, Connector};
use self::held_lock::SharedLock;
use self::lock_records::LockRecords;
use self::place::Place;
use self::process::Process;
use self::refusals::explained;
use self::timing::Timing;
use crate::aws::{Access, Aws};
use crate::error::{Error, Result};
use crate::settings::StateSettings;
use crate::stack::StackId;
use crate::state::document::Document;
use crate::state::store::{Holder, Key, Lock, Store, StoreProblem, Stored, Version, VersionTag};
use futures_util::future::LocalBoxFuture;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::{Rc, Weak};
use std::time::Duration;
use tokio::sync::OnceCell;

/// Access to AWS as the store that `settings` describe has it: with its profile, its role and its region.
pub async fn access(settings: &StateSettings, access: &Access) -> Result<Aws> {
    Connector::new(settings, access).access().await
}

/// States in a bucket that a team shares.
pub struct SharedStore {
    place: Place,
    connector: Connector,
    connection: OnceCell<(Connection, Clients)>,
    /// Whether the bucket was found to keep versions.
    versioning: OnceCell<()>,
    timing: Timing,
    process: Process,
    /// The locks that runs of this process hold.
    locks: RefCell<Vec<Weak<SharedLock>>>,
    /// Is told what a run waits for.
    waiting: Box<dyn Fn(&str)>,
    /// The folder of `rd.toml`: a document that could not be saved is kept below it.
    folder: PathBuf,
    /// Whether it is opened to move states to it or away from it.
    is_for_a_move: bool,
}

impl SharedStore {
    /// The store that `[state]` names. Makes no call. `folder` is the folder of `rd.toml`, `waiting` is told what a run
    /// waits for.
    pub fn new(
        settings: &StateSettings,
        access: &Access,
        folder: PathBuf,
        waiting: Box<dyn Fn(&str)>,
    ) -> Self {
        Self {
            place: Place::of(settings),
            connector: Connector::new(settings, access),
            connection: OnceCell::new(),
            versioning: OnceCell::new(),
            timing: Timing::from_env(),
            process: Process::this(),
            locks: RefCell::default(),
            waiting,
            folder,
            is_for_a_move: false,
        }
    }

    async fn connected(&self) -> Result<&(Connection, Clients)> {
        let connect = async || {
            let connection = self.connector.connect().await?;
            let clients = connection.clients(&self.place);
            Ok((connection, clients))
        };
        self.connection.get_or_try_init(connect).await
    }

    async fn clients(&self) -> Result<&Clients> {
        Ok(&self.connected().await?.1)
    }

    async fn records(&self) -> Result<LockRecords> {
        Ok(LockRecords {
            clients: self.clients().await?.clone(),
            timing: self.timing,
        })
    }
}

impl SharedStore {
    /// The lock that `run` has taken on `key`, while somebody has it.
    fn lock_of(&self, key: &Key, run: &str) -> Option<Rc<SharedLock>> {
        let locks = self.locks.borrow();
        let mut alive = locks.iter().filter_map(Weak::upgrade);
        alive.find(|lock| lock.is_of(key, run))
    }

    /// Fails where the bucket does not keep versions: the state would have no history. Asked once.
    async fn check_versioning(&self) -> Result<()> {
        let clients = self.clients().await?;
        let check = async || probe::check_versioning(clients).await;
        self.versioning.get_or_try_init(check).await.copied()
    }

    /// Whether S3, or what answers in its place, checks the conditions of writes to this bucket: the problems that it has.
    /// None where there is no such bucket yet. Changes only an object of its own.
    pub async fn try_conditions(&self) -> Result<Vec<StoreProblem>> {
        match probe::of_conditions(self.clients().await?).await {
            Err(error) if error.is(&["NoSuchBucket"]) => Ok(Vec::new()),
            tried => tried,
        }
    }

    /// Begins to renew a lock that was taken, and fences its former holder off.
    async fn begin(&self, key: &Key, taken: Taken) -> Result<Rc<SharedLock>> {
        let (connection, clients) = self.connected().await?;
        let fence = taken.fence;
        let lock = SharedLock::renewing(taken.held, connection, &self.place, self.timing);
        let lock = Rc::new(lock);
        {
            let mut locks = self.locks.borrow_mut();
            locks.retain(|lock| lock.strong_count() > 0);
            locks.push(Rc::downgrade(&lock));
        }
        // Where this fails, the lock is not released: the next run has to fence, too.
        clients.fence(key, lock.run(), fence).await?;
        Ok(lock)
    }

    fn taker<'a>(&'a self, records: &'a LockRecords) -> Taker<'a> {
        Taker {
            records,
            process: &self.process,
            waiting: self.waiting.as_ref(),
        }
    }
}

impl Store for SharedStore {
    fn location(&self, key: &Key) -> String {
        self.place.url(&self.place.state(key))
    }

    fn load<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Stored>>> {
        Box::pin(async move {
            self.check_not_local(key)?;
            let clients = self.clients().await?;
            clients.state_of(key, clients.read_state(key).await?)
        })
    }

    fn slices<'a>(&'a self, stack: &'a StackId) -> LocalBoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let clients = self.clients().await?;
            let listed = clients.list(&self.place.states_of(stack), false).await?;
            let slice = |name: &String| name.strip_suffix(".json").map(str::to_owned);
            Ok(listed.iter().filter_map(slice).collect())
        })
    }

    fn environments<'a>(&'a self, project: &'a str) -> LocalBoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move {
            let clients = self.clients().await?;
            let prefix = self.place.states_of_project(project);
            clients.list(&prefix, true).await
        })
    }

    fn save<'a>(
        &'a self,
        key: &'a Key,
        document: &'a Document,
        expected: Option<&'a VersionTag>,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<VersionTag>> {
        Box::pin(self.save_state(key, document, expected, lock.run()))
    }

    fn lock<'a>(
        &'a self,
        key: &'a Key,
        holder: Holder,
        timeout: Duration,
    ) -> LocalBoxFuture<'a, Result<Rc<dyn Lock>>> {
        Box::pin(async move {
            self.check_not_local(key)?;
            let records = self.records().await?;
            let taker = self.taker(&records);
            self.check_versioning().await?;
            let taken = taker.take(key, &holder, timeout).await?;
            let lock = self.begin(key, taken).await?;
            Ok(lock as Rc<dyn Lock>)
        })
    }

    fn unlock<'a>(&'a self, key: &'a Key, lock: &'a dyn Lock) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if let Some(lock) = self.lock_of(key, lock.run()) {
                lock.finish(&self.records().await?).await;
            }
            Ok(())
        })
    }

    fn holder<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<Option<Holder>>> {
        Box::pin(async move {
            let stored = self.records().await?.read(key).await?;
            let held = stored.filter(|stored| {
                let record = &stored.record;
                // That of a process of this machine that has died is free: the next run takes it.
                !record.released && self.process.knows_alive(&record.process) != Some(false)
            });
            Ok(held.map(|stored| stored.record.holder()))
        })
    }

    fn is_alive<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let records = self.records().await?;
            self.taker(&records).is_alive(key).await
        })
    }

    fn break_lock<'a>(&'a self, key: &'a Key) -> LocalBoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let records = self.records().await?;
            let taker = self.taker(&records);
            let run = uuid::Uuid::new_v4().to_string();
            let holder = Holder::this_process("rd-state unlock", &run);
            let taken = taker.take_by_force(key, &holder).await?;
            let lock = self.begin(key, taken).await?;
            lock.finish(&records).await;
            Ok(())
        })
    }

    fn history<'a>(
        &'a self,
        key: &'a Key,
        newest: usize,
    ) -> LocalBoxFuture<'a, Result<Vec<Version>>> {
        Box::pin(async move {
            let versions = self.clients().await?.versions(key, newest).await?;
            Ok(versions.into_iter().rev().map(|one| one.version).collect())
        })
    }

    fn version<'a>(&'a self, key: &'a Key, serial: u64) -> LocalBoxFuture<'a, Result<Document>> {
        Box::pin(async move { self.clients().await?.state_version(key, serial).await })
    }

    fn set_aside_unreadable<'a>(
        &'a self,
        key: &'a Key,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<Option<String>>> {
        Box::pin(self.replace_unreadable(key, lock.run()))
    }

    fn audit<'a>(
        &'a self,
        _stack: &'a StackId,
        _fix: bool,
    ) -> LocalBoxFuture<'a, Result<Vec<StoreProblem>>> {
        Box::pin(async move { probe::problems(self.clients().await?).await })
    }

    fn writes_are_calls(&self) -> bool {
        true
    }

    fn keep_unsaved(&self, key: &Key, document: &Document) -> Option<String> {
        self.write_unsaved(key, document)
    }

    fn restore<'a>(
        &'a self,
        key: &'a Key,
        serial: u64,
        lock: &'a dyn Lock,
    ) -> LocalBoxFuture<'a, Result<Document>> {
        Box::pin(self.restore_version(key, serial, lock.run()))
    }
}

impl Clients {
    /// The names below a prefix that ends with a slash: those of objects, or of folders. Sorted.
    async fn list(&self, prefix: &str, folders: bool) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut token = None;
        loop {
            let call = self.s3.list_objects_v2().bucket(&self.place.bucket);
            let call = call.prefix(prefix).delimiter("/");
            let page = match call.set_continuation_token(token.clone()).send().await {
                Ok(page) => page,
                Err(error) => {
                    let doing = format!("list the states in {}", self.place.url(prefix));
                    return Err(explained(self, &doing, error).await);
                }
            };
            let below = |key: &str| {
                let name = key.strip_prefix(prefix)?.trim_end_matches('/');
                (!name.is_empty()).then(|| name.to_owned())
            };
            if folders {
                let prefixes = page.common_prefixes().iter();
                names.extend(prefixes.filter_map(|one| below(one.prefix()?)));
            } else {
                names.extend(page.contents().iter().filter_map(|one| below(one.key()?)));
            }
            let next = page.next_continuation_token().map(str::to_owned);
            if next.is_none() {
                names.sort();
                return Ok(names);
            }
            if next == token {
                return Err(endless(&self.place.url(prefix)));
            }
            token = next;
        }
    }
}

/// The error of a list at this URL whose pages refer to themselves.
fn endless(url: &str) -> Error {
    Error::failed(format!(
        "the list of {url} does not come to an end: a page refers to itself"
    ))
    .hint("S3 does not do that: check what answers at its endpoint")
}
