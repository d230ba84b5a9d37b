//! Holds the lock of a state while a command works: takes it, checks that it is still held, and releases it. A store whose
//! locks have leases renews them itself.

use crate::aws::change_guard::{ChangeGuard, is_held_for_certain};
use crate::error::{Error, Result};
use crate::state::store::{Holder, Key, Lock, Store};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// Time between two checks that the lock is still held. A check costs no call; that of a local lock is one `stat`.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// What happens to the work when the lock is lost: a run that was paused while another user broke its lock must not
/// change anything more.
#[derive(Clone)]
pub enum OnLoss {
    /// The work is dropped at its next await. For work that makes one change after another.
    Stop,
    /// The work is asked to stop with this function, as by a signal: it starts nothing new, and records the changes in
    /// flight.
    Ask(Rc<dyn Fn()>),
}

/// Runs `work` while `holder` has the lock of `key`. Waits up to `timeout` for another holder, then fails with
/// [`crate::Exit::Locked`], as does work that was stopped because the lock was lost. Until the work ends, `guard` lets no
/// change of AWS pass without the lock. Where `interrupted` ends while the run waits for another holder, it waits no longer.
#[expect(
    clippy::too_many_arguments,
    reason = "each of them is another part of the caller"
)]
pub async fn with_lock<T, F>(
    store: &Rc<dyn Store>,
    key: &Key,
    holder: Holder,
    timeout: Duration,
    on_loss: OnLoss,
    guard: &ChangeGuard,
    interrupted: impl Future<Output = ()>,
    work: impl FnOnce(Rc<dyn Lock>) -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let lock = tokio::select! {
        lock = store.lock(key, holder, timeout) => lock?,
        () = interrupted => return Err(Error::interrupted()),
    };
    let required = guard.require(lock.watch());
    let result = tokio::select! {
        // First, so that a process that was paused checks its lock before it continues.
        biased;
        lost = watch_until_lost(lock.as_ref(), &on_loss) => Err(lost),
        result = work(lock.clone()) => result,
    };
    drop(required);
    let unlocked = store.unlock(key, lock.as_ref()).await;
    let value = result?;
    unlocked?;
    Ok(value)
}

/// Fails with [`Exit::Locked`] once the lock is no longer held. Called before each change of AWS. Waits where the process
/// was paused, until it is certain.
pub async fn check_held(lock: &dyn Lock) -> Result<()> {
    if is_held_for_certain(|| lock.standing()).await {
        return Ok(());
    }
    Err(lock.loss())
}

/// Checks the lock. Returns only when it is lost and the work must stop.
async fn watch_until_lost(lock: &dyn Lock, on_loss: &OnLoss) -> Error {
    loop {
        tokio::time::sleep(CHECK_EVERY).await;
        if let Err(lost) = check_held(lock).await {
            match on_loss {
                OnLoss::Stop => return lost,
                OnLoss::Ask(stop) => {
                    stop();
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::change_guard::Standing;
    use crate::exit::Exit;
    use crate::state::conformance::{document, key};
    use crate::state::local::LocalStore;
    use std::future::pending;
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
        let guard = ChangeGuard::default();
        with_lock(
            &store,
            &key,
            holder,
            Duration::ZERO,
            OnLoss::Stop,
            &guard,
            pending(),
            async |lock| {
                let held = store.holder(&key).await?.map(|holder| holder.run);
                assert_eq!(held.as_deref(), Some("run-1"));
                assert_eq!(guard.standing(), Standing::Held);
                store.save(&key, &document(1), None, lock.as_ref()).await
            },
        )
        .await
        .unwrap();
        assert_eq!(store.holder(&key).await.unwrap(), None);
    }

    #[tokio::test]
    async fn an_interrupted_run_does_not_go_on_waiting() {
        let (_folder, store) = store();
        let key = key();
        let held = store.lock(&key, Holder::this_process("other", "run-1"), Duration::ZERO);
        let held = held.await.unwrap();
        let guard = ChangeGuard::default();
        let waits = with_lock(
            &store,
            &key,
            Holder::this_process("rd-net apply", "run-2"),
            Duration::from_secs(3600),
            OnLoss::Stop,
            &guard,
            tokio::time::sleep(Duration::from_millis(50)),
            async |_| Ok(()),
        );
        let error = timeout(Duration::from_secs(60), waits).await.unwrap();
        assert_eq!(error.unwrap_err().exit, Exit::Interrupted);
        drop(held);
    }

    #[tokio::test]
    async fn work_stops_when_the_lock_is_taken_away() {
        let (_folder, store) = store();
        let key = key();
        let holder = Holder::this_process("rd-net deploy", "run-1");
        let guard = ChangeGuard::default();
        let work = with_lock(
            &store,
            &key,
            holder,
            Duration::ZERO,
            OnLoss::Stop,
            &guard,
            pending(),
            async |_| {
                store.break_lock(&key).await?;
                assert_eq!(guard.standing(), Standing::Lost);
                std::future::pending::<Result<()>>().await
            },
        );
        let lost = timeout(Duration::from_secs(10), work).await.unwrap();
        assert_eq!(lost.unwrap_err().exit, Exit::Locked);
    }

    #[tokio::test]
    async fn work_that_finishes_by_itself_is_asked_to() {
        let (_folder, store) = store();
        let key = key();
        let holder = Holder::this_process("rd-net apply", "run-1");
        let guard = ChangeGuard::default();
        let asked = Rc::new(tokio::sync::Notify::new());
        let ask = asked.clone();
        let on_loss = OnLoss::Ask(Rc::new(move || ask.notify_one()));
        let work = async |lock: Rc<dyn Lock>| {
            store.break_lock(&key).await?;
            asked.notified().await;
            Ok(check_held(lock.as_ref()).await.is_err())
        };
        let finished = with_lock(
            &store,
            &key,
            holder,
            Duration::ZERO,
            on_loss,
            &guard,
            pending(),
            work,
        );
        assert!(finished.await.unwrap());
    }
}
