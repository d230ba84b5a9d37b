//! The shared store against an AWS in memory, with a fault at every call.

mod failing_calls;
mod leases;
mod many_writers;
mod other_stores;
mod pages;
mod recovery;
mod refusals;
mod shared_writes;

use super::fake_aws::{Aws, Fault, Quirk};
use super::*;
use crate::exit::Exit;
use crate::state::conformance::{self, Writer, document, holder, key, stack};
use crate::state::session::{LoadedState, Session};
use crate::state::store::save_next;
use aws_smithy_types::checksum_config::RequestChecksumCalculation;
use futures_util::future::join_all;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::time::{sleep, timeout};

/// Long enough that no lease ends on a busy machine.
const HOUR: Duration = Duration::from_secs(3600);
/// The lease of holders that are to lose their lock.
const SHORT: Duration = Duration::from_millis(150);

/// A holder that is never renewed: one lease after it was taken, its lock can be taken over.
pub(super) fn dying() -> Timing {
    Timing {
        renew: HOUR,
        limit: HOUR,
        lease: SHORT,
        look: Duration::from_millis(10),
        beat: Duration::from_secs(1),
        paused: HOUR,
        confirm: HOUR,
    }
}

/// A holder that keeps its lock.
pub(super) fn lasting() -> Timing {
    Timing {
        lease: HOUR,
        ..dying()
    }
}

pub(super) struct Team {
    pub(super) aws: Aws,
    table: bool,
    /// Whether the SDK sends checksums only where a service needs them.
    few_checksums: bool,
    pub(super) folder: tempfile::TempDir,
}

impl Team {
    pub(super) fn new(table: bool) -> Self {
        Self {
            aws: Aws::default(),
            table,
            few_checksums: false,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// The store as a program on the machine `host` opens it.
    pub(super) fn store(&self, host: &str, timing: Timing) -> SharedStore {
        let settings = StateSettings {
            bucket: Some("team".into()),
            table: self.table.then(|| "locks".into()),
            region: Some("us-east-1".into()),
            ..StateSettings::default()
        };
        let aws = crate::aws::Aws::through(self.aws.client());
        let checksums = match self.few_checksums {
            true => RequestChecksumCalculation::WhenRequired,
            false => RequestChecksumCalculation::WhenSupported,
        };
        let config = aws.config.to_builder();
        let config = config.request_checksum_calculation(checksums).build();
        let connection = Connection {
            config: config.clone(),
            own: config,
            interceptor: Some(aws.interceptor()),
        };
        let folder = self.folder.path().join(host);
        let store = SharedStore::new(&settings, &Access::default(), folder, Box::new(|_| {}));
        let clients = connection.clients(&store.place);
        SharedStore {
            connection: OnceCell::new_with(Some((connection, clients))),
            timing,
            process: Process {
                host: host.into(),
                ..Process::this()
            },
            ..store
        }
    }
}

const BOTH: [bool; 2] = [true, false];

async fn stored(store: &SharedStore) -> Document {
    store.load(&key()).await.unwrap().unwrap().document
}

#[tokio::test]
async fn conforms_with_a_table_and_without() {
    for table in BOTH {
        let team = Team::new(table);
        conformance::suite(Rc::new(team.store("a", lasting()))).await;
    }
}

/// What a run does: takes the lock, saves twice, and releases it.
async fn a_run(store: &SharedStore, run: &str) -> Result<u64> {
    let lock = store
        .lock(&key(), holder(run), Duration::from_secs(60))
        .await?;
    let before = store.load(&key()).await?;
    let mut tag = before.as_ref().map(|stored| stored.tag.clone());
    let mut document = before.map_or_else(|| document(0), |stored| stored.document);
    for _ in 0..2 {
        document.follow(document.serial, run, "test");
        document.outputs.insert("n".into(), json!(document.serial));
        let saved = store
            .save(&key(), &document, tag.as_ref(), lock.as_ref())
            .await?;
        tag = Some(saved);
    }
    store.unlock(&key(), lock.as_ref()).await?;
    Ok(document.serial)
}
