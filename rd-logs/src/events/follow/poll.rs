//! Polls one log group: reads new events often, and older ones again from time to time, because some become visible
//! late.
//!
//! Agents send events in batches, and CloudWatch shows them seconds after it received them, not those of all streams at
//! the same time. So a pass begins before the end of the previous one. If the whole overlap window fits into a page,
//! each pass reads all of it. If it does not, a pass begins a few seconds back, and in addition, sweeps read the whole
//! window: as often as fits into a fifth of the time, and at least twice per window. A sweep begins a window before the
//! start of the previous one, however long that took: so an event that is late by up to the window is read in any case.

use crate::events::event::Event;
use crate::events::read::source::{Source, is_missing, is_stale_token};
use rd_common::{Error, Result};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How far back a pass begins if sweeps read the rest of the window.
const STEP_BACK: Duration = Duration::from_secs(5);
/// The pause between two passes while events arrive.
const BUSY_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause between two passes, when no events have arrived for some time.
const IDLE_PAUSE: Duration = Duration::from_secs(1);
/// The most passes a second of all groups together, so that most of the calls that AWS allows are left for pages.
const PASSES_A_SECOND: f64 = 2.5;
/// The time from the start of a sweep to the start of the next one, as a multiple of its length.
const SWEEP_INTERVAL: u32 = 5;
/// The pause before a group that does not exist is read again.
const MISSING_PAUSE: Duration = Duration::from_secs(5);

/// What a poller reports. Times are in milliseconds since 1970, groups are indexes.
#[derive(Debug)]
pub enum Update {
    /// A page was read.
    Page {
        /// The group that was read.
        group: usize,
        /// The events, sorted. Some may have been read before.
        events: Vec<Event>,
        /// The pass has come to this time. After its last page, all visible events before it were read; before, later
        /// pages may have earlier events. None for a page of a sweep.
        reached: Option<i64>,
        /// The pass still has to read events after this time. None for its last page, and for a page of a sweep.
        behind: Option<i64>,
        /// The whole overlap window was read since this time: no later read begins before the window that ends here. None
        /// unless this is the last page of a read of the whole window.
        covered: Option<i64>,
    },
    /// The group does not exist.
    Missing(usize),
    /// The poller has ended because of an error that no retry fixes.
    Failed(Error),
    /// The poller of the group has read all that was asked for.
    Ended(usize),
}

/// What a poller reads. Times are in milliseconds since 1970.
#[derive(Clone, Debug)]
pub struct PollSettings {
    /// The index of the group.
    pub group: usize,
    /// The first millisecond to read.
    pub start: i64,
    /// The last millisecond to read; none to poll without end.
    pub end: Option<i64>,
    /// The length of the overlap window: how late events may become visible.
    pub overlap: Duration,
    /// Whether to make only one pass.
    pub once: bool,
    /// Whether the user named the group: then a single pass fails if it does not exist.
    pub named: bool,
}

/// Starts a task that polls a group and sends updates. The last one is `Ended` or `Failed`.
pub fn start(
    source: Rc<Source>,
    settings: PollSettings,
    updates: Sender<Update>,
) -> JoinHandle<()> {
    tokio::task::spawn_local(async move {
        let group = settings.group;
        let poller = Poller {
            source,
            settings,
            updates: updates.clone(),
        };
        let last = match poller.run().await {
            Ok(()) => Update::Ended(group),
            Err(error) => Update::Failed(error),
        };
        // If nothing receives it, the program is ending.
        let _ = updates.send(last).await;
    })
}

#[derive(Clone)]
struct Poller {
    source: Rc<Source>,
    settings: PollSettings,
    updates: Sender<Update>,
}

/// What a pass reads.
#[derive(Clone, Copy)]
enum Reads {
    /// All that is new, and the whole window. It begins now.
    Window(Instant),
    /// All that is new, and a few seconds before it. It begins now.
    Newest(Instant),
    /// The whole window up to this time, in milliseconds since 1970, while other passes read what is new.
    Sweep(i64),
}

/// The result of a pass.
struct Pass {
    /// The number of pages that its events fill. Pages without events do not count.
    pages: f64,
    /// The latest timestamp, in milliseconds since 1970.
    newest: i64,
    /// When it began, or up to where it swept, in milliseconds since 1970.
    started: i64,
}

