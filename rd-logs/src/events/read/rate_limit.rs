//! The rate of calls to FilterLogEvents: one limit for all groups and parts of this process.
//!
//! AWS allows an account 5, 10 or 25 calls a second, depending on the region, and other programs in the account use
//! some of them. So rd-logs takes half of them at most. Each throttled call lowers the rate; from then on it grows again,
//! by one call a second every second.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>

use rd_common::resource::wait::Clock;
use std::cell::RefCell;
use std::time::Duration;
use tokio::time::Instant;

/// The regions in which AWS allows another rate than [`QUOTA`], with that rate, in calls a second. It throttles if that has
/// changed.
const QUOTAS: [(&str, f64); 6] = [
    ("us-east-1", 25.0),
    ("ap-northeast-3", 5.0),
    ("ap-southeast-3", 5.0),
    ("ca-west-1", 5.0),
    ("eu-central-1", 5.0),
    ("il-central-1", 5.0),
];
/// The rate that AWS allows in all other regions, in calls a second.
const QUOTA: f64 = 10.0;
/// The share of it that rd-logs takes.
const SHARE: f64 = 0.5;
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
}

/// The limit, adapted by the outcomes of calls.
#[derive(Debug)]
pub struct RateLimit {
    clock: Clock,
    scale: f64,
    /// The highest rate, in calls a second.
    max: f64,
    state: RefCell<State>,
}

impl RateLimit {
    /// The limit for a region. Its seconds are scaled by the clock, as all waits are.
    pub fn new(clock: Clock, region: &str) -> Self {
        let now = Instant::now();
        let quota = QUOTAS.iter().find(|(name, _)| *name == region);
        let max = quota.map_or(QUOTA, |(_, quota)| *quota) * SHARE;
        // The length of a scaled second. Rates are calls per scaled second.
        let scale = clock.scaled(SECOND).as_secs_f64();
        Self {
            clock,
            scale,
            max,
            state: RefCell::new(State {
                rate: max,
                next_call: now,
                increased: now,
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
        if state.increased.elapsed() < self.clock.scaled(SECOND) {
            return;
        }
        state.increased = Instant::now();
        state.rate = (state.rate + 1.0).min(self.max);
    }

    /// Reports that AWS throttled a call.
    pub fn throttled(&self) {
        let mut state = self.state.borrow_mut();
        state.increased = Instant::now();
        state.rate = (state.rate * DECREASE).max(MIN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn calls_are_spaced_and_throttling_lowers_the_rate() {
        let limit = RateLimit::new(Clock::default(), "eu-west-1");
        let start = Instant::now();
        for _ in 0..3 {
            limit.acquire().await;
        }
        // The first call is immediate, then five a second: half of what AWS allows there.
        assert!(start.elapsed() >= Duration::from_millis(399));
        let long_ago = Instant::now().checked_sub(Duration::from_secs(2)).unwrap();
        let succeeds_later = || {
            limit.state.borrow_mut().increased = long_ago;
            limit.succeeded();
            limit.state.borrow().rate
        };
        assert_eq!(succeeds_later(), 5.0);
        for _ in 0..20 {
            limit.throttled();
        }
        assert_eq!(limit.state.borrow().rate, MIN);
        assert_eq!(succeeds_later(), MIN + 1.0);
        // It does not grow again within a second.
        limit.succeeded();
        assert_eq!(limit.state.borrow().rate, MIN + 1.0);
        for (region, most) in [("us-east-1", 12.5), ("eu-central-1", 2.5)] {
            let limit = RateLimit::new(Clock::default(), region);
            assert_eq!(limit.state.borrow().rate, most, "{region}");
        }
    }
}
