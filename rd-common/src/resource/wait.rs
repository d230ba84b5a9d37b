//! Waiting: pauses between looks, and the clock they are measured with.

use crate::error::{Error, Result};
use crate::resource::ctx::Ctx;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The shortest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(400);

/// A clock whose waits can be scaled: `RD_WAIT_SCALE=0.02` makes a test of minutes one of seconds. At 1, the default,
/// a second is a second.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    scale: f64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { scale: 1.0 }
    }
}

impl Clock {
    /// A clock scaled as `RD_WAIT_SCALE` says.
    pub fn from_env() -> Self {
        std::env::var("RD_WAIT_SCALE")
            .ok()
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|scale| scale.is_finite() && *scale > 0.0 && *scale <= 1.0)
            .map_or_else(Self::default, |scale| Self { scale })
    }

    /// How long a wait of this length takes.
    pub fn scaled(self, duration: Duration) -> Duration {
        duration.mul_f64(self.scale)
    }

    /// Sleeps.
    pub async fn sleep(self, duration: Duration) {
        tokio::time::sleep(self.scaled(duration)).await;
    }

    /// A limit that starts now.
    pub fn deadline(self, limit: Duration) -> Deadline {
        Deadline {
            start: Instant::now(),
            limit,
            scale: self.scale,
        }
    }
}

/// A time limit.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Instant,
    limit: Duration,
    scale: f64,
}

impl Deadline {
    /// Unscaled time since it started.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed().div_f64(self.scale)
    }

    /// Whether the limit is past.
    pub fn is_over(&self) -> bool {
        self.elapsed() >= self.limit
    }

    /// The pause before the next look: a few per cent of the time gone, so that a wait of seconds is noticed within
    /// tenths and a wait of minutes costs few calls.
    pub fn pause(&self) -> Duration {
        self.pause_from(SHORTEST_PAUSE)
    }

    /// The same, with a shortest pause of the caller's.
    pub fn pause_from(&self, shortest: Duration) -> Duration {
        self.elapsed()
            .mul_f64(0.05)
            .clamp(shortest.min(LONGEST_PAUSE), LONGEST_PAUSE)
    }
}

/// What a look found.
pub enum Poll<T> {
    /// What was waited for.
    Ready(T),
    /// Not yet; why.
    Pending(String),
}

/// Looks until it is done, at most for `limit`; ends early when the user asks to stop.
pub async fn wait_until<C, T, F>(
    ctx: &Ctx<C>,
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Result<Poll<T>>>,
{
    let step = ctx.progress.step(what, false);
    let deadline = ctx.clock.deadline(limit);
    loop {
        if ctx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
        let reason = match look().await? {
            Poll::Ready(value) => return Ok(value),
            Poll::Pending(reason) => reason,
        };
        if deadline.is_over() {
            let limit = jiff::SignedDuration::try_from(limit).unwrap_or_default();
            return Err(
                Error::failed(format!("{what}: not within {limit:#}: {reason}"))
                    .hint("run the command again to go on waiting"),
            );
        }
        step.say(&reason);
        ctx.pause(deadline.pause()).await?;
    }
}

/// The pause before attempt `n` (from 0) of something that failed for the moment: 0.5 s, doubling, at most 8 s.
pub fn backoff(attempt: u32) -> Duration {
    Duration::from_millis(500) * 2u32.pow(attempt.min(4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_in_bounds() {
        assert_eq!(backoff(0), Duration::from_millis(500));
        assert_eq!(backoff(9), Duration::from_secs(8));
        let deadline = Clock::default().deadline(Duration::from_secs(1));
        assert_eq!(deadline.pause(), SHORTEST_PAUSE);
        assert!(!deadline.is_over());
    }
}
