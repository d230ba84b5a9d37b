//! How fast FilterLogEvents may be called: one limit for all groups and splits of this process, found by trying.
//!
//! AWS allows an account 5, 10 or 25 calls a second, by region, and others in the account take their share. So it begins
//! with 10, is doubled each half second while nothing is throttled, goes down with each throttled call, and then grows by
//! one call a second in each second. <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>

use rd_common::resource::wait::Clock;
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::Instant;

/// Calls a second at first.
const FIRST: f64 = 10.0;
/// The most that AWS allows anywhere.
const MOST: f64 = 25.0;
/// The least to which throttling brings it.
const LEAST: f64 = 0.5;
/// What is left of the rate after a throttled call.
const LESS: f64 = 0.6;

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct State {
    rate: f64,
    next: Instant,
    grown: Instant,
    throttled: bool,
}

/// The limit.
#[derive(Debug)]
pub struct Limiter {
    clock: Clock,
    scale: f64,
    state: RefCell<State>,
}

impl Limiter {
    /// A limit in time that is scaled as the clock says.
    pub fn new(clock: Clock) -> Self {
        let now = Instant::now();
        // A scaled second is this long; calls a scaled second are meant here.
        let scale = clock.scaled(SECOND).as_secs_f64();
        Self {
            clock,
            scale,
            state: RefCell::new(State {
                rate: FIRST,
                next: now,
                grown: now,
                throttled: false,
            }),
        }
    }

    /// Waits for the turn of one call.
    pub async fn turn(&self) {
        let at = {
            let mut state = self.state.borrow_mut();
            let at = state.next.max(Instant::now());
            state.next = at + Duration::from_secs_f64(self.scale / state.rate);
            at
        };
        tokio::time::sleep_until(at).await;
    }

    /// A call was answered.
    pub fn answered(&self) {
        let mut state = self.state.borrow_mut();
        let every = if state.throttled { SECOND } else { SECOND / 2 };
        if state.grown.elapsed() < self.clock.scaled(every) {
            return;
        }
        state.grown = Instant::now();
        state.rate = if state.throttled {
            state.rate + 1.0
        } else {
            state.rate * 2.0
        }
        .min(MOST);
    }

    /// A call was throttled.
    pub fn throttled(&self) {
        let mut state = self.state.borrow_mut();
        state.throttled = true;
        state.grown = Instant::now();
        state.rate = (state.rate * LESS).max(LEAST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_are_spaced_and_throttling_slows_them() {
        let limiter = Limiter::new(Clock::default());
        let start = Instant::now();
        for _ in 0..3 {
            limiter.turn().await;
        }
        // The first at once, then ten a second.
        assert!(start.elapsed() >= Duration::from_millis(199));
        let long_ago = Instant::now().checked_sub(Duration::from_secs(2)).unwrap();
        limiter.state.borrow_mut().grown = long_ago;
        limiter.answered();
        assert_eq!(limiter.state.borrow().rate, 20.0);
        // Not again at once.
        limiter.answered();
        assert_eq!(limiter.state.borrow().rate, 20.0);
        for _ in 0..20 {
            limiter.throttled();
        }
        assert_eq!(limiter.state.borrow().rate, LEAST);
        limiter.state.borrow_mut().grown = long_ago;
        limiter.answered();
        assert_eq!(limiter.state.borrow().rate, LEAST + 1.0);
    }
}
