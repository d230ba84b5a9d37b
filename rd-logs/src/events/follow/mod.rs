//! Follows log groups: prints what the pollers read, each event once and in order, and records how far it has read.

mod checkpoint;
mod poll;
mod recover;
mod release;
mod reorder;
mod save_checkpoint;
pub mod task_watch;
mod warnings;

use crate::events::format::Format;
use crate::events::output::EventOutput;
use crate::events::read::seen_ids::SeenIds;
use crate::events::read::source::Source;
use checkpoint::{Checkpoint, Position};
use jiff::tz::TimeZone;
use poll::{PollSettings, Update};
use rd_common::output::stream::OutputFile;
use rd_common::{Exit, Result};
use reorder::ReorderBuffer;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;
use task_watch::TaskWatch;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The number of pages that may wait to be processed.
const PAGES_WAITING: usize = 4;
/// How long an interrupted tail may take to print what it holds.
const LAST_FLUSH: Duration = Duration::from_secs(2);

/// The settings of a tail. Times are in milliseconds since 1970.
#[derive(Clone, Debug)]
pub struct FollowSettings {
    /// The first millisecond, for groups that the checkpoint does not have.
    pub since: i64,
    /// The last millisecond; none to follow without end.
    pub until: Option<i64>,
    /// Whether to make one pass and end.
    pub once: bool,
    /// Whether the user named the groups. The stack's own groups may not exist yet, without a warning.
    pub named: bool,
    /// How late events may become visible and still be found.
    pub overlap: Duration,
    /// How long an event is held, so that earlier ones can arrive.
    pub hold: Duration,
    /// The time without an event after which the tail ends.
    pub idle_exit: Option<Duration>,
    /// The file for the checkpoint.
    pub checkpoint: Option<PathBuf>,
    /// The flags that select events, by name. A checkpoint must have the same.
    pub filters: BTreeMap<String, String>,
    /// The output format, which the checkpoint records.
    pub format: Format,
    /// The zone in which warnings show times.
    pub zone: TimeZone,
}

/// How far a group was read. Times are in milliseconds since 1970.
struct Group {
    /// All visible events before this time were read. Only a pass that has ended moves it: pages need not be in order.
    frontier: i64,
    /// When the last read of the whole overlap window began. Events that become visible late are looked for from the start
    /// of the window that ends here.
    covered: i64,
    /// Up to where the running pass has come, as far as its pages are in order. It decides only when events are printed.
    reached: i64,
    seen: SeenIds,
    /// If the group lags behind: events after this time are still to be read.
    behind: Option<i64>,
    /// Whether all visible events were read once.
    caught_up: bool,
    last_update: Instant,
    missing: bool,
    ended: bool,
}

/// A running tail of one or more log groups.
pub struct Follow {
    source: Rc<Source>,
    settings: FollowSettings,
    output: EventOutput,
    buffer: ReorderBuffer,
    groups: Vec<Group>,
    /// The groups of the checkpoint that are not followed now. They stay in it.
    other_groups: BTreeMap<String, Position>,
    task: Option<TaskWatch>,
    last_checkpoint: Instant,
    checkpoint_pause: Duration,
    last_event: Instant,
    warned_short_window: bool,
    last_behind_warning: Option<Instant>,
    stdout_file: Option<OutputFile>,
    /// When every group had been read once; found only while the end of a file is compared.
    all_read: Option<Instant>,
}

impl Follow {
    /// Reads the checkpoint, and what a killed run printed after it; then calls `output`, which takes over stdout.
    pub fn new(
        source: Rc<Source>,
        settings: FollowSettings,
        task: Option<TaskWatch>,
        output: impl FnOnce() -> EventOutput,
    ) -> Result<Self> {
        let now = Instant::now();
        let mut groups: Vec<Group> = source
            .groups
            .iter()
            .map(|_| Group {
                frontier: settings.since,
                covered: settings.since,
                reached: settings.since,
                seen: SeenIds::since(settings.since),
                behind: None,
                caught_up: false,
                last_update: now,
                missing: false,
                ended: false,
            })
            .collect();
        let mut other_groups = BTreeMap::new();
        let mut continued = None;
        let found = match &settings.checkpoint {
            Some(path) => Checkpoint::read(path, &settings.filters)?,
            None => None,
        };
        if let Some(found) = found {
            for (group, name) in groups.iter_mut().zip(&source.groups) {
                if let Some(seen) = found.seen(&name.name)? {
                    group.frontier = seen.floor();
                    group.covered = group.frontier;
                    group.reached = group.frontier;
                    group.seen = seen;
                }
            }
            if let Some(was) = &found.output {
                continued = save_checkpoint::recover_stdout(was, &source, &mut groups)?;
            }
            other_groups = found.groups;
            other_groups.retain(|name, _| !source.groups.iter().any(|group| group.name == *name));
        }
        let mut output = output();
        output.continue_file(continued);
        Ok(Self {
            source,
            output,
            settings,
            buffer: ReorderBuffer::default(),
            groups,
            other_groups,
            task,
            last_checkpoint: now,
            checkpoint_pause: save_checkpoint::CHECKPOINT_EVERY,
            last_event: now,
            warned_short_window: false,
            last_behind_warning: None,
            stdout_file: OutputFile::of_stdout(),
            all_read: None,
        })
    }

