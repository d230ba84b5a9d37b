//! The times of locks, and the clock that measures them.

use crate::wait_scale;
use std::time::Duration;

/// The times of a lock.
///
/// A holder starts no change of AWS later than [`Timing::limit`] after its last renewal was sent. A call takes at most
/// 45 s, so that everything has ended before [`Timing::lease`] is over, when another run may take the lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// How often the holder renews its lock.
    pub(super) renew: Duration,
    /// For how long after the sending of a renewal the holder may start changes.
    pub(super) limit: Duration,
    /// For how long the lock must stay unchanged, on the clock of the run that waits for it, before it is taken over.
    pub(super) lease: Duration,
    /// How often a waiting run looks.
    pub(super) look: Duration,
    /// How often the holder's thread notes that the process runs.
    pub(super) beat: Duration,
    /// After how long without such a note the process was paused, or got no time: another run may have taken the lock
    /// since, with `rd-state unlock --force`.
    pub(super) paused: Duration,
    /// For how long after a pause changes wait for the renewal that shows that the lock is still held. Shorter than the
    /// longest call, whose limit of 45 s goes on meanwhile.
    pub(super) confirm: Duration,
}

/// The least scale of these times: a test on a busy machine needs seconds.
const LEAST_SCALE: f64 = 0.1;

impl Timing {
    /// 20 s, 60 s, 120 s and 2 s, scaled as all waits; 1 s, 3 s and 30 s, which depend on the machine alone.
    pub(super) fn from_env() -> Self {
        Self::scaled(wait_scale::from_env().max(LEAST_SCALE))
    }

    /// The same times with this scale.
    pub(super) fn scaled(scale: f64) -> Self {
        let seconds = |seconds: f64| Duration::from_secs_f64(seconds * scale);
        Self {
            renew: seconds(20.0),
            limit: seconds(60.0),
            lease: seconds(120.0),
            look: seconds(2.0),
            beat: Duration::from_secs(1),
            paused: Duration::from_secs(3),
            confirm: Duration::from_secs(30),
        }
    }
}

/// The time since the machine was started, on a clock that goes on while it sleeps. The holder of a lock counts its lease
/// with it: a laptop that was closed for an hour must not believe that its last renewal was a moment ago.
pub(super) fn awake_or_asleep() -> Duration {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    // On macOS, this one goes on, too.
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let now = rustix::time::clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
    let nanoseconds = u32::try_from(now.tv_nsec).unwrap_or_default();
    Duration::new(seconds, nanoseconds)
}
