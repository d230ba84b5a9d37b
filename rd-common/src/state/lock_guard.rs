//! Holds the lock of a state while a command works: takes it, renews it, checks that it is still held, and releases it.

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::store::{Holder, Key, Lock, Store};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// Time between two checks that the lock is still held. A check of a local lock is one `stat`.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// Checks between two renewals.
const CHECKS_PER_RENEWAL: u32 = 10;

/// What happens to the work when the lock is lost: a run that was paused while another user broke its lock must not
/// change anything more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLoss {
    /// The work is dropped at its next await. For work that makes one change after another.
    Stop,
    /// The work ends by itself: it calls [`check_held`] before each change, and records the changes in flight.
    Finish,
}

/// Runs `work` while `holder` has the lock of `key`. Waits up to `timeout` for another holder, then fails with
/// [`Exit::Locked`], as does work that was stopped because the lock was lost.
pub async fn with_lock<T, F>(
    store: &Rc<dyn Store>,
    key: &Key,
    holder: Holder,
    timeout: Duration,
    on_loss: OnLoss,
    work: impl FnOnce(Rc<dyn Lock>) -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let lock = store.lock(key, holder, timeout).await?;
    let result = tokio::select! {
        // First, so that a process that was paused checks its lock before it continues.
        biased;
        lost = renew_until_lost(store.as_ref(), key, lock.as_ref(), on_loss) => Err(lost),
        result = work(lock.clone()) => result,
    };
    let unlocked = store.unlock(key, lock.as_ref()).await;
    let value = result?;
    unlocked?;
    Ok(value)
}

/// Fails with [`Exit::Locked`] once the lock is no longer held. Called before each change of AWS.
pub fn check_held(lock: &dyn Lock) -> Result<()> {
    if lock.is_held() {
        return Ok(());
    }
    Err(Error::new(
        Exit::Locked,
        "another run took this run's state lock; stopping",
    )
    .hint("that run, or the next one, finds the resources that this run created"))
}

/// Renews and checks the lock. Returns only when it is lost and the work must stop.
async fn renew_until_lost(store: &dyn Store, key: &Key, lock: &dyn Lock, on_loss: OnLoss) -> Error {
    let mut checks = 0;
    loop {
        tokio::time::sleep(CHECK_EVERY).await;
        if let Err(lost) = check_held(lock) {
            match on_loss {
                OnLoss::Stop => return lost,
                OnLoss::Finish => std::future::pending::<()>().await,
            }
        }
        checks += 1;
        if checks % CHECKS_PER_RENEWAL == 0
            && let Err(error) = store.renew(key, lock).await
        {
            return error;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::conformance::{document, key};
    use crate::state::local::LocalStore;
    use tokio::time::timeout;

    fn store() -> (tempfile::TempDir, Rc<dyn Store>) {
        let folder = tempfile::tempdir().unwrap();
        let store: Rc<dyn Store> = Rc::new(LocalStore::new(folder.path()));
        (folder, store)
    }

    #[tokio::test]
    async fn the_lock_is_held_during_the_work_and_free_afterwards() {
        let (_folder, store) = store();
        let key = key();
        let holder = Holder::this_process("rd-net deploy", "run-1");
        with_lock(
            &store,
            &key,
            holder,
            Duration::ZERO,
            OnLoss::Stop,
            async |lock| {
                let held = store.holder(&key).await?.map(|holder| holder.run);
                assert_eq!(held.as_deref(), Some("run-1"));
                store.save(&key, &document(1), None, lock.as_ref()).await
            },
        )
        .await
        .unwrap();
        assert_eq!(store.holder(&key).await.unwrap(), None);
    }

    #[tokio::test]
    async fn work_stops_when_the_lock_is_taken_away() {
        let (_folder, store) = store();
        let key = key();
        let holder = Holder::this_process("rd-net deploy", "run-1");
        let work = with_lock(
            &store,
            &key,
            holder,
            Duration::ZERO,
            OnLoss::Stop,
            async |_| {
                store.break_lock(&key).await?;
                std::future::pending::<Result<()>>().await
            },
        );
        let lost = timeout(Duration::from_secs(10), work).await.unwrap();
        assert_eq!(lost.unwrap_err().exit, Exit::Locked);
    }

    #[tokio::test]
    async fn work_that_checks_the_lock_itself_is_left_to_finish() {
        let (_folder, store) = store();
        let key = key();
        let holder = Holder::this_process("rd-net apply", "run-1");
        let work = async |lock: Rc<dyn Lock>| {
            store.break_lock(&key).await?;
            tokio::time::sleep(2 * CHECK_EVERY).await;
            Ok(check_held(lock.as_ref()).is_err())
        };
        let finished = with_lock(&store, &key, holder, Duration::ZERO, OnLoss::Finish, work);
        assert!(finished.await.unwrap());
    }
}
