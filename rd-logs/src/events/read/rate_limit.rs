//! The rate of calls to FilterLogEvents: one limit for all groups and parts of this process.
//!
//! AWS allows an account 5, 10 or 25 calls a second, depending on the region, and other programs in the account use
//! some of them. So the limit adapts: it starts at 10 calls a second and doubles every half second until a call is
//! throttled. Each throttled call lowers it; from then on it grows by one call a second, every second.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>

use rd_common::resource::wait::Clock;
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::Instant;

/// The rate at the start, in calls a second.
const INITIAL: f64 = 10.0;
/// The highest rate that AWS allows in any region.
const MAX: f64 = 25.0;
/// The lowest rate, however many calls are throttled.
const MIN: f64 = 0.5;
/// The factor by which a throttled call lowers the rate.
const DECREASE: f64 = 0.6;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct State {
    /// In calls a second.
    rate: f64,
    next_call: Instant,
    increased: Instant,
    /// Whether any call was throttled so far.
    throttled: bool,
}

/// The limit, adapted by the outcomes of calls.
#[derive(Debug)]
pub struct RateLimit {
    clock: Clock,
    scale: f64,
    state: RefCell<State>,
}

impl RateLimit {
    /// A limit whose seconds are scaled by the clock, as all waits are.
    pub fn new(clock: Clock) -> Self {
        let now = Instant::now();
        // The length of a scaled second. Rates are calls per scaled second.
        let scale = clock.scaled(SECOND).as_secs_f64();
        Self {
            clock,
            scale,
            state: RefCell::new(State {
                rate: INITIAL,
                next_call: now,
                increased: now,
                throttled: false,
            }),
        }
    }

    /// Waits until one more call may be made.
    pub async fn acquire(&self) {
        let at = {
            let mut state = self.state.borrow_mut();
            let at = state.next_call.max(Instant::now());
            state.next_call = at + Duration::from_secs_f64(self.scale / state.rate);
            at
        };
        tokio::time::sleep_until(at).await;
    }

    /// Reports that a call was not throttled.
    pub fn succeeded(&self) {
        let mut state = self.state.borrow_mut();
        let interval = if state.throttled { SECOND } else { SECOND / 2 };
        if state.increased.elapsed() < self.clock.scaled(interval) {
            return;
        }
        state.increased = Instant::now();
        state.rate = if state.throttled {
            state.rate + 1.0
        } else {
            state.rate * 2.0
        }
        .min(MAX);
    }

    /// Reports that AWS throttled a call.
    pub fn throttled(&self) {
        let mut state = self.state.borrow_mut();
        state.throttled = true;
        state.increased = Instant::now();
        state.rate = (state.rate * DECREASE).max(MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_are_spaced_and_throttling_lowers_the_rate() {
        let limit = RateLimit::new(Clock::default());
        let start = Instant::now();
        for _ in 0..3 {
            limit.acquire().await;
        }
        // The first call is immediate, then ten a second.
        assert!(start.elapsed() >= Duration::from_millis(199));
        let long_ago = Instant::now().checked_sub(Duration::from_secs(2)).unwrap();
        limit.state.borrow_mut().increased = long_ago;
        limit.succeeded();
        assert_eq!(limit.state.borrow().rate, 20.0);
        // It does not double again within half a second.
        limit.succeeded();
        assert_eq!(limit.state.borrow().rate, 20.0);
        for _ in 0..20 {
            limit.throttled();
        }
        assert_eq!(limit.state.borrow().rate, MIN);
        limit.state.borrow_mut().increased = long_ago;
        limit.succeeded();
        assert_eq!(limit.state.borrow().rate, MIN + 1.0);
    }
}
