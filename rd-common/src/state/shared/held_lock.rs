//! A lock that this run holds, and the thread that renews it.

use super::connection::Connection;
use super::lock_records::{LockRecords, StoredLock};
use super::place::Place;
use super::timing::{Timing, awake_or_asleep};
use crate::aws::change_guard::{LockWatch, Standing};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::store::{Key, Lock};
use std::cell::{LazyCell, RefCell};
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};
use tokio::sync::Notify;

/// What is known of a lock of this run. Its renewals and its users share it.
pub(super) struct Held {
    key: Key,
    run: String,
    timing: Timing,
    now: Mutex<Now>,
    /// Wakes the thread that renews the lock.
    wake: Notify,
}

struct Now {
    stored: StoredLock,
    /// When the last renewal that succeeded was sent, on a clock that goes on in sleep.
    sent: Duration,
    /// When the thread that renews the lock last noted that the process runs, on the same clock.
    beat: Duration,
    /// The same on the clock of the wall, which is set after a virtual machine was paused with all its other clocks.
    wall: SystemTime,
    /// When it was found that the process had been paused. None once a renewal that was sent later has succeeded.
    woke: Option<Duration>,
    lost: bool,
    released: bool,
    /// Whether the lock is no longer renewed.
    stopped: bool,
    /// A save whose result is not known: it may still arrive, so only the lease may end this lock.
    undecided: bool,
}

