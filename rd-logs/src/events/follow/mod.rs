//! A tail: what the pollers read becomes each event once, in order, on stdout; and how far it came is remembered.

mod checkpoint;
mod hold;
mod poll;
mod save;
pub mod task_stopped;

use crate::events::format::Format;
use crate::events::output::Sink;
use crate::events::read::seen::{MOST_IDS, Seen};
use crate::events::read::source::Source;
use crate::time::zone;
use checkpoint::{Checkpoint, Position};
use hold::Hold;
use jiff::tz::TimeZone;
use poll::{News, Plan};
use rd_common::output::stream::OutputFile;
use rd_common::{Exit, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use task_stopped::Stopped;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How many pages may wait to be taken.
const PAGES_WAITING: usize = 4;
/// A group that has told nothing for so long holds the others back no more.
const SILENT: Duration = Duration::from_secs(10);
/// How long a flush may take when the program is to end.
const LAST_FLUSH: Duration = Duration::from_secs(2);
/// A tail that is so far behind says so.
const BEHIND: Duration = Duration::from_secs(120);
const BEHIND_EVERY: Duration = Duration::from_secs(60);

/// What a tail does, beside what it reads.
#[derive(Clone, Debug)]
pub struct Settings {
    /// From when, in milliseconds.
    pub since: i64,
    /// Until when, included, in milliseconds.
    pub until: Option<i64>,
    /// One pass alone.
    pub once: bool,
    /// Whether the groups were named: the stack's own may be made by what logs there, and that may be never.
    pub named: bool,
    /// How late events may come.
    pub overlap: Duration,
    /// How long an event waits for those before it.
    pub hold: Duration,
    /// After how long without an event it ends.
    pub idle_exit: Option<Duration>,
    /// Where it remembers how far it came.
    pub checkpoint: Option<PathBuf>,
    /// What was asked for, which a checkpoint must be of.
    pub selection: BTreeMap<String, String>,
    /// How it writes.
    pub format: Format,
    /// The zone in which times are told.
    pub zone: TimeZone,
}

struct Group {
    /// All before it was read, in milliseconds.
    frontier: i64,
    seen: Seen,
    /// What is after it is still to be read, in milliseconds.
    behind: Option<i64>,
    /// Whether it has been read to its end once.
    caught_up: bool,
    heard: Instant,
    absent: bool,
    ended: bool,
}

/// A tail under way.
pub struct Follow {
    source: Rc<Source>,
    settings: Settings,
    sink: Sink,
    hold: Hold,
    groups: Vec<Group>,
    /// Groups of the checkpoint that are not read now: they stay in it.
    others: BTreeMap<String, Position>,
    stopped: Option<Stopped>,
    written: Instant,
    pause: Duration,
    last_event: Instant,
    told_short: bool,
    told_behind: Option<Instant>,
    output: Option<OutputFile>,
}

impl Follow {
    /// Sets it up: goes on where the checkpoint says, for the groups that are in it. Before the sink takes stdout.
    pub fn new(
        source: Rc<Source>,
        settings: Settings,
        stopped: Option<Stopped>,
        sink: impl FnOnce() -> Sink,
    ) -> Result<Self> {
        let now = Instant::now();
        let mut groups: Vec<Group> = source
            .groups
            .iter()
            .map(|_| Group {
                frontier: settings.since,
                seen: Seen::from(settings.since),
                behind: None,
                caught_up: false,
                heard: now,
                absent: false,
                ended: false,
            })
            .collect();
        let mut others = BTreeMap::new();
        let found = match &settings.checkpoint {
            Some(path) => Checkpoint::read(path, &settings.selection)?,
            None => None,
        };
        if let Some(found) = found {
            for (group, name) in groups.iter_mut().zip(&source.groups) {
                if let Some(seen) = found.seen(name)? {
                    group.frontier = seen.floor();
                    group.seen = seen;
                }
            }
            if let Some(was) = &found.output {
                save::take_in(was, &source, &mut groups)?;
            }
            others = found.groups;
            others.retain(|name, _| !source.groups.contains(name));
        }
        Ok(Self {
            source,
            sink: sink(),
            settings,
            hold: Hold::default(),
            groups,
            others,
            stopped,
            written: now,
            pause: save::EVERY,
            last_event: now,
            told_short: false,
            told_behind: None,
            output: OutputFile::of_stdout(),
        })
    }

    /// Runs until it is done, the reader goes, or the user stops it.
    pub async fn run(mut self, cancelled: impl Future<Output = ()>) -> Result<Exit> {
        enum End {
            Gone(Result<()>),
            Cancelled,
            Done(Result<()>),
        }
        let closed = self.sink.stream.closed();
        let end = tokio::select! {
            biased;
            closed = closed => End::Gone(closed),
            () = cancelled => End::Cancelled,
            done = self.read() => End::Done(done),
        };
        match end {
            // What the reader may not have got is not in the last checkpoint: it is written again.
            End::Gone(result) => result.map(|()| Exit::Done),
            End::Cancelled => {
                let last = tokio::time::timeout(LAST_FLUSH, self.finish());
                if let Ok(finished) = last.await {
                    finished?;
                }
                Ok(Exit::Interrupted)
            }
            End::Done(result) => {
                let finished = self.finish_or_gone().await;
                result.and(finished).map(|()| Exit::Done)
            }
        }
    }

    async fn read(&mut self) -> Result<()> {
        // Before anything is written, so that a kill at any moment finds one.
        self.checkpoint().await?;
        let (sender, mut news) = mpsc::channel(PAGES_WAITING);
        for (number, group) in self.groups.iter().enumerate() {
            let plan = Plan {
                group: number,
                start: group.frontier,
                end: self.settings.until,
                overlap: self.settings.overlap,
                once: self.settings.once,
                named: self.settings.named,
            };
            poll::start(self.source.clone(), plan, sender.clone());
        }
        drop(sender);
        loop {
            let next = self.next_moment();
            tokio::select! {
                biased;
                told = news.recv() => match told {
                    Some(told) => self.take(told)?,
                    None => return Ok(()),
                },
                () = tokio::time::sleep_until(next) => {}
            }
            self.release().await;
            if self.written.elapsed() >= self.pause {
                self.checkpoint().await?;
            }
            if self.groups.iter().all(|group| group.ended) || self.is_over().await? {
                return Ok(());
            }
        }
    }

    /// When to look again, with no news.
    fn next_moment(&self) -> Instant {
        let clock = self.source.clock;
        let now = Instant::now();
        let mut next = now + clock.scaled(Duration::from_secs(1));
        if let Some(due) = self.hold.due(clock.scaled(self.settings.hold)) {
            // What a group that is behind holds back is looked at when it tells something.
            next = next.min(due.max(now + Duration::from_millis(5)));
        }
        next
    }

    fn take(&mut self, news: News) -> Result<()> {
        let now = Instant::now();
        match news {
            News::Failed(error) => return Err(error),
            News::Ended(group) => {
                self.groups[group].ended = true;
                self.groups[group].behind = None;
            }
            News::Absent(group) => {
                self.groups[group].behind = None;
                let told = std::mem::replace(&mut self.groups[group].absent, true);
                if !told && self.settings.named {
                    let name = &self.source.groups[group];
                    self.source.tell(
                        &format!("the log group {name} is not there"),
                        "it is read once it is; rd-logs groups lists what there is",
                    );
                }
            }
            News::Page {
                group,
                mut events,
                frontier,
                behind,
            } => {
                let state = &mut self.groups[group];
                state.heard = now;
                state.absent = false;
                events.retain(|event| state.seen.insert(event));
                // A sweep says nothing of where the group is.
                if let Some(frontier) = frontier {
                    state.frontier = state.frontier.max(frontier);
                    state.behind = behind;
                    state.caught_up |= behind.is_none();
                    let kept = self.source.clock.scaled(self.settings.overlap * 3 / 2);
                    state
                        .seen
                        .forget_before(state.frontier - kept.as_millis() as i64);
                }
                self.hold.add(events, now);
                self.bound_memory();
                self.tell_behind(group);
            }
        }
        Ok(())
    }

    /// Keeps the number of ids within its bound: the oldest of the largest group go first.
    fn bound_memory(&mut self) {
        let mut all: usize = self.groups.iter().map(|group| group.seen.len()).sum();
        while all > MOST_IDS {
            let Some(largest) = self.groups.iter_mut().max_by_key(|group| group.seen.len()) else {
                return;
            };
            all -= largest.seen.len();
            largest.seen.shorten();
            all += largest.seen.len();
            if !std::mem::replace(&mut self.told_short, true) {
                let floor = zone::shown(largest.seen.floor(), &self.settings.zone);
                self.source.tell(
                    &format!(
                        "more than {MOST_IDS} events came within --overlap: those that come later than {floor} are not looked for"
                    ),
                    "narrow it with --filter, --stream or fewer groups",
                );
            }
        }
    }

    /// Says that more comes than can be read; reading what is past takes its time too, and is not being behind.
    fn tell_behind(&mut self, group: usize) {
        let state = &self.groups[group];
        let Some(at) = state.behind.filter(|_| state.caught_up) else {
            return;
        };
        let late = self.source.skew.now() - at;
        let due = self
            .told_behind
            .is_none_or(|told| told.elapsed() >= BEHIND_EVERY);
        if late > BEHIND.as_millis() as i64 && due {
            self.told_behind = Some(Instant::now());
            let moment = zone::shown(at, &self.settings.zone);
            let name = &self.source.groups[group];
            self.source.tell(
                &format!("{name} is read up to {moment} only: more comes than AWS lets one read"),
                "nothing is lost; --filter or --stream makes it less",
            );
        }
    }

    /// Writes what need not wait any more.
    async fn release(&mut self) {
        let clock = self.source.clock;
        let now = Instant::now();
        let silent = clock.scaled(SILENT);
        let behind = self
            .groups
            .iter()
            .filter(|group| group.heard + silent > now)
            .filter_map(|group| group.behind);
        let limit = behind.min().unwrap_or(i64::MAX);
        let before = self.sink.written;
        let hold = clock.scaled(self.settings.hold);
        // What happened so long before the last look at each group waits no more: what is not there yet is later than
        // the hold-back allows for.
        let there = self.groups.iter().filter(|group| !group.absent);
        let scan = there.map(|group| group.frontier).min();
        let old = scan
            .unwrap_or(i64::MIN)
            .saturating_sub(hold.as_millis() as i64);
        let bound = self.hold.bound(now, hold, old, limit);
        loop {
            let mut full = false;
            for event in self.hold.release(bound) {
                self.sink.put(&event);
                if self.sink.is_full() {
                    full = true;
                    break;
                }
            }
            self.sink.send().await;
            if !full {
                break;
            }
        }
        if self.sink.written > before {
            self.last_event = now;
        }
    }

    async fn is_over(&mut self) -> Result<bool> {
        let clock = self.source.clock;
        if let Some(idle) = self.settings.idle_exit
            && self.last_event.elapsed() >= clock.scaled(idle)
        {
            return Ok(true);
        }
        let Some(stopped) = &mut self.stopped else {
            return Ok(false);
        };
        let Some(at) = stopped.at(clock).await? else {
            return Ok(false);
        };
        // Its last events may be late.
        let late = clock.scaled(Stopped::LATE).as_millis() as i64;
        // A group that is not there has none of them.
        let read = |group: &Group| group.absent || group.frontier > at + late;
        Ok(self.groups.iter().all(read))
    }

    /// Writes all that is held, and where it is.
    async fn finish(&mut self) -> Result<()> {
        loop {
            for event in self.hold.drain() {
                self.sink.put(&event);
                if self.sink.is_full() {
                    break;
                }
            }
            let more = self.sink.is_full();
            self.sink.send().await;
            if !more {
                break;
            }
        }
        self.sink.stream.flush().await;
        self.sink.stream.failure()?;
        self.checkpoint().await
    }

    async fn finish_or_gone(&mut self) -> Result<()> {
        let closed = self.sink.stream.closed();
        tokio::select! {
            biased;
            closed = closed => closed,
            done = self.finish() => done,
        }
    }
}
