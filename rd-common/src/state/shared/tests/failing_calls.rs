//! A fault at any call of a run.

use super::*;

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
