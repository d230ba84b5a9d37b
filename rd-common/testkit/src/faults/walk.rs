//! Repeats a command with a fault at each of its calls in turn, each time in a new world.

use super::call::Call;
use super::lag::Lag;
use super::proxy::Proxy;
use super::rule::{Calls, Fault, Rule};
use crate::run::{Done, Rd, finish};
use crate::server::endpoint;
use crate::world::World;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The lags that reads can have: a few reads or some time behind, or going back in time.
pub const LAGS: [fn() -> Lag; 4] = [
    || Lag::of(1),
    || Lag::of(5),
    || Lag::going_back(3),
    || Lag::lasting(Duration::from_millis(600)),
];

/// The faults that are combined with each lag.
const FAULTS: [Fault; 7] = [
    Fault::KillBefore,
    Fault::KillAfter,
    Fault::LoseAnswer,
    Fault::LoseRequest,
    Fault::Throttle,
    Fault::InternalError,
    Fault::Unavailable,
];

/// A command, with what must be done before it and what must be true when it was run again after a fault.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// The settings of each new world.
    pub settings: &'static str,
    /// Prepares a new world for the command.
    pub prepare: fn(&World),
    /// The command that meets the faults.
    pub command: fn(&World) -> Rd,
    /// Checks the world after the second run.
    pub check: fn(&World),
}

impl Scenario {
    fn world(&self, proxy: &Proxy) -> World {
        let world = World::at(self.settings, proxy.url());
        (self.prepare)(&world);
        world
    }

    fn run(&self, world: &World, proxy: &Proxy) -> Done {
        let mut child = (self.command)(world).start();
        drop(child.stdin.take());
        proxy.victim(child.id());
        finish(child)
    }

    /// Runs the command without a fault, checks, and returns the calls that it made.
    pub fn record(&self) -> Vec<Call> {
        let proxy = Proxy::start(endpoint());
        let world = self.world(&proxy);
        proxy.rules(Vec::new(), None);
        let done = self.run(&world, &proxy);
        assert_eq!(done.code, 0, "{}", done.stderr);
        let calls = proxy.calls();
        (self.check)(&world);
        calls
    }

    /// A value from the world, before and after the command without a fault.
    pub fn measure(&self, look: impl Fn(&World) -> usize) -> (usize, usize) {
        let proxy = Proxy::start(endpoint());
        let world = self.world(&proxy);
        let before = look(&world);
        let done = self.run(&world, &proxy);
        assert_eq!(done.code, 0, "{}", done.stderr);
        (before, look(&world))
    }

    /// Runs the command with the rules, then without them, and checks. Returns the result of the first run.
    pub fn survives(&self, rules: Vec<Rule>, lag: Option<Lag>) -> Done {
        let proxy = Proxy::start(endpoint());
        let world = self.world(&proxy);
        proxy.rules(rules, lag);
        let first = self.run(&world, &proxy);
        assert!(!first.stderr.contains("panicked"), "{}", first.stderr);
        proxy.rules(Vec::new(), None);
        let again = self.run(&world, &proxy);
        assert_eq!(
            again.code, 0,
            "the run after it:\n{}\nthe run with the fault:\n{}",
            again.stderr, first.stderr
        );
        (self.check)(&world);
        first
    }

    /// Runs the command with a rule while reads lag, then without the rule while they still do, and checks. Returns the
    /// result of the first run, and whether the fault occurred.
    pub fn survives_while_lagging(&self, rule: Rule, lag: Lag) -> (Done, bool) {
        let what = format!("{rule:?}, {lag:?}");
        let proxy = Proxy::start(endpoint());
        let world = self.world(&proxy);
        proxy.rules(vec![rule], Some(lag));
        let first = self.run(&world, &proxy);
        assert!(!first.stderr.contains("panicked"), "{}", first.stderr);
        let happened = proxy.happened() > 0;
        proxy.no_more_faults();
        let again = self.run(&world, &proxy);
        assert_eq!(
            again.code, 0,
            "{what}: the run after it:\n{}\nthe run with the fault:\n{}",
            again.stderr, first.stderr
        );
        proxy.rules(Vec::new(), None);
        (self.check)(&world);
        (first, happened)
    }

    /// Combines each fault with each lag, `few` of the combinations unless in a soak: kills at any call, the other faults
    /// at the changes.
    pub fn combined(&self, recorded: &[Call], few: usize) {
        let kinds_of = FAULTS.len() * LAGS.len();
        let all = Calls::All.count(recorded);
        let changes = Calls::Changes.count(recorded);
        let cases: Vec<(usize, usize, usize)> = (0..all * kinds_of)
            .map(|case| {
                let kind = case % kinds_of;
                (case / kinds_of, kind / LAGS.len(), kind % LAGS.len())
            })
            .filter(|(place, fault, _)| *fault < 2 || *place < changes)
            .collect();
        // There are hundreds: a run must not depend on which of them the clock chooses.
        let seed = given_seed().unwrap_or(FIRST_SEED);
        Self::walk(&sample(cases.len(), few, Vec::new(), seed), |case| {
            let (place, fault, lag) = cases[case];
            let kills = fault < 2;
            let calls = if kills { Calls::All } else { Calls::Changes };
            let fault = FAULTS[fault].clone();
            let what = format!("{fault:?} at {place} of {calls:?}, lag {lag}");
            let succeeds = matches!(fault, Fault::LoseAnswer | Fault::Throttle);
            let rule = Rule::once(calls, place, fault);
            let (first, happened) = self.survives_while_lagging(rule, LAGS[lag]());
            if kills && happened {
                assert_eq!(first.code, -1, "{what}: it was not killed");
            }
            if succeeds || !happened {
                assert_eq!(first.code, 0, "{what}: {}", first.stderr);
            }
        });
    }

