//! Whether this run may still change AWS: a run whose lock was taken away must not send one more change, whichever
//! command it is and however often the call is repeated.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Time between two looks at a lock that has to be confirmed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What is known of a lock that a run has taken, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The run holds it, and may start changes.
    Held,
    /// The run was paused, so that another one may have taken the lock since. It is being asked: the answer comes within
    /// seconds, and no change may start before.
    Unconfirmed,
    /// Another run has taken it, or may take it.
    Lost,
}

/// What is known of a lock. Must be fast: it is asked before each attempt of each change.
pub type LockWatch = Arc<dyn Fn() -> Standing + Send + Sync>;

/// Waits until what is known of a lock is certain. Returns whether it is held.
pub async fn is_held_for_certain(standing: impl Fn() -> Standing) -> bool {
    loop {
        match standing() {
            Standing::Held => return true,
            Standing::Lost => return false,
            Standing::Unconfirmed => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// The locks that this run has taken, and must still hold while it changes AWS. Clones share them. A run that has taken
/// none, such as one that starts a task, may change AWS.
#[derive(Clone, Default)]
pub struct ChangeGuard {
    required: Arc<Mutex<Vec<LockWatch>>>,
}

impl ChangeGuard {
    /// From now on, AWS may be changed only while the lock that `watch` watches is held, until the returned value is
    /// dropped.
    #[must_use = "the lock counts only until this is dropped"]
    pub fn require(&self, watch: LockWatch) -> Required {
        self.locks().push(watch.clone());
        Required {
            guard: self.clone(),
            watch,
        }
    }

    /// What is known of the locks that this run has taken: the worst of them.
    pub fn standing(&self) -> Standing {
        let locks = self.locks().clone();
        let worst = locks.iter().map(|standing| standing()).max();
        worst.unwrap_or(Standing::Held)
    }

    fn locks(&self) -> std::sync::MutexGuard<'_, Vec<LockWatch>> {
        // A panic in between leaves a whole list.
        self.required
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
    watch: LockWatch,
}

impl Drop for Required {
    fn drop(&mut self) {
        let watch = &self.watch;
        self.guard.locks().retain(|one| !Arc::ptr_eq(one, watch));
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
        assert_eq!(guard.standing(), Standing::Held, "without a lock");
        let lost = Arc::new(AtomicBool::new(false));
        let asked = lost.clone();
        let one = guard.require(Arc::new(|| Standing::Unconfirmed));
        let other = guard.require(Arc::new(move || match asked.load(Ordering::Relaxed) {
            true => Standing::Lost,
            false => Standing::Held,
        }));
        assert_eq!(guard.clone().standing(), Standing::Unconfirmed);
        lost.store(true, Ordering::Relaxed);
        assert_eq!(guard.standing(), Standing::Lost);
        drop(one);
        assert_eq!(guard.standing(), Standing::Lost);
        drop(other);
        assert_eq!(guard.standing(), Standing::Held, "its command has ended");
    }
}
