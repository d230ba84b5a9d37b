//! The shared store against an AWS in memory, with a fault at every call.

use super::fake_aws::{Aws, Fault};
use super::*;
use crate::exit::Exit;
use crate::state::conformance::{self, Writer, document, holder, key, stack};
use crate::state::session::{LoadedState, Session};
use crate::state::store::save_next;
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
    pub(super) folder: tempfile::TempDir,
}

impl Team {
    pub(super) fn new(table: bool) -> Self {
        Self {
            aws: Aws::default(),
            table,
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
        let connection = Connection {
            config: aws.config.clone(),
            own: aws.config.clone(),
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

/// Lets `fault` happen to one call of a run, then lets a run on another machine follow, and late calls arrive.
async fn one_fault(table: bool, at: usize, fault: Fault, first: bool) {
    let team = Team::new(table);
    let (a, b) = (team.store("a", dying()), team.store("b", dying()));
    if !first {
        a_run(&a, "run-0").await.unwrap();
    }
    let killed = Arc::new(AtomicBool::new(false));
    let (kills, is_kill) = (
        killed.clone(),
        matches!(fault, Fault::KilledBefore | Fault::KilledAfter),
    );
    team.aws.set_faults(move |number, _| {
        let hit = number == at;
        kills.fetch_or(hit && is_kill, Ordering::Relaxed);
        hit.then_some(fault)
    });
    let place = format!("table {table}, call {at}, {fault:?}, first {first}");
    let after = {
        let run = a_run(&a, "run-a");
        let dead = async {
            while !killed.load(Ordering::Relaxed) {
                sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::select! {
            done = run => Some(done),
            () = dead => None,
        }
    };
    let calls = team.aws.end_faults();
    if at >= calls.len() {
        return;
    }
    let before = if first { 0 } else { 2 };
    if let Some(done) = after {
        // Whatever happens to one call, the run ends well.
        let serial = done.unwrap_or_else(|e| panic!("{place}: {e} after {calls:?}"));
        assert_eq!(serial, before + 2, "{place}");
    }
    let next = timeout(Duration::from_secs(60), a_run(&b, "run-b")).await;
    let serial = next.unwrap().unwrap_or_else(|e| panic!("{place}: {e}"));
    // Its two saves follow what the first run has saved, and at most one version that fences.
    assert!(
        (before + 2..=before + 6).contains(&serial),
        "{place}: {serial}"
    );
    for status in team.aws.late_calls_arrive() {
        assert!(status >= 400, "{place}: a late call was carried out");
    }
    let now = stored(&b).await;
    assert_eq!((now.serial, now.run.as_str()), (serial, "run-b"), "{place}");
    let history = b.history(&key(), 100).await.unwrap();
    let serials: Vec<u64> = history.iter().map(|version| version.serial).collect();
    assert_eq!(serials, (1..=serial).collect::<Vec<u64>>(), "{place}");
    assert_eq!(b.holder(&key()).await.unwrap(), None, "{place}");
}

/// As many calls as a run makes, and a few more.
const CALLS: usize = 10;

#[tokio::test]
async fn a_fault_at_any_call_of_a_run_loses_nothing() {
    let faults = [
        Fault::LostAnswer,
        Fault::LostRequest,
        Fault::Late,
        Fault::Refused(503, "SlowDown"),
        Fault::Refused(500, "InternalError"),
        Fault::KilledBefore,
        Fault::KilledAfter,
    ];
    let mut all = Vec::new();
    for table in BOTH {
        for at in 0..CALLS {
            for fault in faults {
                for first in [true, false] {
                    all.push(one_fault(table, at, fault, first));
                }
            }
        }
    }
    join_all(all).await;
}

/// As where something between the program and S3 sends a write twice (opentofu#4405), and where S3 is in the middle of
/// another write.
#[tokio::test]
async fn a_write_that_meets_itself_or_a_conflict_is_done() {
    for table in BOTH {
        for fault in [
            Fault::DoneButRefused(412, "PreconditionFailed"),
            Fault::DoneButRefused(409, "ConditionalRequestConflict"),
            Fault::Refused(409, "ConditionalRequestConflict"),
            Fault::DoneButRefused(400, "ConditionalCheckFailedException"),
            Fault::Refused(400, "TransactionConflictException"),
            Fault::Refused(400, "TransactionInProgressException"),
            Fault::Refused(400, "ThrottlingException"),
        ] {
            let of_s3 = !matches!(
                fault,
                Fault::Refused(400, _) | Fault::DoneButRefused(400, _)
            );
            let team = Team::new(table);
            let store = team.store("a", dying());
            let mut odd = false;
            team.aws.set_faults(move |_, name| {
                let hit = if of_s3 {
                    name.starts_with("PUT")
                } else {
                    name == "PutItem"
                };
                // Every second one, so that a write that is sent again gets through.
                odd ^= hit;
                (hit && odd).then_some(fault)
            });
            for run in 1..=3 {
                let serial = a_run(&store, &format!("run-{run}")).await;
                let serial = serial.unwrap_or_else(|e| panic!("table {table}, {fault:?}: {e}"));
                assert_eq!(serial, 2 * run, "table {table}, {fault:?}");
            }
            team.aws.end_faults();
        }
    }
}

#[tokio::test]
async fn a_paused_holder_changes_nothing_when_it_wakes_up() {
    for table in BOTH {
        let team = Team::new(table);
        let (a, b) = (team.store("a", dying()), team.store("b", lasting()));
        let mut paused = Writer::lock(&a, "run-a").await;
        paused.save(1).await.unwrap();
        let serial = a_run(&b, "run-b").await.unwrap();
        assert_eq!(serial, 4, "one fences");
        let refused = paused.save(2).await.unwrap_err();
        assert_eq!(refused.exit, Exit::Locked, "{refused}");
        assert!(!paused.lock.is_held());
        assert_eq!(stored(&b).await.serial, 4);
        // It does not release the lock of another run.
        let next = Writer::lock(&b, "run-c").await;
        a.unlock(&key(), paused.lock.as_ref()).await.unwrap();
        let now = b.holder(&key()).await.unwrap();
        assert_eq!(now.map(|holder| holder.run).as_deref(), Some("run-c"));
        drop(next);
    }
}

#[tokio::test]
async fn a_run_that_could_not_renew_its_lock_starts_no_change() {
    let team = Team::new(true);
    let timing = Timing {
        limit: SHORT,
        ..lasting()
    };
    let store = team.store("a", timing);
    let writer = Writer::lock(&store, "run-a").await;
    let watch = writer.lock.watch();
    sleep(SHORT * 2).await;
    assert!(!watch() && !writer.lock.is_held());
    let loss = writer.lock.loss();
    assert!(loss.summary.contains("could not be renewed"), "{loss}");
    // What it did is still recorded.
    let mut writer = writer;
    writer.save(1).await.unwrap();
}

#[tokio::test]
async fn a_thread_of_its_own_renews_the_lock_while_the_program_stands_still() {
    for table in BOTH {
        let team = Team::new(table);
        let timing = Timing {
            renew: Duration::from_millis(20),
            ..lasting()
        };
        let (a, b) = (team.store("a", timing), team.store("b", lasting()));
        let version = async |store: &SharedStore| {
            let stored = store.records().await.unwrap().read(&key()).await.unwrap();
            stored.unwrap().record.version
        };
        let lock = a
            .lock(&key(), holder("run-a"), Duration::ZERO)
            .await
            .unwrap();
        let first = version(&b).await;
        while version(&b).await == first {
            // The runtime is blocked here, as by a slow reader.
            std::thread::sleep(Duration::from_millis(20));
        }
        // Renewals whose answers are lost do not end it, either.
        let mut odd = false;
        team.aws.set_faults(move |_, name| {
            odd = !odd;
            (odd && ["PutItem", "PUT lock"].contains(&name)).then_some(Fault::LostAnswer)
        });
        for _ in 0..3 {
            let before = version(&b).await;
            while version(&b).await == before {
                sleep(Duration::from_millis(20)).await;
            }
        }
        team.aws.end_faults();
        assert!(lock.is_held());
        // A waiting run sees that the holder is alive, and is told so.
        let refused = b.lock(&key(), holder("run-b"), Duration::ZERO).await;
        let refused = refused.err().unwrap();
        assert_eq!(refused.exit, Exit::Locked);
        assert!(refused.summary.contains("me@here"), "{refused}");
        a.unlock(&key(), lock.as_ref()).await.unwrap();
        assert_eq!(a_run(&b, "run-b").await.unwrap(), 2, "nothing was fenced");
    }
}

/// Nobody compares clocks: a holder whose clock is an hour off, either way, keeps its lock while it renews it, and loses it
/// after one lease.
#[tokio::test]
async fn clocks_do_not_matter() {
    for table in BOTH {
        for hours in [-1, 1] {
            let off = |run: &str| Holder {
                since: jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours),
                ..holder(run)
            };
            let team = Team::new(table);
            let timing = Timing {
                renew: Duration::from_millis(20),
                lease: HOUR,
                ..dying()
            };
            let (a, b) = (team.store("a", timing), team.store("b", lasting()));
            let lock = a.lock(&key(), off("run-a"), Duration::ZERO).await.unwrap();
            let refused = b.lock(&key(), holder("run-b"), Duration::ZERO).await;
            assert_eq!(refused.err().unwrap().exit, Exit::Locked);
            a.unlock(&key(), lock.as_ref()).await.unwrap();
            let dead = team.store("c", dying());
            let dead = dead.lock(&key(), off("run-c"), Duration::ZERO).await;
            a_run(&b, "run-b").await.unwrap();
            drop(dead);
        }
    }
}

/// The save of a holder whose lease ends is on its way while another run takes the lock over.
#[tokio::test]
async fn a_save_that_arrives_after_the_lease_overwrites_nothing() {
    for table in BOTH {
        for before_fence in [true, false] {
            let team = Team::new(table);
            let (a, b) = (team.store("a", dying()), team.store("b", dying()));
            let mut writer = Writer::lock(&a, "run-a").await;
            writer.save(1).await.unwrap();
            team.aws
                .set_faults(|_, name| (name == "PUT state").then_some(Fault::Late));
            let lost = writer.save(2).await.unwrap_err();
            assert_ne!(lost.exit, Exit::Locked, "its result is not known");
            team.aws.end_faults();
            // A run whose save may still arrive does not release its lock.
            a.unlock(&key(), writer.lock.as_ref()).await.unwrap();
            assert!(b.holder(&key()).await.unwrap().is_some());
            if before_fence {
                let arrived = team.aws.late_calls_arrive();
                assert_eq!(arrived.iter().filter(|status| **status == 200).count(), 1);
            }
            let serial = a_run(&b, "run-b").await.unwrap();
            assert_eq!(serial, if before_fence { 5 } else { 4 });
            assert!(
                team.aws
                    .late_calls_arrive()
                    .iter()
                    .all(|status| *status == 412)
            );
            assert_eq!(stored(&b).await.serial, serial);
        }
    }
}

#[tokio::test]
async fn of_two_first_writers_one_is_refused() {
    for table in BOTH {
        let team = Team::new(table);
        let (a, b) = (team.store("a", dying()), team.store("b", lasting()));
        // It has taken the lock and not written yet when the other one takes over, which writes an empty state.
        let mut first = Writer::lock(&a, "run-a").await;
        let mut second = Writer::unlocked(&b);
        let taken = b.lock(&key(), holder("run-b"), Duration::ZERO).await;
        second.lock = taken.unwrap();
        let fence = b.load(&key()).await.unwrap().unwrap();
        assert!(fence.document.resources.is_empty() && fence.document.is_unchanged_since(0));
        assert_eq!(first.save(1).await.unwrap_err().exit, Exit::Locked);
        second.tag = Some(fence.tag);
        second.save(2).await.unwrap();
        assert_eq!(first.save(1).await.unwrap_err().exit, Exit::Locked);
    }
}

#[tokio::test]
async fn the_lock_of_a_dead_process_of_this_machine_is_free_at_once() {
    for table in BOTH {
        let team = Team::new(table);
        let mut a = team.store("this", lasting());
        a.process.id = 4_000_000;
        a.process.started = Some(1);
        let dead = a
            .lock(&key(), holder("run-a"), Duration::ZERO)
            .await
            .unwrap();
        let b = team.store("this", lasting());
        assert_eq!(b.holder(&key()).await.unwrap(), None);
        a_run(&b, "run-b").await.unwrap();
        drop(dead);
        // One of another container with the same host name is not known to be dead.
        let mut c = team.store("this", lasting());
        c.process.namespace = Some("pid:[1]".into());
        let inside = c
            .lock(&key(), holder("run-c"), Duration::ZERO)
            .await
            .unwrap();
        let key = key();
        let waiting = b.lock(&key, holder("run-d"), Duration::ZERO);
        assert!(timeout(SHORT, waiting).await.is_err());
        drop(inside);
    }
}

#[tokio::test]
async fn a_removed_lock_is_fenced() {
    for table in BOTH {
        let team = Team::new(table);
        let (a, b) = (team.store("a", lasting()), team.store("b", lasting()));
        let mut writer = Writer::lock(&a, "run-a").await;
        writer.save(1).await.unwrap();
        // Somebody removes the item by hand while the run goes on.
        team.aws.forget_locks();
        assert_eq!(a_run(&b, "run-b").await.unwrap(), 4);
        assert_eq!(writer.save(2).await.unwrap_err().exit, Exit::Locked);
    }
}

const WRITERS: usize = 50;
const CHANGES: u64 = 20;

/// Reads the state, adds one to a number in it, and saves it, under the lock.
async fn add_one(store: &SharedStore, run: &str) {
    let lock = store.lock(&key(), holder(run), HOUR).await.unwrap();
    let before = store.load(&key()).await.unwrap();
    let tag = before.as_ref().map(|stored| stored.tag.clone());
    let mut next = before.map_or_else(|| document(0), |stored| stored.document);
    next.follow(next.serial, run, "add");
    let count = next.outputs["n"].as_u64().unwrap();
    next.outputs.insert("n".into(), json!(count + 1));
    store
        .save(&key(), &next, tag.as_ref(), lock.as_ref())
        .await
        .unwrap();
    store.unlock(&key(), lock.as_ref()).await.unwrap();
}

async fn many_writers(table: bool, writers: usize, changes: u64) {
    let team = Team::new(table);
    let timing = Timing {
        look: Duration::from_millis(400),
        ..lasting()
    };
    let writers = (0..writers).map(|number| {
        let store = team.store(&format!("host-{number}"), timing);
        async move {
            for _ in 0..changes {
                add_one(&store, &format!("run-{number}")).await;
            }
        }
    });
    let count = writers.len() as u64 * changes;
    join_all(writers).await;
    let store = team.store("a", timing);
    let document = stored(&store).await;
    assert_eq!(
        (document.serial, &document.outputs["n"]),
        (count, &json!(count))
    );
    let history = store.history(&key(), usize::MAX).await.unwrap();
    assert_eq!(history.len() as u64, count);
}

#[tokio::test]
async fn fifty_writers_lose_no_update() {
    many_writers(true, WRITERS, CHANGES).await;
}

#[tokio::test]
async fn writers_without_a_table_lose_no_update() {
    many_writers(false, WRITERS / 5, CHANGES).await;
}

/// Each refusal has one text that says what to do.
#[tokio::test]
async fn each_refusal_says_what_to_do() {
    let refused = |status, code: &'static str, on: &'static str, table| async move {
        let team = Team::new(table);
        let store = team.store("a", dying());
        team.aws.set_faults(move |_, name| {
            name.starts_with(on).then_some(Fault::Refused(status, code))
        });
        let error = a_run(&store, "run-a").await.unwrap_err();
        format!(
            "{} / {}",
            error.summary,
            error.hint.clone().unwrap_or_default()
        )
    };
    for (status, code, on, says) in [
        (
            404,
            "NoSuchBucket",
            "GET state",
            &["rd-state bootstrap", "two minutes", "(team)"][..],
        ),
        (
            301,
            "PermanentRedirect",
            "GET state",
            &["write `region = \"eu-west-1\"`"],
        ),
        (
            403,
            "AccessDenied",
            "GET state",
            &[
                "no sign that there is none",
                "s3:ListBucket",
                "iam::123456789012:user/me",
            ],
        ),
        (
            403,
            "AccessDenied",
            "PUT state",
            &["s3:PutObject on s3://team/rd/*"],
        ),
        (
            403,
            "AccessDenied:kms",
            "PUT state",
            &["kms:GenerateDataKey", "default key"],
        ),
        (
            400,
            "KMS.DisabledException",
            "GET state",
            &["must be enabled"],
        ),
        (
            400,
            "ResourceNotFoundException",
            "GetItem",
            &["no table locks in us-east-1"],
        ),
        (
            400,
            "AccessDeniedException",
            "PutItem",
            &["dynamodb:PutItem on the table locks"],
        ),
        (
            403,
            "InvalidAccessKeyId",
            "GET state",
            &["does not know this access key"],
        ),
    ] {
        let text = refused(status, code, on, true).await;
        for part in says {
            assert!(text.contains(part), "{code}: {part}: {text}");
        }
    }
    let team = Team::new(true);
    team.aws.turn_versioning_off();
    let store = team.store("a", dying());
    let error = a_run(&store, "run-a").await.unwrap_err();
    assert!(
        error
            .summary
            .contains("versioning of the state bucket team is off"),
        "{error}"
    );
    assert_eq!(
        store.load(&key()).await.unwrap(),
        None,
        "nothing was written"
    );
}

/// A policy may leave out the permission to read the bucket's versioning.
#[tokio::test]
async fn without_the_permission_to_ask_versioning_counts_as_on() {
    let team = Team::new(true);
    let store = team.store("a", dying());
    team.aws.set_faults(|_, name| {
        (name == "GET ?versioning").then_some(Fault::Refused(403, "AccessDenied"))
    });
    a_run(&store, "run-a").await.unwrap();
}

const OBJECT: &str = "rd/state/p/e/net.json";

#[tokio::test]
async fn a_deleted_state_is_not_a_first_run() {
    let team = Team::new(true);
    let store = team.store("a", lasting());
    a_run(&store, "run-a").await.unwrap();
    team.aws.delete(OBJECT);
    for error in [
        store.load(&key()).await.unwrap_err(),
        a_run(&store, "run-b").await.unwrap_err(),
    ] {
        assert!(error.summary.contains("was deleted"), "{error}");
        assert!(
            error
                .hint
                .as_ref()
                .unwrap()
                .contains("rd-state restore net"),
            "{error:?}"
        );
    }
    let other = team.store("a", lasting());
    store.break_lock(&key()).await.unwrap_err();
    let writer = other.lock(&key(), holder("run-c"), Duration::ZERO).await;
    assert!(writer.is_err(), "a take-over of the lock finds it, too");
}

#[tokio::test]
async fn a_deleted_or_unreadable_state_comes_back_from_its_history() {
    for broken in [true, false] {
        let team = Team::new(true);
        let store = team.store("a", lasting());
        a_run(&store, "run-a").await.unwrap();
        let lock = store
            .lock(&key(), holder("run-b"), Duration::ZERO)
            .await
            .unwrap();
        let breaks = || match broken {
            true => team.aws.put(OBJECT, b"{\"format\":"),
            false => team.aws.delete(OBJECT),
        };
        breaks();
        let restored = store.restore(&key(), 1, lock.as_ref()).await.unwrap();
        assert_eq!((restored.serial, stored(&store).await.serial), (3, 3));
        breaks();
        let kept = store
            .set_aside_unreadable(&key(), lock.as_ref())
            .await
            .unwrap();
        assert!(kept.unwrap().starts_with("s3://team/rd/state/p/e/net.json"));
        assert_eq!(stored(&store).await.serial, 3);
        let history = store.history(&key(), 50).await.unwrap();
        assert_eq!(history.len(), 3);
    }
    // An empty object is damage, and no first run.
    let team = Team::new(true);
    let store = team.store("a", lasting());
    team.aws.put(OBJECT, b"");
    let error = store.load(&key()).await.unwrap_err();
    assert!(error.summary.contains("cannot be read"), "{error}");
}

#[tokio::test]
async fn a_version_that_another_program_has_written_is_part_of_the_history() {
    let team = Team::new(true);
    let store = team.store("a", lasting());
    team.aws.put(OBJECT, &document(1).bytes());
    team.aws.put(OBJECT, b"garbage");
    team.aws.put(OBJECT, &document(2).bytes());
    let history = store.history(&key(), 50).await.unwrap();
    let serials: Vec<u64> = history.iter().map(|version| version.serial).collect();
    assert_eq!(serials, [1, 2]);
    assert_eq!(store.version(&key(), 1).await.unwrap(), document(1));
}

#[tokio::test]
async fn what_could_not_be_saved_is_kept_on_this_machine() {
    let team = Team::new(true);
    let store: Rc<dyn Store> = Rc::new(team.store("a", lasting()));
    let lock = store
        .lock(&key(), holder("run-a"), Duration::ZERO)
        .await
        .unwrap();
    team.aws
        .set_faults(|_, name| (name == "PUT state").then_some(Fault::Refused(403, "AccessDenied")));
    let saved = save_next(store.as_ref(), &key(), document(0), "test", lock.as_ref()).await;
    let error = saved.unwrap_err();
    let hint = error.hint.clone().unwrap();
    let path = team
        .folder
        .path()
        .join("a/.rd/unsaved/p/e/net.000001.run-a.json");
    assert!(
        hint.contains(&format!("rd-state push net {}", path.display())),
        "{hint}"
    );
    let kept = Document::parse(&std::fs::read(path).unwrap(), "x").unwrap();
    assert_eq!(kept.serial, 1);
}

#[tokio::test]
async fn a_state_that_is_still_local_is_not_taken_for_none() {
    let team = Team::new(true);
    let store = team.store("a", lasting());
    let folder = team.folder.path().join("a/.rd/p/e");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("net.json"), document(1).bytes()).unwrap();
    let error = store.load(&key()).await.unwrap_err();
    assert_eq!(error.exit, Exit::Refused);
    assert!(
        error
            .hint
            .as_ref()
            .unwrap()
            .contains("rd-state migrate --to s3")
    );
    let lock = store.lock(&key(), holder("run-a"), Duration::ZERO).await;
    assert_eq!(lock.err().unwrap().exit, Exit::Refused);
    std::fs::write(folder.join(crate::state::moved::NOTE), b"{}").unwrap();
    assert_eq!(store.load(&key()).await.unwrap(), None);
}

#[tokio::test]
async fn environments_are_listed() {
    let team = Team::new(true);
    let store = team.store("a", lasting());
    a_run(&store, "run-a").await.unwrap();
    assert_eq!(store.environments("p").await.unwrap(), ["e"]);
    assert_eq!(store.slices(&stack()).await.unwrap(), ["net"]);
    assert!(store.environments("q").await.unwrap().is_empty());
}

/// Changes that nobody waits for share a write, which comes by itself.
#[tokio::test]
async fn changes_that_nobody_waits_for_share_a_write() {
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            let team = Team::new(true);
            let store: Rc<dyn Store> = Rc::new(team.store("a", lasting()));
            let lock = store.lock(&key(), holder("run-a"), Duration::ZERO).await;
            let state = LoadedState::or_empty(None, || document(0));
            let session = Session::new(store.clone(), key(), lock.unwrap(), state, "test");
            let session = Rc::new(session);
            team.aws.set_faults(|_, _| None);
            for number in 0..5 {
                session.change(|document| document.outputs.insert("n".into(), json!(number)));
                session.save_soon().await.unwrap();
            }
            while session.read(|document| document.serial) == 0 {
                sleep(Duration::from_millis(20)).await;
            }
            // Nothing is left to write.
            session.save().await.unwrap();
            let writes = team.aws.end_faults();
            assert_eq!(writes.iter().filter(|name| *name == "PUT state").count(), 1);
            let stored = store.load(&key()).await.unwrap().unwrap();
            assert_eq!(stored.document.outputs["n"], json!(4));
        })
        .await;
}
