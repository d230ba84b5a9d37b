//! The state in a command that edits it without a plan, such as `deploy`, `rotate` or `rd-state mv`: read and written
//! under its lock.

use crate::aws::change_guard::ChangeGuard;
use crate::error::Result;
use crate::state::document::Document;
use crate::state::lock_guard::{OnLoss, with_lock};
use crate::state::store::{Holder, Key, Lock, Store, save_next};
use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

/// How long to wait for another run's lock.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// A state whose lock this run holds.
pub struct LockedState {
    store: Rc<dyn Store>,
    key: Key,
    lock: Rc<dyn Lock>,
}

impl LockedState {
    /// Runs `work` while `holder` has the lock of `key`; see [`with_lock`].
    pub async fn hold<T, F>(
        store: &Rc<dyn Store>,
        key: Key,
        holder: Holder,
        guard: &ChangeGuard,
        interrupted: impl Future<Output = ()>,
        work: impl FnOnce(Self) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let locked = key.clone();
        let work = |lock| {
            work(Self {
                store: store.clone(),
                key: locked,
                lock,
            })
        };
        with_lock(
            store,
            &key,
            holder,
            LOCK_TIMEOUT,
            OnLoss::Stop,
            guard,
            interrupted,
            work,
        )
        .await
    }

    /// The stored state; none where the slice was never applied.
    pub async fn load(&self) -> Result<Option<Document>> {
        let stored = self.store.load(&self.key).await?;
        Ok(stored.map(|stored| stored.document))
    }

    /// Writes `document` as the next version and returns its serial. `command` goes into the state.
    pub async fn save(&self, document: Document, command: &str) -> Result<u64> {
        save_next(
            self.store.as_ref(),
            &self.key,
            document,
            command,
            self.lock.as_ref(),
        )
        .await
    }

    /// Lets the settings count again for a field that an adopted resource has kept. `command` goes into the state.
    pub async fn forget_given(&self, address: &str, path: &str, command: &str) -> Result<()> {
        let Some(mut document) = self.load().await? else {
            return Ok(());
        };
        let resource = document.resources.get_mut(address);
        let adopted = resource.and_then(|one| one.adopted.as_mut());
        match adopted.and_then(|adopted| adopted.given.remove(path)) {
            Some(_) => self.save(document, command).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Writes the contents of an old version as the next one and returns it.
    pub async fn restore(&self, serial: u64) -> Result<Document> {
        self.store
            .restore(&self.key, serial, self.lock.as_ref())
            .await
    }
}