    /// Runs until all was read, the reader of stdout ends, or the user interrupts it.
    pub async fn run(mut self, cancelled: impl Future<Output = ()>) -> Result<Exit> {
        enum End {
            ReaderGone,
            Cancelled,
            Done(Result<()>),
        }
        let closed = self.output.stream.closed();
        let end = tokio::select! {
            biased;
            () = closed => End::ReaderGone,
            () = cancelled => End::Cancelled,
            done = self.read() => End::Done(done),
        };
        match end {
            // The last checkpoint does not have what the reader may have missed: the next run prints it again.
            End::ReaderGone => Ok(Exit::Done),
            End::Cancelled => {
                let last = tokio::time::timeout(LAST_FLUSH, self.finish());
                if let Ok(finished) = last.await {
                    finished?;
                }
                Ok(Exit::Interrupted)
            }
            End::Done(result) => {
                let finished = self.finish_or_closed().await;
                result.and(finished).map(|()| Exit::Done)
            }
        }
    }

    async fn read(&mut self) -> Result<()> {
        // There must be a checkpoint before anything is printed, in case of a kill.
        self.checkpoint().await?;
        let (sender, mut updates) = mpsc::channel(PAGES_WAITING);
        for (number, group) in self.groups.iter().enumerate() {
            let settings = PollSettings {
                group: number,
                start: group.frontier,
                end: self.settings.until,
                overlap: self.settings.overlap,
                once: self.settings.once,
                named: self.settings.named,
            };
            poll::start(self.source.clone(), settings, sender.clone());
        }
        drop(sender);
        loop {
            let next = self.next_release();
            tokio::select! {
                biased;
                update = updates.recv() => match update {
                    Some(update) => self.process(update)?,
                    None => return Ok(()),
                },
                () = tokio::time::sleep_until(next) => {}
            }
            self.release().await;
            self.end_continuing();
            if self.last_checkpoint.elapsed() >= self.checkpoint_pause {
                self.checkpoint().await?;
            }
            if self.groups.iter().all(|group| group.ended) || self.is_over().await? {
                return Ok(());
            }
        }
    }

    fn process(&mut self, update: Update) -> Result<()> {
        let now = Instant::now();
        match update {
            Update::Failed(error) => return Err(error),
            Update::Ended(group) => {
                self.groups[group].ended = true;
                self.groups[group].behind = None;
            }
            Update::Missing(group) => {
                self.groups[group].behind = None;
                let known = std::mem::replace(&mut self.groups[group].missing, true);
                if !known && self.settings.named {
                    self.warn_missing(group);
                }
            }
            Update::Page {
                group,
                mut events,
                reached,
                behind,
                covered,
            } => {
                let state = &mut self.groups[group];
                state.last_update = now;
                state.missing = false;
                events.retain(|event| state.seen.insert(event));
                // A sweep does not change how far the group was read.
                if let Some(reached) = reached {
                    state.reached = state.reached.max(reached);
                    state.behind = behind;
                    if behind.is_none() {
                        state.frontier = state.frontier.max(reached);
                        state.caught_up = true;
                    }
                }
                if let Some(covered) = covered {
                    state.covered = state.covered.max(covered);
                    let overlap = self.source.clock.scaled(self.settings.overlap);
                    let needed = state.covered - overlap.as_millis() as i64;
                    state.seen.drop_before(needed);
                }
                self.buffer.add(events, now);
                self.limit_ids();
                self.warn_behind(group);
            }
        }
        Ok(())
    }

    async fn is_over(&mut self) -> Result<bool> {
        let clock = self.source.clock;
        if let Some(idle) = self.settings.idle_exit
            && self.last_event.elapsed() >= clock.scaled(idle)
        {
            return Ok(true);
        }
        let Some(task) = &mut self.task else {
            return Ok(false);
        };
        let Some(stopped_at) = task.stopped_at(clock).await? else {
            return Ok(false);
        };
        // Its last events may become visible late. A missing group has none of them.
        let delay = clock.scaled(TaskWatch::LAST_EVENTS).as_millis() as i64;
        let complete = |group: &Group| group.missing || group.frontier > stopped_at + delay;
        Ok(self.groups.iter().all(complete))
    }

    /// Prints all that is held, and writes the checkpoint.
    async fn finish(&mut self) -> Result<()> {
        loop {
            for event in self.buffer.drain() {
                self.output.add(&event);
                if self.output.is_full() {
                    break;
                }
            }
            let more = self.output.is_full();
            self.output.send().await;
            if !more {
                break;
            }
        }
        self.end_continuing();
        self.checkpoint().await?;
        self.output.end_continuing();
        self.output.send().await;
        self.output.stream.flush().await;
        Ok(())
    }

    async fn finish_or_closed(&mut self) -> Result<()> {
        let closed = self.output.stream.closed();
        tokio::select! {
            biased;
            () = closed => Ok(()),
            done = self.finish() => done,
        }
    }
}
