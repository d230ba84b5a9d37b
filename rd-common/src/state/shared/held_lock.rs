//! A lock that this run holds, and the thread that renews it.

use super::connection::{Clients, Connection};
use super::lock_records::{LockRecords, StoredLock};
use super::place::Place;
use super::timing::{Timing, awake_or_asleep};
use crate::aws::change_guard::StillHeld;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::store::{Key, Lock};
use std::cell::RefCell;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// What is known of a lock of this run. Its renewals and its users share it.
pub(super) struct Held {
    key: Key,
    run: String,
    limit: Duration,
    now: Mutex<Now>,
}

struct Now {
    stored: StoredLock,
    /// When the last renewal that succeeded was sent, on a clock that goes on in sleep.
    sent: Duration,
    lost: bool,
    released: bool,
    /// A save whose result is not known: it may still arrive, so only the lease may end this lock.
    undecided: bool,
}

impl Held {
    /// A lock that was taken with a write that was sent at `sent`.
    pub(super) fn new(key: Key, stored: StoredLock, sent: Duration, timing: &Timing) -> Self {
        Self {
            key,
            run: stored.record.run.clone(),
            limit: timing.limit,
            now: Mutex::new(Now {
                stored,
                sent,
                lost: false,
                released: false,
                undecided: false,
            }),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // A panic in between leaves a whole record.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the run may start a change: nobody else has the lock, and the last renewal is not too long ago.
    fn is_held(&self) -> bool {
        let now = self.now();
        let age = awake_or_asleep().saturating_sub(now.sent);
        !now.lost && !now.released && age < self.limit
    }

    /// Whether another run has taken the lock.
    pub(super) fn is_lost(&self) -> bool {
        self.now().lost
    }

    /// Notes that another run has taken the lock.
    pub(super) fn lose(&self) {
        self.now().lost = true;
    }

    /// Notes whether a save of this run may still arrive.
    pub(super) fn set_undecided(&self, undecided: bool) {
        self.now().undecided = undecided;
    }

    /// Renews the lock. Fails where that is not known to have succeeded; it may be tried again.
    async fn renew(&self, records: &LockRecords) -> Result<()> {
        let before = self.now().stored.clone();
        let record = before.record.renewed();
        let sent = awake_or_asleep();
        let replaced = records
            .replace(&self.key, Some(&before.tag), &record)
            .await?;
        if let Some(tag) = replaced {
            let mut now = self.now();
            now.stored = StoredLock { record, tag };
            now.sent = sent;
            return Ok(());
        }
        // It is no longer the record that this run knows: that of a renewal whose answer was lost, or another run's.
        let stored = records.read(&self.key).await?;
        let ours = stored.filter(|stored| {
            let (theirs, ours) = (&stored.record, &before.record);
            theirs.run == ours.run && theirs.epoch == ours.epoch && !theirs.released
        });
        match ours {
            Some(stored) => {
                self.now().stored = stored;
                Err(crate::Error::failed(
                    "the lock was renewed by an earlier write",
                ))
            }
            None => {
                self.lose();
                Ok(())
            }
        }
    }

    /// Releases the lock, so that the next run need not wait. Where that fails, its lease ends it.
    async fn release(&self, records: &LockRecords) {
        let before = {
            let mut now = self.now();
            let ended = now.lost || now.released || now.undecided;
            now.released = true;
            (!ended).then(|| now.stored.clone())
        };
        let Some(before) = before else {
            return;
        };
        let record = before.record.released();
        let replaced = records.replace(&self.key, Some(&before.tag), &record).await;
        if let Err(error) = replaced {
            tracing::debug!(target: "rd::state", "the lock was not released, its lease ends it: {error}");
        }
    }
}

/// A lock of the shared store, renewed by a thread of its own: a question that waits for its answer, or a reader that
/// stands still, must not end it.
pub(super) struct SharedLock {
    pub(super) held: Arc<Held>,
    stop: mpsc::Sender<()>,
    thread: RefCell<Option<JoinHandle<()>>>,
}

impl SharedLock {
    /// Starts to renew the lock.
    pub(super) fn renewing(
        held: Held,
        connection: &Connection,
        place: &Place,
        timing: Timing,
    ) -> Self {
        let held = Arc::new(held);
        let (stop, stopped) = mpsc::channel();
        let (renewed, connection, place) = (held.clone(), connection.clone(), place.clone());
        let renew = move || {
            let clients: Clients = connection.own_clients(&place);
            renew_until_stopped(&renewed, &LockRecords { clients, timing }, &stopped);
        };
        let thread = std::thread::Builder::new().name("lock".to_owned());
        Self {
            held,
            stop,
            // Without a thread, the lock counts as lost after a while, and the run stops.
            thread: RefCell::new(thread.spawn(renew).ok()),
        }
    }

    /// Whether this is the lock that `run` has taken on `key`.
    pub(super) fn is_of(&self, key: &Key, run: &str) -> bool {
        self.held.key == *key && self.held.run == run
    }

    /// Stops to renew the lock, waits until no renewal is in flight, and releases it.
    pub(super) async fn finish(&self, records: &LockRecords) {
        let _ = self.stop.send(());
        let thread = self.thread.borrow_mut().take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.held.release(records).await;
    }
}

fn renew_until_stopped(held: &Held, records: &LockRecords, stopped: &mpsc::Receiver<()>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    else {
        return;
    };
    let mut pause = records.timing.renew;
    loop {
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
        pause = match runtime.block_on(held.renew(records)) {
            Ok(()) => records.timing.renew,
            Err(error) => {
                tracing::debug!(target: "rd::state", "the lock was not renewed: {error}");
                records.timing.renew / 10
            }
        };
        if held.is_lost() {
            return;
        }
    }
}

impl Lock for SharedLock {
    fn run(&self) -> &str {
        &self.held.run
    }

    fn is_held(&self) -> bool {
        self.held.is_held()
    }

    fn watch(&self) -> StillHeld {
        let held = self.held.clone();
        Arc::new(move || held.is_held())
    }

    fn loss(&self) -> Error {
        if self.held.is_lost() {
            return Error::lock_lost();
        }
        let seconds = self.held.limit.as_secs_f64();
        Error::new(
            Exit::Locked,
            format!(
                "the lock of the state could not be renewed for {seconds:.0} s, so that another run may take it; stopping"
            ),
        )
        .hint("check the network, then run the command again: it finds the resources that this run created")
    }

    fn release(&self) {
        // To say so to the store needs a call: the lease ends the lock, or the next run on this machine takes it over.
        self.held.now().released = true;
        let _ = self.stop.send(());
    }
}

impl Drop for SharedLock {
    fn drop(&mut self) {
        self.release();
    }
}
