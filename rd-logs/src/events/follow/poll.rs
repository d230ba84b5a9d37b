//! Reads one group on and on: what is new often, and what may have come late now and then.
//!
//! Events come late: an agent sends them in batches, CloudWatch shows them seconds after it took them in, and not those
//! of all streams at once. So a pass begins before the end of the one before. Where the whole overlap window fits a page,
//! each pass reads all of it. Where it does not, a pass begins a few seconds back, and sweeps beside the passes read the
//! window from its beginning: as often as takes a fifth of the time, and at least twice in the window's length.

use crate::events::event::Event;
use crate::events::read::source::{Range, Source, is_missing, is_stale_token};
use rd_common::{Error, Result};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How far back a pass begins while sweeps look after the rest.
const STEP_BACK: Duration = Duration::from_secs(5);
/// The pause between passes while events come.
const BUSY: Duration = Duration::from_millis(500);
/// The pause after a long time without.
const IDLE: Duration = Duration::from_secs(1);
/// What all groups' passes together may take of the calls that AWS allows, in calls a second.
const SHARE: f64 = 2.5;
/// From the beginning of a sweep to that of the next, so many times its length.
const SWEEP_SHARE: u32 = 5;
/// The pause before a group that is not there is looked for again.
const ABSENT: Duration = Duration::from_secs(5);

/// What a poller tells.
#[derive(Debug)]
pub enum News {
    /// Events of a group, some of which may be known.
    Page {
        /// Of which group.
        group: usize,
        /// The events, sorted.
        events: Vec<Event>,
        /// All events before this, in milliseconds, were read if they were visible. None of a sweep.
        frontier: Option<i64>,
        /// Events after this are still to be read by this pass; none where it has ended.
        behind: Option<i64>,
    },
    /// A group is not there.
    Absent(usize),
    /// It cannot go on.
    Failed(Error),
    /// It has read all that was asked for.
    Ended(usize),
}

/// How to read a group.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Of which group.
    pub group: usize,
    /// From when, in milliseconds.
    pub start: i64,
    /// Until when, included.
    pub end: Option<i64>,
    /// How late events may come.
    pub overlap: Duration,
    /// One pass, and no more.
    pub once: bool,
    /// Whether the group was named: then one pass fails where it is not there.
    pub named: bool,
}

/// Starts a poller.
pub fn start(source: Rc<Source>, plan: Plan, news: Sender<News>) -> JoinHandle<()> {
    tokio::task::spawn_local(async move {
        let group = plan.group;
        let poller = Poller {
            source,
            plan,
            news: news.clone(),
        };
        let last = match poller.run().await {
            Ok(()) => News::Ended(group),
            Err(error) => News::Failed(error),
        };
        // Where nobody listens any more, the program ends.
        let _ = news.send(last).await;
    })
}

#[derive(Clone)]
struct Poller {
    source: Rc<Source>,
    plan: Plan,
    news: Sender<News>,
}

/// What a pass found.
struct Passed {
    pages: usize,
    newest: i64,
}

impl Poller {
    async fn run(&self) -> Result<()> {
        let clock = self.source.clock;
        let millis = |duration: Duration| clock.scaled(duration).as_millis() as i64;
        let (overlap, step_back) = (millis(self.plan.overlap), millis(STEP_BACK));
        let least = Duration::from_secs_f64(self.source.groups.len() as f64 / SHARE);
        let mut pause = BUSY;
        let mut from = self.plan.start;
        let (mut first, mut narrow) = (true, false);
        let mut sweep: Option<JoinHandle<Result<usize>>> = None;
        let (mut swept, mut every) = (Instant::now(), clock.scaled(STEP_BACK));
        loop {
            let moment = Instant::now();
            let passed = match self.pass(from, self.plan.end, Some(moment)).await {
                Err(error) if is_missing(&error) && !(self.plan.once && self.plan.named) => {
                    self.tell(News::Absent(self.plan.group)).await;
                    if self.plan.once {
                        return Ok(());
                    }
                    clock.sleep(ABSENT).await;
                    continue;
                }
                other => other?,
            };
            let began = self.at(moment);
            let over = self.plan.end.is_some_and(|end| began > end + overlap);
            if self.plan.once || over {
                return Ok(());
            }
            if sweep.as_ref().is_some_and(JoinHandle::is_finished)
                && let Some(done) = sweep.take()
            {
                let rest = swept.elapsed() * SWEEP_SHARE;
                every = rest.clamp(clock.scaled(STEP_BACK), clock.scaled(self.plan.overlap) / 2);
                // Back to whole windows once they fit a page again.
                let done = done
                    .await
                    .map_err(|e| Error::failed(format!("a sweep ended: {e}")))?;
                narrow = match done {
                    Ok(pages) => pages > 1,
                    // The next pass says so.
                    Err(error) if is_missing(&error) => false,
                    Err(error) => return Err(error),
                };
            }
            // What is past may have many pages; that says nothing of the window.
            if !std::mem::take(&mut first) && !narrow && passed.pages > 1 {
                narrow = true;
                swept = Instant::now();
            }
            if narrow && sweep.is_none() && swept.elapsed() >= every {
                swept = Instant::now();
                let other = self.clone();
                let start = self.plan.start.max(began - overlap);
                sweep = Some(tokio::task::spawn_local(async move {
                    Ok(other.pass(start, Some(began), None).await?.pages)
                }));
            }
            let back = if narrow { step_back } else { overlap };
            // Events came since the last pass began: there will be more.
            let news = passed.newest >= began - millis(BUSY.max(pause) * 2);
            pause = if news {
                BUSY
            } else {
                (pause * 3 / 2).min(IDLE)
            };
            from = self.plan.start.max(began - back);
            clock.sleep(pause.max(least)).await;
        }
    }

    /// Reads a range to its end. A pass that began at `began` moves the frontier; a sweep does not.
    async fn pass(&self, start: i64, end: Option<i64>, began: Option<Instant>) -> Result<Passed> {
        let mut range = Range {
            group: self.plan.group,
            start,
            end,
            token: None,
        };
        let mut passed = Passed {
            pages: 0,
            newest: i64::MIN,
        };
        loop {
            let page = match self.source.page(&range, None).await {
                Err(error) if is_stale_token(&error, &range) => {
                    range.start = range.start.max(passed.newest);
                    range.token = None;
                    continue;
                }
                other => other?,
            };
            passed.pages += 1;
            if let Some(last) = page.events.last() {
                passed.newest = passed.newest.max(last.timestamp);
            }
            range.token = page.token;
            let more = range.token.is_some();
            let read = passed.newest.max(start);
            let began = began.map(|moment| self.at(moment));
            self.tell(News::Page {
                group: self.plan.group,
                events: page.events,
                frontier: began.map(|began| if more { read.min(began) } else { began }),
                behind: (more && began.is_some()).then_some(read),
            })
            .await;
            if !more {
                return Ok(passed);
            }
        }
    }

    /// What AWS's clock showed at a moment: the answers have told by now.
    fn at(&self, moment: Instant) -> i64 {
        self.source.skew.now() - moment.elapsed().as_millis() as i64
    }

    async fn tell(&self, news: News) {
        // Where nobody listens any more, the program ends.
        let _ = self.news.send(news).await;
    }
}
