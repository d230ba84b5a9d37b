//! What a lock consists of, in the table and in the bucket alike.

use super::process::Process;
use super::timing::Timing;
use crate::state::store::Holder;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The format of the locks that this version reads and writes.
const FORMAT: &str = "rd-lock/1";

/// A lock, held or released. It is never deleted: whoever takes or releases it replaces it under a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LockRecord {
    /// The format of the record.
    pub(super) format: String,
    /// A random id, another one with each write: a waiting run sees by it that the holder is alive.
    pub(super) version: String,
    /// How often the lock was taken.
    pub(super) epoch: u64,
    /// Whether the last holder has released it.
    #[serde(default)]
    pub(super) released: bool,
    /// The user and the host, as `user@host`.
    pub(super) who: String,
    /// The command and the process.
    pub(super) what: String,
    /// When the lock was taken, by the clock of the holder.
    pub(super) since: Timestamp,
    /// The id of the run.
    pub(super) run: String,
    /// The process of the holder.
    pub(super) process: Process,
    /// For how many milliseconds a waiting run must see this version before it takes the lock over.
    pub(super) lease_ms: u64,
}

/// A new version id.
fn version() -> String {
    uuid::Uuid::new_v4().to_string()
}

impl LockRecord {
    /// The lock in the hands of `holder`, after `before`.
    pub(super) fn taken(
        before: Option<&Self>,
        holder: &Holder,
        process: &Process,
        timing: &Timing,
    ) -> Self {
        Self {
            format: FORMAT.to_owned(),
            version: version(),
            epoch: before.map_or(0, |before| before.epoch) + 1,
            released: false,
            who: holder.who.clone(),
            what: holder.what.clone(),
            since: holder.since,
            run: holder.run.clone(),
            process: process.clone(),
            lease_ms: u64::try_from(timing.lease.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The same lock with another version.
    pub(super) fn renewed(&self) -> Self {
        Self {
            version: version(),
            ..self.clone()
        }
    }

    /// The same lock, which its holder has released.
    pub(super) fn released(&self) -> Self {
        Self {
            released: true,
            ..self.renewed()
        }
    }

    /// A record that this version cannot read: somebody holds the lock, and it is taken over when it stays as it is.
    fn unreadable(tag: &str, timing: &Timing) -> Self {
        let holder = Holder {
            who: "an unknown user".into(),
            what: "a lock that this version of rd cannot read".into(),
            since: Timestamp::UNIX_EPOCH,
            run: String::new(),
        };
        Self {
            version: tag.to_owned(),
            ..Self::taken(None, &holder, &Process::default(), timing)
        }
    }

    /// Reads a record. `tag` identifies the version that was read.
    pub(super) fn parse(bytes: &[u8], tag: &str, timing: &Timing) -> Self {
        serde_json::from_slice(bytes).unwrap_or_else(|_| Self::unreadable(tag, timing))
    }

    /// The record as JSON.
    pub(super) fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// How long a waiting run must see this version before it takes the lock over.
    pub(super) fn lease(&self) -> Duration {
        Duration::from_millis(self.lease_ms)
    }

    /// The holder, for people.
    pub(super) fn holder(&self) -> Holder {
        Holder {
            who: self.who.clone(),
            what: self.what.clone(),
            since: self.since,
            run: self.run.clone(),
        }
    }
}
