//! Waiting for AWS: the pauses between two reads, and the clock that measures them.

use crate::error::{Error, Result};
use crate::resource::ctx::Ctx;
use crate::wait_scale;
use std::cell::Cell;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

/// The longest pause between two reads.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// The shortest pause between two reads.
const SHORTEST_PAUSE: Duration = Duration::from_millis(400);

/// How many reads a wait makes at the least. Where each takes long, the time alone does not say that AWS was asked often.
const LEAST_READS: u32 = 16;

/// A clock whose waits can be shortened for tests: with `RD_WAIT_SCALE=0.02`, minutes take seconds. The default is 1.
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
    /// A clock with the scale in `RD_WAIT_SCALE`, which must be above 0 and at most 1.
    pub fn from_env() -> Self {
        Self {
            scale: wait_scale::from_env(),
        }
    }

    /// How long a wait of `duration` really takes.
    pub fn scaled(self, duration: Duration) -> Duration {
        duration.mul_f64(self.scale)
    }

    /// Sleeps for `duration`, scaled.
    pub async fn sleep(self, duration: Duration) {
        tokio::time::sleep(self.scaled(duration)).await;
    }

    /// A deadline at `limit` from now, scaled.
    pub fn deadline(self, limit: Duration) -> Deadline {
        Deadline {
            start: Instant::now(),
            limit,
            scale: self.scale,
        }
    }
}

/// A time limit that has started.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    start: Instant,
    limit: Duration,
    scale: f64,
}

impl Deadline {
    /// The time since the start, before scaling.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed().div_f64(self.scale)
    }

    /// Whether the limit has passed.
    pub fn is_over(&self) -> bool {
        self.elapsed() >= self.limit
    }

    /// Whether the limit has passed, and no fewer reads were made than a wait makes.
    pub fn is_over_after(&self, reads: u32) -> bool {
        reads >= LEAST_READS && self.is_over()
    }

    /// The pause before the next read: 5 % of the elapsed time, within bounds, so that a wait of seconds ends within
    /// tenths and a wait of minutes costs few calls.
    pub fn pause(&self) -> Duration {
        self.pause_from(SHORTEST_PAUSE)
    }

    /// As [`Deadline::pause`], with another shortest pause.
    pub fn pause_from(&self, shortest: Duration) -> Duration {
        self.elapsed()
            .mul_f64(0.05)
            .clamp(shortest.min(LONGEST_PAUSE), LONGEST_PAUSE)
    }
}

/// What a poll found.
pub enum Poll<T> {
    /// The result of the wait.
    Ready(T),
    /// Not ready yet, with the reason to show.
    Pending(String),
}

/// Polls until there is a result. Fails after `limit`, and at once when the user asks to stop. `what` is shown
/// meanwhile.
pub async fn wait_until<C, T, F>(
    ctx: &Ctx<C>,
    what: &str,
    limit: Duration,
    mut poll: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = Result<Poll<T>>>,
{
    let step = ctx.progress.step(what, false);
    let deadline = ctx.clock.deadline(limit);
    let mut reads = 0;
    loop {
        if ctx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
        let reason = match poll().await? {
            Poll::Ready(value) => return Ok(value),
            Poll::Pending(reason) => reason,
        };
        reads += 1;
        if deadline.is_over_after(reads) {
            let limit = jiff::SignedDuration::try_from(limit).unwrap_or_default();
            return Err(
                Error::failed(format!("{what}: timed out after {limit:#}: {reason}"))
                    .hint("run the command again to continue waiting"),
            );
        }
        step.say(&reason);
        ctx.pause(deadline.pause()).await?;
    }
}

/// How long AWS may take to start what was requested. Until then, it may look as if nothing were to be done.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// Waits until AWS has carried out what was requested a moment ago. `poll` says whether AWS has nothing to do, which counts
/// once it was seen to be busy or had the time to start, and what to show meanwhile. Fails as [`wait_until`] does.
pub async fn wait_until_idle<C, F>(
    ctx: &Ctx<C>,
    what: &str,
    limit: Duration,
    mut poll: impl FnMut() -> F,
) -> Result<()>
where
    F: Future<Output = Result<(bool, String)>>,
{
    let start = ctx.clock.deadline(STARTS_WITHIN);
    let has_started = Cell::new(false);
    wait_until(ctx, what, limit, || {
        let polled = poll();
        let (start, has_started) = (&start, &has_started);
        async move {
            let (is_idle, shown) = polled.await?;
            has_started.set(has_started.get() || !is_idle);
            Ok(if is_idle && (has_started.get() || start.is_over()) {
                Poll::Ready(())
            } else {
                Poll::Pending(shown)
            })
        }
    })
    .await
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