    /// Kills the command with -9 as soon as `due` is true of its world, runs it again, and checks.
    pub fn survives_kill_when(&self, due: impl Fn(&World) -> bool) {
        let proxy = Proxy::start(endpoint());
        let world = self.world(&proxy);
        let mut child = (self.command)(&world).start();
        drop(child.stdin.take());
        while !due(&world) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        finish(child);
        let again = self.run(&world, &proxy);
        assert_eq!(again.code, 0, "the run after it:\n{}", again.stderr);
        (self.check)(&world);
    }

    /// Kills the command with -9 before and after its changes, `few` of each unless in a soak. `recorded` are its calls
    /// without a fault. Returns how many changes it makes.
    pub fn killed(&self, recorded: &[Call], few: usize) -> usize {
        let count = Calls::Changes.count(recorded);
        Self::walk(&chosen(2 * count, 2 * few), |place| {
            let fault = if place % 2 == 0 {
                Fault::KillBefore
            } else {
                Fault::KillAfter
            };
            let first = self.survives(vec![Rule::once(Calls::Changes, place / 2, fault)], None);
            assert_eq!(first.code, -1, "place {place}: it was not killed");
        });
        count
    }

    /// Loses the responses to its changes, `few` of them unless in a soak. The command must succeed each time.
    pub fn answers_lost(&self, recorded: &[Call], few: usize) {
        let count = Calls::Changes.count(recorded);
        Self::walk(&chosen(count, few), |place| {
            let rule = Rule::once(Calls::Changes, place, Fault::LoseAnswer);
            let first = self.survives(vec![rule], None);
            assert_eq!(first.code, 0, "place {place}: {}", first.stderr);
        });
    }

    /// Throttles its calls three times, `few` of them unless in a soak. The command must succeed each time.
    pub fn throttled(&self, recorded: &[Call], few: usize) {
        let count = Calls::All.count(recorded);
        Self::walk(&chosen(count, few), |place| {
            let rule = Rule {
                calls: Calls::All,
                first: place,
                times: 3,
                fault: Fault::Throttle,
            };
            let first = self.survives(vec![rule], None);
            assert_eq!(first.code, 0, "place {place}: {}", first.stderr);
        });
    }

    /// Makes reads lag by so many reads. The command must wait for what it needs.
    pub fn lagging(&self, reads: &[usize]) {
        Self::walk(reads, |reads| {
            let first = self.survives(Vec::new(), Some(Lag::of(reads)));
            assert_eq!(first.code, 0, "{reads} reads behind: {}", first.stderr);
        });
    }

    /// Runs `one` for each of these places, as many in parallel as there are cores: tests run in parallel, too.
    pub fn walk(places: &[usize], one: impl Fn(usize) + Sync) {
        let next = AtomicUsize::new(0);
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..workers.min(places.len()) {
                scope.spawn(|| {
                    while let Some(&place) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
                        one(place);
                    }
                });
            }
        });
    }
}

/// Defines the tests of a slice's scenarios, in a module for each: killed, with lost responses, throttled, at `few`
/// places each, with reads that lag, and with two combinations of a fault and a lag. The first test of a scenario records
/// its calls for the others.
#[macro_export]
macro_rules! fault_walks {
    ($few:expr, $($name:ident: $scenario:expr),+ $(,)?) => {
        $(mod $name {
            use super::*;
            use std::sync::LazyLock;

            static RECORDED: LazyLock<Vec<$crate::faults::Call>> =
                LazyLock::new(|| $scenario.record());

            #[test]
            fn killed() {
                assert!($scenario.killed(&RECORDED, $few) > 0);
            }

            #[test]
            fn answers_lost() {
                $scenario.answers_lost(&RECORDED, $few);
            }

            #[test]
            fn throttled() {
                $scenario.throttled(&RECORDED, $few);
            }

            #[test]
            fn reads_lagging() {
                $scenario.lagging(&[1, 3, 5]);
            }

            #[test]
            fn faults_while_reads_lag() {
                $scenario.combined(&RECORDED, 2);
            }
        })+
    };
}

/// Whether faults occur at every place (`make soak`), rather than at a few.
pub fn soak() -> bool {
    std::env::var_os("RD_SOAK").is_some()
}

/// Chooses among `count` places: all in a soak, otherwise `few`, with the first and the last. The others are chosen by
/// `RD_SEED`, or by the clock without it. The choice is printed, so that a failure can be reproduced.
pub fn chosen(count: usize, few: usize) -> Vec<usize> {
    let ends = if count > 1 {
        vec![0, count - 1]
    } else {
        Vec::new()
    };
    let seed = given_seed().unwrap_or_else(|| {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        now.as_secs()
    });
    sample(count, few, ends, seed)
}

/// The seed of the combinations without `RD_SEED`.
const FIRST_SEED: u64 = 1;

fn given_seed() -> Option<u64> {
    std::env::var("RD_SEED").ok()?.parse().ok()
}

/// `few` of `count` places, `places` among them, the others chosen by `seed`; all in a soak.
fn sample(count: usize, few: usize, mut places: Vec<usize>, seed: u64) -> Vec<usize> {
    if soak() || count <= few {
        return (0..count).collect();
    }
    let mut random: u64 = seed;
    while places.len() < few {
        // A linear congruential generator (Knuth, MMIX): any distribution is good enough.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(random >> 33).unwrap() % count;
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places.sort_unstable();
    println!("RD_SEED={seed}: places {places:?} of {count}");
    places
}
