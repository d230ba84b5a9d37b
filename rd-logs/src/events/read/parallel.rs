//! Reads a range of the past: in splits, several at once, each event once, in order, and never more in memory than a few
//! pages of each split.
//!
//! The first call tells how much there is. If it is not all, what is left is split so that a split has a page or two:
//! then many are read at once though the output is in order. Splits become longer where there is little and shorter where
//! there is much.

use super::seen::Keys;
use super::source::{Page, Range, Source, is_stale_token};
use crate::events::event::Event;
use rd_common::Error;
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// How many splits are read at once, of all groups together. At a call a second each, this is what AWS allows.
const AT_ONCE: usize = 8;
/// How many pages of a split may wait for those before it. A page has at most 1 MB.
const PAGES_WAITING: usize = 1;
/// The shortest split, in milliseconds.
const SHORTEST: i64 = 1000;
/// How long a failing page is tried before it is a gap.
const TIMEOUTS: Duration = Duration::from_secs(300);

/// A stretch that could not be read.
#[derive(Debug)]
pub struct Gap {
    /// Of which group.
    pub group: usize,
    /// From when, in milliseconds.
    pub start: i64,
    /// Until when, in milliseconds.
    pub end: i64,
    /// Why.
    pub error: Error,
}

/// How far it is.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Milliseconds of log that were read, of all groups.
    pub read: Cell<i64>,
    /// Calls made.
    pub pages: Cell<u64>,
}

enum Piece {
    Events(Vec<Event>),
    Gap(Gap),
}

/// Where the next split begins and how long it is, in milliseconds; what was read says so.
struct Shape {
    next: Cell<i64>,
    length: Cell<i64>,
}

/// One group's range, being read.
struct Lane {
    source: Rc<Source>,
    group: usize,
    end: i64,
    shape: Rc<Shape>,
    at_once: usize,
    splits: VecDeque<Receiver<Piece>>,
    progress: Rc<Progress>,
    page: Vec<Event>,
    /// Where in the page it is.
    at: usize,
    /// The latest time, and the ids of the events at it.
    latest: (i64, Keys),
}

/// Every event of the groups from `start` to `end`, both included.
pub struct Ranges {
    lanes: Vec<Lane>,
    /// How far it is.
    pub progress: Rc<Progress>,
    /// What could not be read so far.
    pub gaps: Vec<Gap>,
}

impl Ranges {
    /// Begins to read.
    pub fn start(source: &Rc<Source>, start: i64, end: i64) -> Self {
        let progress = Rc::new(Progress::default());
        let groups = source.groups.len();
        let lanes = (0..groups).map(|group| {
            let mut lane = Lane {
                source: source.clone(),
                group,
                end,
                // Nothing is split before the first page has told how much there is.
                shape: Rc::new(Shape {
                    next: Cell::new(end),
                    length: Cell::new((end - start).max(SHORTEST)),
                }),
                at_once: (AT_ONCE / groups).max(2),
                splits: VecDeque::new(),
                progress: progress.clone(),
                page: Vec::new(),
                at: 0,
                latest: (i64::MIN, Keys::default()),
            };
            lane.split(start, end, true);
            lane
        });
        Self {
            lanes: lanes.collect(),
            progress,
            gaps: Vec::new(),
        }
    }

    /// Whether the next event is not there yet.
    pub fn is_waiting(&self) -> bool {
        self.lanes.iter().any(|lane| lane.at == lane.page.len())
    }

    /// Takes the next events that are there, and gives them to `take` one after the other, for as long as it says that it
    /// takes more; false at the end.
    pub async fn next(&mut self, take: &mut impl FnMut(&Event) -> bool) -> bool {
        for lane in &mut self.lanes {
            lane.fill(&mut self.gaps).await;
        }
        let heads = self.lanes.iter().enumerate();
        let mut heads: Vec<(usize, &Event)> = heads
            .filter_map(|(number, lane)| Some((number, lane.page.get(lane.at)?)))
            .collect();
        heads.sort_by(|(_, a), (_, b)| a.order(b));
        let Some((first, _)) = heads.first().copied() else {
            return false;
        };
        // As long as it is before the others, it goes on.
        let until = heads.get(1).map(|(_, event)| (*event).clone());
        let lane = &mut self.lanes[first];
        while let Some(event) = lane.page.get(lane.at) {
            if until
                .as_ref()
                .is_some_and(|until| event.order(until).is_gt())
            {
                break;
            }
            lane.at += 1;
            if !take(event) {
                break;
            }
        }
        true
    }
}

