//! Taking a lock: at once where it is free or its holder is dead, otherwise when the holder has released it, or has not
//! renewed it for one lease.
//!
//! Nobody compares clocks. Whoever waits reads the version of the record, which changes with each renewal. A version that
//! stays for one lease on the waiter's own clock belongs to a holder that is dead, or that has stopped to work. Whoever
//! takes the lock over from a holder that has not released it fences that holder off; see [`super::fence`].

use super::held_lock::Held;
use super::lock_record::LockRecord;
use super::lock_records::{LockRecords, StoredLock};
use super::process::Process;
use super::timing::awake_or_asleep;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::migration::MIGRATE;
use crate::state::store::{Holder, Key};
use std::time::Duration;
use tokio::time::Instant;

/// How often a write of the lock is tried whose answer is lost.
const ATTEMPTS: u32 = 3;

/// A lock that was taken.
pub(super) struct Taken {
    /// The lock of this run.
    pub(super) held: Held,
    /// The holder before this one, where it has not released the lock, or where nothing is known of one: it may still
    /// write.
    pub(super) fence: Fence,
}

/// Whether a former holder may still write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fence {
    /// Nobody held the lock, or the holder has released it.
    None,
    /// There is no record of the lock: it was never taken, or somebody has removed it.
    IfThereIsAState,
    /// The lock was taken over.
    Always,
}

/// What a run needs to take a lock.
pub(super) struct Taker<'a> {
    pub(super) records: &'a LockRecords,
    pub(super) process: &'a Process,
    /// Is told what the run waits for, as a text for people.
    pub(super) waiting: &'a dyn Fn(&str),
}

/// What a waiting run has seen of a holder.
struct Watched {
    version: String,
    since: Instant,
    /// Whether the holder is known to be alive: it has renewed its lock meanwhile, or it runs on this machine.
    alive: bool,
}

