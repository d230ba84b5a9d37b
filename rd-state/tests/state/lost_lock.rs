//! A lock that is taken away while its run is at work: whatever that run was doing, it changes nothing more at AWS.

use rd_testkit::faults::{Calls, Fault, Proxy, Rule};
use rd_testkit::{World, endpoint, finish};
use std::time::{Duration, Instant};

const SETTINGS: &str = "project = \"shop\"\nenvironment = \"test\"\n";

/// The changes that the run has sent so far.
fn changes(proxy: &Proxy) -> usize {
    Calls::Changes.count(&proxy.calls())
}

/// A call that AWS throttles is repeated; once the lock is gone, it is not sent again.
#[test]
fn a_repeated_call_is_not_sent_again() {
    for fault in [Fault::Throttle, Fault::InternalError] {
        let proxy = Proxy::start(endpoint());
        let world = World::at(SETTINGS, proxy.url());
        proxy.rules(
            vec![Rule::at_first(Calls::Changes, usize::MAX, fault.clone())],
            None,
        );
        let mut run = world
            .rd("rd-store")
            .args("apply -y")
            // Pauses of half a second: none of them is over before the lock is gone.
            .env("RD_WAIT_SCALE", "1")
            .start();
        while changes(&proxy) < 2 && run.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(5));
        }
        world.rd("rd-state").args("unlock store --force").ok();
        let sent = changes(&proxy);
        let start = Instant::now();
        let done = finish(run);
        assert_eq!(done.code, 4, "{}", done.stderr);
        assert!(
            done.stderr
                .contains("another run took this run's state lock"),
            "{}",
            done.stderr
        );
        // One may have been on its way.
        assert!(
            changes(&proxy) <= sent + 1,
            "{} after {sent}",
            changes(&proxy)
        );
        assert!(start.elapsed() < Duration::from_secs(30), "{fault:?}");
    }
}

/// The SDK makes one attempt of each change, so that the engine alone decides whether there is another one.
#[test]
fn a_change_that_is_refused_by_a_quota_is_sent_once() {
    let proxy = Proxy::start(endpoint());
    let world = World::at(SETTINGS, proxy.url());
    let quota = Fault::Refuse {
        status: 400,
        code: "TooManyBuckets",
    };
    proxy.rules(
        vec![Rule::at_first(Calls::Changes, usize::MAX, quota)],
        None,
    );
    let done = world.rd("rd-store").args("apply -y").code(1);
    assert!(done.stderr.contains("Service Quotas"), "{}", done.stderr);
    assert_eq!(changes(&proxy), 1);
}
