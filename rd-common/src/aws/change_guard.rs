//! Whether this run may still change AWS: a run whose lock was taken away must not send one more change, whichever
//! command it is and however often the call is repeated.

use std::fmt;
use std::sync::{Arc, Mutex};

/// Whether a lock is still held. Must be fast: it is asked before each attempt of each change.
pub type StillHeld = Arc<dyn Fn() -> bool + Send + Sync>;

/// The locks that this run has taken, and must still hold while it changes AWS. Clones share them. A run that has taken
/// none, such as one that starts a task, may change AWS.
#[derive(Clone, Default)]
pub struct ChangeGuard {
    held: Arc<Mutex<Vec<StillHeld>>>,
}

impl ChangeGuard {
    /// From now on, AWS may be changed only while `held` is true, until the returned value is dropped.
    #[must_use = "the lock counts only until this is dropped"]
    pub fn require(&self, held: StillHeld) -> Required {
        self.locks().push(held.clone());
        Required {
            guard: self.clone(),
            held,
        }
    }

    /// Whether this run still holds every lock that it has taken.
    pub fn may_change(&self) -> bool {
        let locks = self.locks().clone();
        locks.iter().all(|held| held())
    }

    fn locks(&self) -> std::sync::MutexGuard<'_, Vec<StillHeld>> {
        // A panic in between leaves a whole list.
        self.held
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl fmt::Debug for ChangeGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChangeGuard").finish_non_exhaustive()
    }
}

/// A lock that must be held for changes, until this is dropped.
pub struct Required {
    guard: ChangeGuard,
    held: StillHeld,
}

impl Drop for Required {
    fn drop(&mut self) {
        let held = &self.held;
        self.guard.locks().retain(|one| !Arc::ptr_eq(one, held));
    }
}

/// The reason why a change was not sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockLost;

impl fmt::Display for LockLost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another run took this run's state lock")
    }
}

impl std::error::Error for LockLost {}

/// The beginnings of the names of operations that change nothing. `StartQuery` and `StartLiveTail` only read logs.
const READS: [&str; 13] = [
    "BatchCheck",
    "BatchGet",
    "Describe",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Search",
    "Simulate",
    "StartLiveTail",
    "StartQuery",
    "StopQuery",
];

/// Whether an operation of AWS may change something. What is not known to be a read counts as a change.
pub(super) fn is_change(operation: &str) -> bool {
    !READS.iter().any(|read| operation.starts_with(read))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn changes_are_told_from_reads() {
        for read in [
            "DescribeVpcs",
            "GetSecretValue",
            "ListObjectsV2",
            "HeadBucket",
            "BatchGetImage",
            "BatchCheckLayerAvailability",
            "FilterLogEvents",
            "StartQuery",
            "SimulatePrincipalPolicy",
        ] {
            assert!(!is_change(read), "{read}");
        }
        for change in [
            "CreateVpc",
            "BatchDeleteImage",
            "ModifyDBInstance",
            "PutRolePolicy",
            "RegisterTaskDefinition",
            "RunTask",
            "StartDBInstance",
            "StopTask",
            "ChangeResourceRecordSets",
            "Unheard",
        ] {
            assert!(is_change(change), "{change}");
        }
    }

    #[test]
    fn every_lock_must_be_held_and_counts_until_it_is_released() {
        let guard = ChangeGuard::default();
        assert!(guard.may_change(), "without a lock");
        let lost = Arc::new(AtomicBool::new(false));
        let asked = lost.clone();
        let one = guard.require(Arc::new(|| true));
        let other = guard.require(Arc::new(move || !asked.load(Ordering::Relaxed)));
        assert!(guard.clone().may_change());
        lost.store(true, Ordering::Relaxed);
        assert!(!guard.may_change());
        drop(other);
        assert!(guard.may_change(), "its own command has ended");
        drop(one);
    }
}
