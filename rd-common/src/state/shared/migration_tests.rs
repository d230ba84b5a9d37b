//! Moving states from the local store to the shared one and back, killed at every call and at every operation on a file.

use super::fake_aws::Fault;
use super::tests::{Team, dying, lasting};
use super::*;
use crate::exit::Exit;
use crate::state::conformance::{Writer, holder, key, stack};
use crate::state::local::LocalStore;
use crate::state::local::killed_disk::{Killed, Moment, store_killed_at};
use crate::state::migration::{MovedState, migrate};
use crate::state::movable::Movable;
use futures_util::FutureExt;
use futures_util::future::join_all;
use serde_json::json;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A local store with these versions of a state, in the folder in which [`Team::store`] of `a` has its `rd.toml`.
async fn local(team: &Team, serials: std::ops::RangeInclusive<u64>) -> LocalStore {
    local_at(&team.folder.path().join("a/.rd"), serials).await
}

async fn local_at(folder: &Path, serials: std::ops::RangeInclusive<u64>) -> LocalStore {
    let store = LocalStore::new(folder);
    let mut writer = Writer::lock(&store, "run-1").await;
    for serial in serials {
        writer.save(serial).await.unwrap();
    }
    store.unlock(&key(), writer.lock.as_ref()).await.unwrap();
    store
}

fn at(folder: &Path) -> LocalStore {
    LocalStore::new(folder.join("a/.rd"))
}

fn mover(run: &str) -> Holder {
    Holder {
        what: "rd-state migrate, process 1".into(),
        ..holder(run)
    }
}

async fn moved(from: &dyn Movable, to: &dyn Movable, run: &str) -> Result<Vec<MovedState>> {
    migrate(from, to, &stack(), &mover(run), false).await
}

async fn serials(store: &dyn Store) -> Vec<u64> {
    let history = store.history(&key(), usize::MAX).await.unwrap();
    history.iter().map(|version| version.serial).collect()
}

/// Changes the state as a run does, and returns its serial.
async fn change(store: &dyn Store, run: &str) -> Result<u64> {
    let lock = store
        .lock(&key(), holder(run), Duration::from_secs(10))
        .await?;
    let result = async {
        let stored = store.load(&key()).await?.unwrap();
        let mut next = stored.document;
        next.follow(next.serial, run, "change");
        next.outputs.insert("by".into(), json!(run));
        store
            .save(&key(), &next, Some(&stored.tag), lock.as_ref())
            .await?;
        Ok(next.serial)
    }
    .await;
    store.unlock(&key(), lock.as_ref()).await?;
    result
}

async fn is_refused(store: &dyn Store) -> bool {
    let loaded = store.load(&key()).await;
    let changed = change(store, "run-refused").await;
    let refused = |error: &crate::Error| error.exit == Exit::Refused;
    loaded.err().is_some_and(|e| refused(&e)) && changed.err().is_some_and(|e| refused(&e))
}