impl Poller {
    async fn run(&self) -> Result<()> {
        let clock = self.source.clock;
        let millis = |duration: Duration| clock.scaled(duration).as_millis() as i64;
        let (overlap, step_back) = (millis(self.settings.overlap), millis(STEP_BACK));
        let shortest_pause =
            Duration::from_secs_f64(self.source.groups.len() as f64 / PASSES_A_SECOND);
        let mut pause = BUSY_PAUSE;
        let mut from = self.settings.start;
        // Whether passes leave out most of the window, because it does not fit into a page.
        let (mut first, mut narrow) = (true, false);
        // When the last read of the whole window began that has ended.
        let mut covered = from;
        let mut sweep: Option<JoinHandle<Result<(i64, f64)>>> = None;
        let (mut last_sweep, mut sweep_every) = (Instant::now(), clock.scaled(STEP_BACK));
        loop {
            let start = Instant::now();
            let reads = if narrow {
                Reads::Newest(start)
            } else {
                Reads::Window(start)
            };
            let pass = match self.pass(from, self.settings.end, reads).await {
                Err(error)
                    if is_missing(&error) && !(self.settings.once && self.settings.named) =>
                {
                    self.send(Update::Missing(self.settings.group)).await;
                    if self.settings.once {
                        return Ok(());
                    }
                    clock.sleep(MISSING_PAUSE).await;
                    continue;
                }
                other => other?,
            };
            let started = pass.started;
            if !narrow {
                covered = started;
            }
            let past_end = self.settings.end.is_some_and(|end| started > end + overlap);
            if self.settings.once || past_end {
                return Ok(());
            }
            if sweep.as_ref().is_some_and(JoinHandle::is_finished)
                && let Some(done) = sweep.take()
            {
                let interval = last_sweep.elapsed() * SWEEP_INTERVAL;
                sweep_every = interval.clamp(
                    clock.scaled(STEP_BACK),
                    clock.scaled(self.settings.overlap) / 2,
                );
                let done = done
                    .await
                    .map_err(|e| Error::failed(format!("a task that reads events failed: {e}")))?;
                // Passes read the whole window again once it fits into a page.
                narrow = match done {
                    Ok((began, pages)) => {
                        covered = covered.max(began);
                        pages > 1.0
                    }
                    // The next pass reports it.
                    Err(error) if is_missing(&error) => false,
                    Err(error) => return Err(error),
                };
            }
            // The first pass reads the past, which may have many pages whatever the size of the window.
            if !std::mem::take(&mut first) && !narrow && pass.pages > 1.0 {
                narrow = true;
                last_sweep = Instant::now();
            }
            if narrow && sweep.is_none() && last_sweep.elapsed() >= sweep_every {
                last_sweep = Instant::now();
                let other = self.clone();
                let from = self.settings.start.max(covered - overlap);
                sweep = Some(tokio::task::spawn_local(async move {
                    let sweep = other
                        .pass(from, Some(started), Reads::Sweep(started))
                        .await?;
                    Ok((sweep.started, sweep.pages))
                }));
            }
            let back = if narrow {
                started - step_back
            } else {
                covered - overlap
            };
            // If events arrived since the last pass began, more are likely.
            let busy = pass.newest >= started - millis(BUSY_PAUSE.max(pause) * 2);
            pause = if busy {
                BUSY_PAUSE
            } else {
                (pause * 3 / 2).min(IDLE_PAUSE)
            };
            from = self.settings.start.max(back);
            clock.sleep(pause.max(shortest_pause)).await;
        }
    }

    /// Reads a range to its end. A sweep does not move the frontier.
    async fn pass(&self, from: i64, end: Option<i64>, reads: Reads) -> Result<Pass> {
        let mut range = self.source.range(self.settings.group, from, end).await;
        let mut pass = Pass {
            pages: 0.0,
            newest: i64::MIN,
            started: from,
        };
        loop {
            let page = match self.source.page(&range, None).await {
                // From the start again, since pages need not be in order. What was read before is known by its id.
                Err(error) if is_stale_token(&error, &range) => {
                    range.token = None;
                    continue;
                }
                other => other?,
            };
            pass.pages += page.filled;
            if let Some(last) = page.events.last() {
                pass.newest = pass.newest.max(last.timestamp);
            }
            range.token = page.token;
            let more = range.token.is_some();
            let read = pass.newest.max(from);
            pass.started = match reads {
                Reads::Window(start) | Reads::Newest(start) => self.aws_time(start),
                Reads::Sweep(started) => started,
            };
            let started = pass.started;
            let sweeps = matches!(reads, Reads::Sweep(_));
            let whole = !matches!(reads, Reads::Newest(_));
            self.send(Update::Page {
                group: self.settings.group,
                events: page.events,
                reached: (!sweeps).then_some(if more { read.min(started) } else { started }),
                behind: (more && !sweeps).then_some(read),
                covered: (whole && !more).then_some(started),
            })
            .await;
            if !more {
                return Ok(pass);
            }
        }
    }

    /// The time of AWS's clock at a past moment, in milliseconds since 1970. Call it after a response, which has the
    /// skew.
    fn aws_time(&self, moment: Instant) -> i64 {
        self.source.now() - moment.elapsed().as_millis() as i64
    }

    async fn send(&self, update: Update) {
        // If nothing receives it, the program is ending.
        let _ = self.updates.send(update).await;
    }
}
