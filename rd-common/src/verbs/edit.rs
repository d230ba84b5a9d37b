//! Changing a state outside of a plan: under its lock, as its next version.

use crate::cli::Program;
use crate::error::Result;
use crate::state::document::Document;
use crate::state::store::{Holder, Key};
use std::time::Duration;

/// How long a verb that changes a state waits for a run that holds its lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs `work` while this program holds the lock of a state. `command` is shown to whoever finds it locked: `rd-state mv`.
pub async fn locked<T, F>(
    program: &Program,
    key: &Key,
    command: &str,
    work: impl FnOnce() -> F,
) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let holder = Holder::this_process(command, &program.run);
    let lock = program.store.lock(key, holder, PATIENCE).await?;
    let done = work().await;
    let unlocked = program.store.unlock(key, lock).await;
    let done = done?;
    unlocked?;
    Ok(done)
}

/// Writes `document` as the version after what is there. The lock is held.
pub async fn save_next(
    program: &Program,
    key: &Key,
    mut document: Document,
    command: &str,
) -> Result<u64> {
    let current = program.store.load(key).await?;
    let serial = current.as_ref().map_or(0, |current| current.serial);
    if let Some(current) = current {
        document.lineage = current.lineage;
    }
    document.follow(serial, &program.run, command);
    program.store.save(key, &document).await?;
    Ok(document.serial)
}