#[tokio::test]
async fn states_move_there_and_back_with_their_history() {
    for table in [true, false] {
        let team = Team::new(table);
        let local = local(&team, 1..=5).await;
        let shared = team.store("a", lasting()).for_a_move();
        let there = moved(&local, &shared, "run-2").await.unwrap();
        assert_eq!(
            (there[0].serial, there[0].versions, there[0].added),
            (5, 5, 5)
        );
        assert_eq!(serials(&shared).await, [1, 2, 3, 4, 5]);
        assert_eq!(
            shared.all_versions(&key()).await.unwrap(),
            local.all_versions(&key()).await.unwrap()
        );
        // The old store says where they are.
        assert!(is_refused(&local).await);
        let error = local.load(&key()).await.unwrap_err();
        assert!(
            error
                .summary
                .contains("were moved to s3://team/rd by me@here"),
            "{error}"
        );
        assert!(error.hint.as_ref().unwrap().contains("bucket = \"team\""));
        // The new one is used as any other, from any checkout.
        assert_eq!(
            change(&team.store("b", lasting()), "run-3").await.unwrap(),
            6
        );
        assert_eq!(
            change(&team.store("a", lasting()), "run-4").await.unwrap(),
            7
        );
        let again = moved(&local, &shared, "run-5").await.unwrap();
        assert_eq!(
            (again[0].serial, again[0].added),
            (7, 0),
            "run again, it changes nothing"
        );
        let back = moved(&shared, &local, "run-6").await.unwrap();
        assert_eq!((back[0].serial, back[0].added), (7, 2));
        assert_eq!(serials(&local).await, [1, 2, 3, 4, 5, 6, 7]);
        assert!(is_refused(&shared).await && is_refused(&team.store("b", lasting())).await);
        assert_eq!(change(&local, "run-7").await.unwrap(), 8);
        let there = moved(&local, &shared, "run-8").await.unwrap();
        assert_eq!((there[0].serial, there[0].added), (8, 1));
        assert_eq!(change(&shared, "run-9").await.unwrap(), 9);
        assert_eq!(serials(&shared).await, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        // Unchanged there and back.
        moved(&shared, &local, "run-10").await.unwrap();
        moved(&local, &shared, "run-11").await.unwrap();
        assert_eq!(
            shared.load(&key()).await.unwrap().unwrap().document.serial,
            9
        );
    }
}

#[tokio::test]
async fn stores_that_were_both_used_are_not_mixed() {
    let team = Team::new(true);
    let local = local(&team, 1..=2).await;
    let shared = team.store("a", lasting()).for_a_move();
    moved(&local, &shared, "run-2").await.unwrap();
    change(&shared, "run-3").await.unwrap();
    // Somebody has removed the note, and worked on.
    std::fs::remove_file(team.folder.path().join("a/.rd/p/e/moved.note")).unwrap();
    change(&local, "run-4").await.unwrap();
    for (from, to) in [
        (&local as &dyn Movable, &shared as &dyn Movable),
        (&shared, &local),
    ] {
        let error = moved(from, to, "run-5").await.unwrap_err();
        assert_eq!(error.exit, Exit::Refused);
        assert!(error.summary.contains("have both been changed"), "{error}");
        assert!(error.summary.contains("serial 3 of change"), "{error}");
    }
    assert_eq!(shared.holder(&key()).await.unwrap(), None);
    assert_eq!(local.holder(&key()).await.unwrap(), None);
}

/// A checkout that moved its states to the bucket long ago has old files. Somebody else has moved them on.
#[tokio::test]
async fn only_the_store_that_has_the_states_is_moved_from() {
    let team = Team::new(true);
    let old = local(&team, 1..=3).await;
    let shared = team.store("a", lasting()).for_a_move();
    moved(&old, &shared, "run-2").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let other = LocalStore::new(folder.path());
    moved(&shared, &other, "run-3").await.unwrap();
    change(&other, "run-4").await.unwrap();
    // A copy of the old files without the note is no better.
    let copy = tempfile::tempdir().unwrap();
    let copied = local_at(copy.path(), 1..=3).await;
    for (from, to) in [
        (&old as &dyn Movable, &shared as &dyn Movable),
        (&shared, &old),
        (&copied, &shared),
    ] {
        let error = moved(from, to, "run-5").await.unwrap_err();
        assert_eq!(error.exit, Exit::Refused, "{error}");
        assert!(error.summary.contains("were moved to"), "{error}");
        assert!(
            error.hint.as_ref().unwrap().contains("--force"),
            "{error:?}"
        );
        assert!(is_refused(&shared).await && is_refused(&old).await);
    }
    // From where they are, they move on, and the old checkout finds them in the bucket.
    moved(&other, &shared, "run-6").await.unwrap();
    assert!(is_refused(&other).await);
    assert_eq!(
        change(&team.store("b", lasting()), "run-7").await.unwrap(),
        5
    );
    moved(&shared, &old, "run-8").await.unwrap();
    assert_eq!(change(&old, "run-9").await.unwrap(), 6);
    let error = moved(&other, &shared, "run-10").await.unwrap_err();
    assert_eq!(error.exit, Exit::Refused);
    // The store that had them is lost.
    let forced = migrate(&other, &shared, &stack(), &mover("run-11"), true).await;
    assert_eq!(forced.unwrap()[0].serial, 5);
    assert_eq!(stored_serial(&shared).await, 5);
}

async fn stored_serial(store: &dyn Store) -> u64 {
    let stored = store.load(&key()).await.unwrap();
    stored.unwrap().document.serial
}

#[tokio::test]
async fn a_state_that_is_in_use_is_not_moved() {
    let team = Team::new(true);
    let local = local(&team, 1..=2).await;
    let shared = team.store("a", lasting()).for_a_move();
    let writer = Writer::lock(&local, "run-2").await;
    let moving = moved(&local, &shared, "run-3");
    let error = moving.await.unwrap_err();
    assert_eq!(error.exit, Exit::Locked);
    drop(writer);
    moved(&local, &shared, "run-4").await.unwrap();
}

/// Where a move is killed.
#[derive(Clone, Copy, Debug)]
enum Kill {
    /// At the call of the shared store with this number, from 0.
    Call(usize, Fault),
    /// At the operation of the local store on its files with this number.
    File(usize, Moment),
}

/// One move, killed once, then run again. Returns whether it came to the place where it is killed.
async fn killed(back: bool, kill: Kill) -> bool {
    let team = Team::new(true);
    let local_store = local(&team, 1..=3).await;
    if back {
        let shared = team.store("a", dying()).for_a_move();
        moved(&local_store, &shared, "run-2").await.unwrap();
        change(&shared, "run-3").await.unwrap();
    }
    let place = format!("back {back}, {kill:?}");
    if !die(&team, back, kill).await {
        return false;
    }
    // A process that was killed holds no lock of the operating system: another one of this test stands for it.
    let local_store = at(team.folder.path());
    let shared = team.store("b", dying());
    // At most one of the two lets anybody change the stack.
    let local_open = local_store.load(&key()).await.is_ok();
    let shared_open = {
        let taken = shared
            .lock(&key(), holder("run-5"), Duration::from_secs(10))
            .await;
        match taken {
            Err(error) => {
                assert_eq!(error.exit, Exit::Refused, "{place}: {error}");
                false
            }
            Ok(lock) => {
                let open = matches!(shared.load(&key()).await, Ok(Some(_)));
                shared.unlock(&key(), lock.as_ref()).await.unwrap();
                open
            }
        }
    };
    assert!(!(local_open && shared_open), "{place}: both are open");
    // Run again, it completes the move.
    let mover = team.store("a", dying()).for_a_move();
    let (from, to): (&dyn Movable, &dyn Movable) = match back {
        true => (&mover, &local_store),
        false => (&local_store, &mover),
    };
    let again = moved(from, to, "run-6").await;
    again.unwrap_or_else(|e| panic!("{place}: {e} {:?}", e.hint));
    let (open, closed): (&dyn Store, &dyn Store) = match back {
        true => (&local_store, &shared),
        false => (&shared, &local_store),
    };
    let last = if back { 4 } else { 3 };
    let document = open.load(&key()).await.unwrap().unwrap().document;
    assert!(
        document.is_unchanged_since(last),
        "{place}: {}",
        document.serial
    );
    let all = serials(open).await;
    assert!(
        (1..=last).all(|serial| all.contains(&serial)),
        "{place}: {all:?}"
    );
    assert!(is_refused(closed).await, "{place}");
    change(open, "run-7").await.unwrap();
    true
}

/// A move that is killed. Returns whether it came to that place.
async fn die(team: &Team, back: bool, kill: Kill) -> bool {
    let dead = Arc::new(AtomicBool::new(false));
    let folder = team.folder.path().join("a/.rd");
    let local_store = match kill {
        Kill::Call(at_call, fault) => {
            let kill = dead.clone();
            team.aws.set_faults(move |number, _| {
                let hit = number == at_call;
                kill.fetch_or(hit, Ordering::Relaxed);
                hit.then_some(fault)
            });
            LocalStore::new(folder)
        }
        Kill::File(at_file, moment) => store_killed_at(&folder, at_file, moment),
    };
    let shared = team.store("a", dying()).for_a_move();
    let (from, to): (&dyn Movable, &dyn Movable) = match back {
        true => (&shared, &local_store),
        false => (&local_store, &shared),
    };
    let died = async {
        while !dead.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let unwound = tokio::select! {
        done = AssertUnwindSafe(moved(from, to, "run-4")).catch_unwind() => match done {
            Ok(done) => { done.unwrap(); false }
            Err(cause) => cause.is::<Killed>(),
        },
        () = died => false,
    };
    team.aws.end_faults();
    unwound || dead.load(Ordering::Relaxed)
}

/// How many moves are killed at the same time, each in a world of its own.
const AT_ONCE: usize = 16;

/// Kills a move at every place. Returns how many there are.
async fn killed_everywhere(back: bool, kill: impl Fn(usize) -> Kill) -> usize {
    for first in (0..).step_by(AT_ONCE) {
        let places = first..first + AT_ONCE;
        let reached = join_all(places.map(|place| killed(back, kill(place)))).await;
        if let Some(end) = reached.iter().position(|reached| !reached) {
            return first + end;
        }
    }
    unreachable!("a move has an end")
}

#[tokio::test]
async fn a_move_can_be_killed_at_every_call() {
    for back in [false, true] {
        for fault in [Fault::KilledBefore, Fault::KilledAfter] {
            let calls = killed_everywhere(back, |call| Kill::Call(call, fault)).await;
            assert!(calls > 10, "{calls}");
        }
    }
}

#[tokio::test]
async fn a_move_can_be_killed_at_every_operation_on_a_local_file() {
    for (back, all, writes) in [(false, 5, 1), (true, 15, 3)] {
        for (moment, least) in [
            (Moment::Before, all),
            (Moment::Within, writes),
            (Moment::After, all),
        ] {
            let operations =
                killed_everywhere(back, |operation| Kill::File(operation, moment)).await;
            assert!(operations >= least, "{back} {moment:?}: {operations}");
        }
    }
}
