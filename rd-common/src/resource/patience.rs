//! How long a call is repeated that fails for the moment.

use crate::error::{Error, Retry};
use crate::resource::wait::{Clock, Deadline, backoff};
use std::time::Duration;

/// How often a call is attempted whose response is lost, or that AWS did not carry out.
pub const MAX_ATTEMPTS: u32 = 8;

/// How long a call is repeated that AWS refuses for now, at the least: within this time, EC2 shows every change to every
/// call. Other services take up to two minutes, such as IAM.
/// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/wait.go>
pub const REFUSED_LIMIT: Duration = Duration::from_secs(300);

/// What is left of the attempts and of the time for one call.
#[derive(Debug)]
pub struct Patience {
    refused: Deadline,
    refusals: u32,
    failures: u32,
}

impl Patience {
    /// Refusals are waited out for `limit`, and for [`REFUSED_LIMIT`] at the least.
    pub fn new(clock: Clock, limit: Duration) -> Self {
        Self {
            refused: clock.deadline(limit.max(REFUSED_LIMIT)),
            refusals: 0,
            failures: 0,
        }
    }

    /// The pause before the next attempt after this error; none where there is none.
    pub fn pause_after(&mut self, error: &Error) -> Option<Duration> {
        let (count, goes_on) = match error.retry {
            Retry::Never => return None,
            Retry::Later => (&mut self.refusals, !self.refused.is_over()),
            Retry::NotDone | Retry::Unknown => {
                let goes_on = self.failures + 1 < MAX_ATTEMPTS;
                (&mut self.failures, goes_on)
            }
        };
        let pause = backoff(*count);
        *count += 1;
        goes_on.then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(retry: Retry, most: usize) -> usize {
        let mut patience = Patience::new(Clock::default(), Duration::ZERO);
        let error = Error::failed("busy").retry(retry);
        let repeated = (0..most).take_while(|_| patience.pause_after(&error).is_some());
        repeated.count() + 1
    }

    #[test]
    fn refusals_are_limited_by_time_and_failures_by_number() {
        assert_eq!(attempts(Retry::Never, 100), 1);
        assert_eq!(attempts(Retry::NotDone, 100), 8);
        assert_eq!(attempts(Retry::Unknown, 100), 8);
        assert_eq!(attempts(Retry::Later, 100), 101);
    }
}
