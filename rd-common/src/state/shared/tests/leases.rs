//! Holders that are paused, cut off or dead, and what they send late.

use super::*;
use crate::aws::change_guard::Standing;
use crate::state::lock_guard::check_held;

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
        assert_eq!(paused.lock.standing(), Standing::Lost);
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
    assert_eq!(watch(), Standing::Lost);
    assert_eq!(writer.lock.standing(), Standing::Lost);
    let loss = writer.lock.loss();
    assert!(loss.summary.contains("could not be renewed"), "{loss}");
    // What it did is still recorded.
    let mut writer = writer;
    writer.save(1).await.unwrap();
}

/// A holder that notes that it was paused when nothing was heard of its thread for a moment.
fn pausing() -> Timing {
    Timing {
        beat: HOUR,
        paused: SHORT,
        ..lasting()
    }
}

#[tokio::test]
async fn a_holder_that_was_paused_goes_on_where_nobody_has_taken_its_lock() {
    for table in BOTH {
        let team = Team::new(table);
        // The pause is longer than the time for which it may start changes without a renewal.
        let timing = Timing {
            limit: SHORT,
            ..pausing()
        };
        let (a, b) = (team.store("a", timing), team.store("b", lasting()));
        let version = async || {
            let stored = b.records().await.unwrap().read(&key()).await.unwrap();
            stored.unwrap().record.version
        };
        let mut writer = Writer::lock(&a, "run-a").await;
        let first = version().await;
        sleep(SHORT * 2).await;
        check_held(writer.lock.as_ref()).await.unwrap();
        assert_ne!(version().await, first, "it was renewed before");
        writer.save(1).await.unwrap();
        // While the store cannot be reached, no change starts, and none fails.
        team.aws.set_faults(|_, name| {
            ["PutItem", "PUT lock"]
                .contains(&name)
                .then_some(Fault::LostRequest)
        });
        sleep(SHORT * 2).await;
        let held = check_held(writer.lock.as_ref());
        assert!(timeout(SHORT, held).await.is_err());
        assert_eq!(writer.lock.standing(), Standing::Unconfirmed);
        team.aws.end_faults();
    }
}

#[tokio::test]
async fn a_holder_that_was_paused_starts_no_change_after_a_forced_unlock() {
    for table in BOTH {
        for taken in [false, true] {
            let team = Team::new(table);
            let (a, b) = (team.store("a", pausing()), team.store("b", lasting()));
            let mut paused = Writer::lock(&a, "run-a").await;
            paused.save(1).await.unwrap();
            b.break_lock(&key()).await.unwrap();
            if taken {
                a_run(&b, "run-b").await.unwrap();
            }
            sleep(SHORT * 2).await;
            let watch = paused.lock.watch();
            assert_ne!(watch(), Standing::Held);
            let lost = check_held(paused.lock.as_ref()).await.unwrap_err();
            assert_eq!(lost.exit, Exit::Locked);
            assert_eq!(lost.summary, crate::Error::lock_lost().summary);
            assert_eq!(watch(), Standing::Lost);
        }
    }
}

#[tokio::test]
async fn a_holder_that_cannot_ask_after_a_pause_stops_after_a_while() {
    let team = Team::new(true);
    let timing = Timing {
        confirm: SHORT,
        ..pausing()
    };
    let store = team.store("a", timing);
    let writer = Writer::lock(&store, "run-a").await;
    team.aws
        .set_faults(|_, name| (name == "PutItem").then_some(Fault::LostRequest));
    sleep(SHORT * 2).await;
    let stopped = check_held(writer.lock.as_ref()).await.unwrap_err();
    assert!(stopped.summary.contains("was paused"), "{stopped}");
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
        check_held(lock.as_ref()).await.unwrap();
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

/// As `rd-state unlock` and `doctor` ask it.
#[tokio::test]
async fn a_holder_elsewhere_is_alive_only_while_it_renews_its_lock() {
    for table in BOTH {
        let team = Team::new(table);
        let timing = Timing {
            renew: SHORT * 2,
            ..lasting()
        };
        let watching = team.store("b", timing);
        let dead = team.store("a", lasting());
        let dead_lock = dead.lock(&key(), holder("run-a"), Duration::ZERO).await;
        assert!(!watching.is_alive(&key()).await.unwrap());
        drop(dead_lock);
        watching.break_lock(&key()).await.unwrap();
        assert!(!watching.is_alive(&key()).await.unwrap(), "it is released");
        let often = Timing {
            renew: SHORT / 8,
            ..lasting()
        };
        let alive = team.store("a", often);
        let lock = alive.lock(&key(), holder("run-c"), Duration::ZERO).await;
        assert!(watching.is_alive(&key()).await.unwrap());
        drop(lock);
        // One of this machine is known at once, also where it does not renew its lock.
        let team = Team::new(table);
        let here = team.store("b", lasting());
        let lock = here.lock(&key(), holder("run-d"), Duration::ZERO).await;
        assert!(here.is_alive(&key()).await.unwrap());
        drop(lock);
    }
}
