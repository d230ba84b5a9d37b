//! AWS's clock, from the `Date` header of its responses. What is compared with times that AWS reports is compared with its
//! "now", not with this machine's, whose clock may be off.

use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Smaller differences, in milliseconds, are ignored: a response takes some time, and `Date` has whole seconds.
const TOLERANCE: i64 = 3000;

/// How far AWS's clock is from this machine's: shared by its clones, and updated by each response.
#[derive(Clone, Debug, Default)]
pub struct AwsClock {
    /// How far AWS's clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl AwsClock {
    /// The current time of AWS's clock; this machine's before the first response.
    pub fn now(&self) -> Timestamp {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond() + ahead).unwrap_or(now)
    }

    /// Takes the time of a response from its header `Date`.
    pub(super) fn update(&self, date: &str) {
        if let Ok(aws) = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date) {
            let ahead = aws.as_millisecond() - Timestamp::now().as_millisecond();
            let ahead = if ahead.abs() < TOLERANCE { 0 } else { ahead };
            self.ahead.store(ahead, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn now_follows_the_date_of_responses() {
        let clock = AwsClock::default();
        let ahead =
            |clock: &AwsClock| clock.now().as_millisecond() - Timestamp::now().as_millisecond();
        clock.update("nonsense");
        assert!(ahead(&clock).abs() < 100);
        clock.update("Mon, 01 Jan 2001 00:00:00 GMT");
        assert!(ahead(&clock) < -700_000_000_000);
    }
}