impl Held {
    /// A lock that was taken with a write that was sent at `sent`.
    pub(super) fn new(key: Key, stored: StoredLock, sent: Duration, timing: &Timing) -> Self {
        Self {
            key,
            run: stored.record.run.clone(),
            timing: *timing,
            now: Mutex::new(Now {
                stored,
                sent,
                beat: sent,
                wall: SystemTime::now(),
                woke: None,
                lost: false,
                released: false,
                stopped: false,
                undecided: false,
            }),
            wake: Notify::new(),
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        // A panic in between leaves a whole record.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the run may start a change: nobody else has the lock, the last renewal is not too long ago, and the process
    /// was not paused since.
    fn standing(&self) -> Standing {
        let time = awake_or_asleep();
        let mut now = self.now();
        if now.lost || now.released {
            return Standing::Lost;
        }
        self.note_pause(&mut now, time);
        let since = |then: Duration| time.saturating_sub(then);
        match now.woke {
            Some(woke) if since(woke) < self.timing.confirm => Standing::Unconfirmed,
            None if since(now.sent) < self.timing.limit => Standing::Held,
            _ => Standing::Lost,
        }
    }

    /// Notes that the process was paused where nothing was heard of the thread for too long, and lets the lock be renewed
    /// at once.
    fn note_pause(&self, now: &mut Now, time: Duration) {
        let by_wall = now.wall.elapsed().unwrap_or_default();
        let silent = time.saturating_sub(now.beat).max(by_wall);
        let is_new = now.woke.is_none_or(|woke| woke <= now.beat);
        if is_new && silent > self.timing.paused {
            now.woke = Some(time);
            self.wake.notify_one();
        }
    }

    /// Notes that the process runs. Returns since when the lock has to be confirmed, after a pause.
    fn beat(&self) -> Option<Duration> {
        let time = awake_or_asleep();
        let mut now = self.now();
        self.note_pause(&mut now, time);
        now.beat = time;
        now.wall = SystemTime::now();
        now.woke
    }

    /// Whether another run has taken the lock.
    pub(super) fn is_lost(&self) -> bool {
        self.now().lost
    }

    /// Notes that another run has taken the lock.
    pub(super) fn lose(&self) {
        self.now().lost = true;
    }

    /// Lets the thread end that renews the lock.
    fn stop(&self) {
        self.now().stopped = true;
        self.wake.notify_one();
    }

    /// Whether there is nothing left to renew.
    fn is_over(&self) -> bool {
        let now = self.now();
        now.stopped || now.lost
    }

    /// Notes whether a save of this run may still arrive.
    pub(super) fn set_undecided(&self, undecided: bool) {
        self.now().undecided = undecided;
    }

    /// Renews the lock. Fails where that is not known to have succeeded; it may be tried again.
    async fn renew(&self, records: &LockRecords) -> Result<()> {
        // The second time, after the renewal of before whose answer was lost.
        for _ in 0..2 {
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
                // Nobody has taken it during the pause: each write names the record before.
                if now.woke.is_some_and(|woke| woke <= sent) {
                    now.woke = None;
                }
                return Ok(());
            }
            // It is no longer the record that this run knows: that of a renewal whose answer was lost, or another run's.
            let stored = records.read(&self.key).await?;
            let ours = stored.filter(|stored| {
                let (theirs, ours) = (&stored.record, &before.record);
                theirs.run == ours.run && theirs.epoch == ours.epoch && !theirs.released
            });
            let Some(stored) = ours else {
                self.lose();
                return Ok(());
            };
            self.now().stored = stored;
        }
        Err(Error::failed("the lock was renewed by an earlier write"))
    }

    /// Releases the lock, so that the next run need not wait. Where that fails, its lease ends it.
    async fn release(&self, records: &LockRecords) {
        let before = {
            let mut now = self.now();
            let ended = now.lost || now.released || now.undecided;
            now.released = true;
            now.stopped = true;
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
        let (renewed, connection, place) = (held.clone(), connection.clone(), place.clone());
        let renew = move || {
            // Most runs have ended before their first renewal.
            let records = LazyCell::new(|| LockRecords {
                clients: connection.own_clients(&place),
                timing,
            });
            renew_until_stopped(&renewed, &timing, &records);
        };
        let thread = std::thread::Builder::new().name("lock".to_owned());
        Self {
            held,
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
        self.held.stop();
        let thread = self.thread.borrow_mut().take();
        if let Some(thread) = thread {
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.held.release(records).await;
    }
}

fn renew_until_stopped(held: &Held, timing: &Timing, records: &impl Deref<Target = LockRecords>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    if let Ok(runtime) = runtime {
        runtime.block_on(keep_renewing(held, timing, records));
    }
}

/// Renews the lock in time, and at once after a pause of the process.
async fn keep_renewing(held: &Held, timing: &Timing, records: &impl Deref<Target = LockRecords>) {
    let mut started = Duration::ZERO;
    let mut due = awake_or_asleep() + timing.renew;
    while !held.is_over() {
        let time = awake_or_asleep();
        let was_paused_since = held.beat().is_some_and(|woke| woke > started);
        if !was_paused_since && time < due {
            let pause = timing.beat.min(due.saturating_sub(time));
            let _ = tokio::time::timeout(pause, held.wake.notified()).await;
            continue;
        }
        started = time;
        let pause = match renew_while_awake(held, records, started).await {
            Some(Ok(())) => timing.renew,
            Some(Err(error)) => {
                tracing::debug!(target: "rd::state", "the lock was not renewed: {error}");
                timing.renew / 10
            }
            None => Duration::ZERO,
        };
        due = awake_or_asleep() + pause;
    }
}

/// A renewal that began at `started`. Returns none where the process was paused since: what the renewal finds says nothing
/// about the time of the pause, and its connection may be dead.
async fn renew_while_awake(
    held: &Held,
    records: &LockRecords,
    started: Duration,
) -> Option<Result<()>> {
    let renewal = held.renew(records);
    tokio::pin!(renewal);
    loop {
        let beat = tokio::time::sleep(records.timing.beat);
        tokio::select! {
            renewed = &mut renewal => return Some(renewed),
            () = beat => {}
            () = held.wake.notified() => {}
        }
        if held.beat().is_some_and(|woke| woke > started) {
            return None;
        }
    }
}

impl Lock for SharedLock {
    fn run(&self) -> &str {
        &self.held.run
    }

    fn standing(&self) -> Standing {
        self.held.standing()
    }

    fn watch(&self) -> LockWatch {
        let held = self.held.clone();
        Arc::new(move || held.standing())
    }

    fn loss(&self) -> Error {
        if self.held.is_lost() {
            return Error::lock_lost();
        }
        let timing = &self.held.timing;
        let summary = match self.held.now().woke {
            None => format!(
                "the lock of the state could not be renewed for {:.0} s, so that another run may take it; stopping",
                timing.limit.as_secs_f64()
            ),
            Some(_) => format!(
                "this run was paused, and its lock of the state could not be renewed for {:.0} s since, so that another \
                 run may have taken it; stopping",
                timing.confirm.as_secs_f64()
            ),
        };
        Error::new(Exit::Locked, summary)
        .hint("check the network, then run the command again: it finds the resources that this run created")
    }

    fn release(&self) {
        // To say so to the store needs a call: the lease ends the lock, or the next run on this machine takes it over.
        self.held.now().released = true;
        self.held.stop();
    }
}

impl Drop for SharedLock {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conformance::{holder, key};
    use crate::state::shared::lock_record::LockRecord;
    use crate::state::shared::process::Process;

    /// A lock that was taken just now, and that no thread renews.
    fn held() -> Held {
        let timing = Timing::scaled(1.0);
        let record = LockRecord::taken(None, &holder("run-1"), &Process::this(), &timing);
        let tag = String::new();
        Held::new(
            key(),
            StoredLock { record, tag },
            awake_or_asleep(),
            &timing,
        )
    }

    #[test]
    fn a_pause_is_noted_on_either_clock() {
        let gap = Duration::from_secs(10);
        let asleep = held();
        assert_eq!(asleep.standing(), Standing::Held);
        // A laptop that slept, or a process that was stopped.
        asleep.now().beat -= gap;
        assert_eq!(asleep.standing(), Standing::Unconfirmed);
        // That the thread runs again confirms nothing.
        assert!(asleep.beat().is_some());
        assert_eq!(asleep.standing(), Standing::Unconfirmed);
        // A virtual machine whose clocks stood still, until that of the wall was set.
        let still = held();
        still.now().wall -= gap;
        assert_eq!(still.standing(), Standing::Unconfirmed);
        // A clock that is set back is no pause.
        let back = held();
        back.now().wall += gap;
        assert_eq!(back.standing(), Standing::Held);
    }

    #[test]
    fn without_a_thread_the_lock_is_lost_in_the_end() {
        let held = held();
        held.now().beat = Duration::ZERO;
        assert_eq!(held.standing(), Standing::Unconfirmed);
        let long_ago = awake_or_asleep().saturating_sub(held.timing.confirm);
        held.now().woke = Some(long_ago);
        assert_eq!(held.standing(), Standing::Lost);
    }
}