impl Taker<'_> {
    /// Takes the lock. Waits up to `timeout` for a holder that is alive, and at most a lease for one that may be dead.
    pub(super) async fn take(
        &self,
        key: &Key,
        holder: &Holder,
        timeout: Duration,
    ) -> Result<Taken> {
        let start = Instant::now();
        let mut watched: Option<Watched> = None;
        let mut told = false;
        let mut failures = 0;
        // The writes of this run whose answers were lost.
        let mut sent_before: Vec<(String, Duration, Fence)> = Vec::new();
        loop {
            let stored = self.records.read(key).await?;
            let own = stored.iter().find_map(|stored| {
                let version = &stored.record.version;
                let (_, sent, fence) = sent_before.iter().find(|(one, ..)| one == version)?;
                Some((stored.clone(), *sent, *fence))
            });
            if let Some((stored, sent, fence)) = own {
                return Ok(self.taken(key, stored, sent, fence));
            }
            let fence = match &stored {
                None => Some(Fence::IfThereIsAState),
                Some(stored) if stored.record.released => Some(Fence::None),
                Some(stored) => self.look(stored, &mut watched).then_some(Fence::Always),
            };
            if let (Some(Fence::Always), Some(stored)) = (fence, &stored)
                && stored.record.what.starts_with(MIGRATE)
                && !holder.what.starts_with(MIGRATE)
            {
                return Err(half_moved(&stored.record));
            }
            if let Some(fence) = fence {
                let record = self.record(stored.as_ref(), holder);
                let tag = stored.as_ref().map(|stored| stored.tag.as_str());
                let sent = awake_or_asleep();
                match self.records.replace(key, tag, &record).await {
                    Ok(Some(tag)) => {
                        return Ok(self.taken(key, StoredLock { record, tag }, sent, fence));
                    }
                    // Another run was faster.
                    Ok(None) => {}
                    Err(error) => {
                        failures += 1;
                        sent_before.push((record.version, sent, fence));
                        if failures >= ATTEMPTS {
                            return Err(error);
                        }
                    }
                }
                continue;
            }
            let (Some(stored), Some(seen)) = (&stored, &watched) else {
                continue;
            };
            if seen.alive && start.elapsed() >= timeout {
                return Err(locked(&stored.record));
            }
            if !told {
                told = true;
                (self.waiting)(&self.waiting_for(&stored.record, seen, timeout));
            }
            tokio::time::sleep(self.pause()).await;
        }
    }

    /// Whether the holder shows that it is alive. Watches the lock of one that runs elsewhere for one and a half renewals, for
    /// one that is late.
    pub(super) async fn is_alive(&self, key: &Key) -> Result<bool> {
        let end = Instant::now() + self.records.timing.renew.mul_f64(1.5);
        let mut told = false;
        let mut watched: Option<Watched> = None;
        loop {
            let stored = self.records.read(key).await?;
            let Some(stored) = stored.filter(|stored| !stored.record.released) else {
                return Ok(false);
            };
            let is_dead = self.look(&stored, &mut watched);
            let is_alive = watched.as_ref().is_some_and(|seen| seen.alive);
            if is_dead || is_alive || Instant::now() >= end {
                return Ok(is_alive && !is_dead);
            }
            if !told {
                told = true;
                let seconds = (end - Instant::now()).as_secs_f64().ceil();
                (self.waiting)(&format!(
                    "watching for up to {seconds:.0} s whether {} ({}) still renews its lock",
                    stored.record.who, stored.record.what
                ));
            }
            tokio::time::sleep(self.pause()).await;
        }
    }

    /// Takes the lock from whoever holds it.
    pub(super) async fn take_by_force(&self, key: &Key, holder: &Holder) -> Result<Taken> {
        for _ in 0..20 {
            let stored = self.records.read(key).await?;
            let record = self.record(stored.as_ref(), holder);
            let tag = stored.as_ref().map(|stored| stored.tag.as_str());
            let sent = awake_or_asleep();
            if let Some(tag) = self.records.replace(key, tag, &record).await? {
                return Ok(self.taken(key, StoredLock { record, tag }, sent, Fence::Always));
            }
        }
        Err(Error::new(
            Exit::Locked,
            "the lock changes hands faster than it can be taken away",
        )
        .hint("run the command again"))
    }

    fn record(&self, before: Option<&StoredLock>, holder: &Holder) -> LockRecord {
        let before = before.map(|stored| &stored.record);
        LockRecord::taken(before, holder, self.process, &self.records.timing)
    }

    fn taken(&self, key: &Key, stored: StoredLock, sent: Duration, fence: Fence) -> Taken {
        Taken {
            held: Held::new(key.clone(), stored, sent, &self.records.timing),
            fence,
        }
    }

    /// Looks at a lock that is held. Returns whether its holder is dead, as far as anybody can know.
    fn look(&self, stored: &StoredLock, watched: &mut Option<Watched>) -> bool {
        let record = &stored.record;
        let here = self.process.knows_alive(&record.process);
        if here == Some(false) {
            return true;
        }
        match watched {
            Some(seen) if seen.version == record.version => {
                // A process of this machine that is paused keeps its lock for a lease, as any other.
                seen.since.elapsed() >= record.lease()
            }
            Some(seen) => {
                *seen = Watched {
                    version: record.version.clone(),
                    since: Instant::now(),
                    alive: true,
                };
                false
            }
            None => {
                *watched = Some(Watched {
                    version: record.version.clone(),
                    since: Instant::now(),
                    alive: here == Some(true),
                });
                false
            }
        }
    }

    fn waiting_for(&self, record: &LockRecord, seen: &Watched, timeout: Duration) -> String {
        let holder = format!(
            "the state is locked by {} ({}) since {:.0}",
            record.who, record.what, record.since
        );
        let lease = record.lease().as_secs_f64().ceil();
        if seen.alive {
            format!(
                "{holder}; waiting for it for up to {:.0} s",
                timeout.as_secs_f64()
            )
        } else {
            format!(
                "{holder}; waiting for a sign of life: if its lock is not renewed within {lease:.0} s, that run is dead, \
                 and this one takes over"
            )
        }
    }

    /// The pause before the next look, between half and one and a half of the usual one, so that many waiting runs do not
    /// look at the same moment.
    fn pause(&self) -> Duration {
        let random = f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 255.0;
        self.records.timing.look.mul_f64(0.5 + random)
    }
}

/// The error of a run that finds the lock of a move that has died: the states may be here in part.
fn half_moved(record: &LockRecord) -> Error {
    Error::refused(format!(
        "the states were being moved by {} ({}), and that run has died",
        record.who, record.what
    ))
    .hint("nothing was changed; complete the move with `rd-state migrate`, with the same --to")
}

/// The error of a run that finds the lock held.
fn locked(record: &LockRecord) -> Error {
    Error::new(
        Exit::Locked,
        format!(
            "the state is locked by {} ({}) since {:.0}",
            record.who, record.what, record.since
        ),
    )
    .hint(
        "wait for that run, for example with --lock-timeout 10m; the lock of a run that has died ends by itself, and \
         `rd-state unlock SLICE --force` takes it from one that is alive",
    )
}