impl Lane {
    /// Makes sure that there is a next event, unless the lane is at its end.
    async fn fill(&mut self, gaps: &mut Vec<Gap>) {
        while self.at == self.page.len() {
            self.page.clear();
            self.at = 0;
            self.start_splits();
            let Some(split) = self.splits.front_mut() else {
                return;
            };
            match split.recv().await {
                Some(Piece::Events(events)) => {
                    self.page = events;
                    self.leave_out_known();
                }
                Some(Piece::Gap(gap)) => gaps.push(gap),
                None => {
                    self.splits.pop_front();
                }
            }
        }
    }

    /// Leaves out of a page what was in those before: the events at the time at which they ended, which is where splits
    /// border on each other.
    fn leave_out_known(&mut self) {
        let (latest, known) = &mut self.latest;
        self.page
            .retain(|event| event.timestamp != *latest || !known.contains(&event.key()));
        let Some(last) = self.page.last().map(|event| event.timestamp) else {
            return;
        };
        if last != *latest {
            known.clear();
        }
        *latest = last;
        let end = self.page.iter().rev();
        known.extend(
            end.take_while(|event| event.timestamp == last)
                .map(Event::key),
        );
    }

    fn start_splits(&mut self) {
        while self.shape.next.get() < self.end && self.splits.len() < self.at_once {
            let start = self.shape.next.get();
            let end = start.saturating_add(self.shape.length.get()).min(self.end);
            self.shape.next.set(end);
            self.split(start, end, false);
        }
    }

    fn split(&mut self, start: i64, end: i64, probe: bool) {
        let (pieces, receiver) = channel(PAGES_WAITING);
        let reader = Reader {
            source: self.source.clone(),
            group: self.group,
            end,
            shape: self.shape.clone(),
            share: self.at_once as i64 * 2,
            progress: self.progress.clone(),
            pieces,
        };
        tokio::task::spawn_local(reader.read(start, probe));
        self.splits.push_back(receiver);
    }
}

/// Reads one split.
struct Reader {
    source: Rc<Source>,
    group: usize,
    end: i64,
    shape: Rc<Shape>,
    share: i64,
    progress: Rc<Progress>,
    pieces: Sender<Piece>,
}

impl Reader {
    async fn read(self, start: i64, probe: bool) {
        let mut range = Range {
            group: self.group,
            start,
            end: Some(self.end),
            token: None,
        };
        let (mut read, mut pages) = (start, 0);
        loop {
            let page = match self.source.page(&range, Some(TIMEOUTS)).await {
                Ok(page) => page,
                Err(error) if is_stale_token(&error, &range) => {
                    range.start = read;
                    range.token = None;
                    continue;
                }
                Err(error) => {
                    let gap = Gap {
                        group: self.group,
                        start: read,
                        end: self.end,
                        error,
                    };
                    self.hand_over(Piece::Gap(gap)).await;
                    return;
                }
            };
            pages += 1;
            self.progress.pages.set(self.progress.pages.get() + 1);
            let Page { events, token } = page;
            let last = events.last().map(|event| event.timestamp);
            let more = token.is_some();
            let until = if more { last.unwrap_or(read) } else { self.end };
            let until = until.max(read);
            self.progress
                .read
                .set(self.progress.read.get() + until - read);
            read = until;
            if more && probe {
                self.divide(start, last);
            }
            if !self.hand_over(Piece::Events(events)).await || !more || probe {
                break;
            }
            range.token = token;
        }
        if !probe {
            self.adapt(start, pages);
        }
    }

    /// Says from where, and in which pieces, the rest is read: about as long as what filled the first page.
    fn divide(&self, start: i64, last: Option<i64>) {
        let from = last.unwrap_or(start);
        let evenly = (self.end - from) / self.share;
        let alike = last.map_or(evenly, |last| (last - start).min(evenly));
        self.shape.length.set(alike.max(SHORTEST));
        self.shape.next.set(from);
    }

    /// The next splits are to have a page or two.
    fn adapt(&self, start: i64, pages: i64) {
        let own = self.end - start;
        let length = self.shape.length.get();
        self.shape.length.set(match pages {
            0 | 1 => length.max(own * 2),
            2 => length,
            more => length.min(own * 2 / more).max(SHORTEST),
        });
    }

    /// Whether it was taken: not where nobody reads any more.
    async fn hand_over(&self, piece: Piece) -> bool {
        self.pieces.send(piece).await.is_ok()
    }
}
