//! Reads a range of the past in parts, several at once, and returns its events in order, each once. Memory holds only a
//! few pages of each part.
//!
//! The first call shows how much there is. If it did not return everything, the range is divided into parts of a page or
//! two, so that many are read at once although the output is in order. Parts become longer where there are few events,
//! and shorter where there are many.
//!
//! AWS promises pages in order, but does not always return them so (<https://github.com/aws/aws-sdk-js/issues/3994>): a
//! later page of a range may have earlier events. So only a range whose last page was read is complete, and the first
//! page of an unfinished range is read again with its part. Within a part, events are returned page by page.

use super::seen_ids::IdHashes;
use super::source::{Page, Source, is_stale_token};
use crate::events::event::Event;
use rd_common::Error;
use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The number of parts that are read at once, of all groups together. A call takes about a second, so this is about the
/// rate that AWS allows.
const PARTS_AT_ONCE: usize = 8;
/// The number of pages of a part that may wait while earlier parts are printed. A page has at most 1 MB.
const PAGES_WAITING: usize = 1;
/// The shortest part, in milliseconds.
const SHORTEST_PART: i64 = 1000;
/// How long a failing page is retried before it is reported as a gap.
const RETRY_FOR: Duration = Duration::from_secs(300);

/// A range that could not be read.
#[derive(Debug)]
pub struct Gap {
    /// The index of the log group.
    pub group: usize,
    /// The first millisecond since 1970.
    pub start: i64,
    /// The last millisecond since 1970.
    pub end: i64,
    /// The failure of the last attempt.
    pub error: Error,
}

/// How much was read so far.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Milliseconds of log time, the sum of all groups.
    pub read: Cell<i64>,
    /// The number of successful calls.
    pub pages: Cell<u64>,
}

enum Chunk {
    Events(Vec<Event>),
    Gap(Gap),
}

/// Where the next part of a group begins, in milliseconds since 1970, and how long it is. Parts that were read adapt
/// it.
struct NextPart {
    start: Cell<i64>,
    length: Cell<i64>,
}

/// The range of one log group, with the parts that are being read.
struct GroupRead {
    source: Rc<Source>,
    group: usize,
    end: i64,
    next_part: Rc<NextPart>,
    parts_at_once: usize,
    parts: VecDeque<Part>,
    progress: Rc<Progress>,
    /// The page that is being returned, of the first of the parts.
    page: Vec<Event>,
    /// The position in that page.
    at: usize,
    /// The ids of the events at the end of the part before the first one, which that one has as well.
    at_start: IdHashes,
}

/// A part that is being read. It begins with the last millisecond of the part before it.
struct Part {
    start: i64,
    end: i64,
    chunks: Receiver<Chunk>,
    /// The ids of the events of its last millisecond so far.
    at_end: IdHashes,
}

/// Reads all events of several log groups in one range of time.
pub struct ParallelRead {
    groups: Vec<GroupRead>,
    /// How much was read so far.
    pub progress: Rc<Progress>,
    /// The ranges that could not be read so far.
    pub gaps: Vec<Gap>,
}

impl ParallelRead {
    /// Starts to read. `start` and `end` are the first and the last millisecond since 1970.
    pub fn start(source: &Rc<Source>, start: i64, end: i64) -> Self {
        let progress = Rc::new(Progress::default());
        let count = source.groups.len();
        let groups = (0..count).map(|group| {
            let mut read = GroupRead {
                source: source.clone(),
                group,
                end,
                // No further part starts before the first page has shown how much there is.
                next_part: Rc::new(NextPart {
                    start: Cell::new(end),
                    length: Cell::new((end - start).max(SHORTEST_PART)),
                }),
                parts_at_once: (PARTS_AT_ONCE / count).max(2),
                parts: VecDeque::new(),
                progress: progress.clone(),
                page: Vec::new(),
                at: 0,
                at_start: IdHashes::default(),
            };
            read.start_part(start, end, true);
            read
        });
        Self {
            groups: groups.collect(),
            progress,
            gaps: Vec::new(),
        }
    }

    /// Whether [`Self::next`] has to wait for a page.
    pub fn is_waiting(&self) -> bool {
        self.groups.iter().any(|read| read.at == read.page.len())
    }

    /// Passes the next events to `take`, one after the other, as long as it returns true. Returns false at the end of
    /// the range.
    pub async fn next(&mut self, take: &mut impl FnMut(&Event) -> bool) -> bool {
        for read in &mut self.groups {
            read.fill(&mut self.gaps).await;
        }
        let heads = self.groups.iter().enumerate();
        let mut heads: Vec<(usize, &Event)> = heads
            .filter_map(|(number, read)| Some((number, read.page.get(read.at)?)))
            .collect();
        heads.sort_by(|(_, a), (_, b)| a.order(b));
        let Some((first, _)) = heads.first().copied() else {
            return false;
        };
        // The events of this group come next, up to the first event of any other group.
        let until = heads.get(1).map(|(_, event)| (*event).clone());
        let read = &mut self.groups[first];
        while let Some(event) = read.page.get(read.at) {
            if until
                .as_ref()
                .is_some_and(|until| event.order(until).is_gt())
            {
                break;
            }
            read.at += 1;
            if !take(event) {
                break;
            }
        }
        true
    }
}

impl GroupRead {
    /// Waits for a page with an event, unless the group was read to its end.
    async fn fill(&mut self, gaps: &mut Vec<Gap>) {
        while self.at == self.page.len() {
            self.page.clear();
            self.at = 0;
            self.start_parts();
            let Some(part) = self.parts.front_mut() else {
                return;
            };
            match part.chunks.recv().await {
                Some(Chunk::Events(events)) => {
                    self.page = events;
                    self.remove_duplicates();
                }
                Some(Chunk::Gap(gap)) => gaps.push(gap),
                None => {
                    if let Some(part) = self.parts.pop_front() {
                        self.at_start = part.at_end;
                    }
                }
            }
        }
    }

    /// Removes events that the part before already had: those of the millisecond that both have.
    fn remove_duplicates(&mut self) {
        let Some(part) = self.parts.front_mut() else {
            return;
        };
        let (start, at_start) = (part.start, &self.at_start);
        if !at_start.is_empty() {
            self.page
                .retain(|event| event.timestamp != start || !at_start.contains(&event.id_hash()));
        }
        // A page is sorted.
        let end = self.page.iter().rev();
        part.at_end.extend(
            end.take_while(|event| event.timestamp == part.end)
                .map(Event::id_hash),
        );
    }

    fn start_parts(&mut self) {
        while self.next_part.start.get() < self.end && self.parts.len() < self.parts_at_once {
            let start = self.next_part.start.get();
            let end = start
                .saturating_add(self.next_part.length.get())
                .min(self.end);
            self.next_part.start.set(end);
            self.start_part(start, end, false);
        }
    }

    fn start_part(&mut self, start: i64, end: i64, probe: bool) {
        let (sender, chunks) = channel(PAGES_WAITING);
        let part = PartRead {
            source: self.source.clone(),
            group: self.group,
            end,
            next_part: self.next_part.clone(),
            most_parts: self.parts_at_once as i64 * 2,
            progress: self.progress.clone(),
            chunks: sender,
        };
        tokio::task::spawn_local(part.read(start, probe));
        self.parts.push_back(Part {
            start,
            end,
            chunks,
            at_end: IdHashes::default(),
        });
    }
}

/// Reads one part, page after page.
struct PartRead {
    source: Rc<Source>,
    group: usize,
    end: i64,
    next_part: Rc<NextPart>,
    /// The number of parts into which the rest of the range is divided at first.
    most_parts: i64,
    progress: Rc<Progress>,
    chunks: Sender<Chunk>,
}

impl PartRead {
    /// Reads the part that begins at `start`. A probe reads one page. If that is not all, it divides the range into
    /// parts, which read the page again.
    async fn read(self, start: i64, probe: bool) {
        let mut range = self.source.range(self.group, start, Some(self.end)).await;
        let (mut read, mut pages) = (start, 0.0);
        // What was sent so far, in case that the part must be read from its start again.
        let (mut sent, mut again) = (IdHashes::default(), false);
        loop {
            let page = match self.source.page(&range, Some(RETRY_FOR)).await {
                Ok(page) => page,
                Err(error) if is_stale_token(&error, &range) => {
                    range.token = None;
                    again = true;
                    continue;
                }
                Err(error) => {
                    // Any page that is missing may have events of the whole part.
                    let gap = Gap {
                        group: self.group,
                        start,
                        end: self.end,
                        error,
                    };
                    self.send(Chunk::Gap(gap)).await;
                    return;
                }
            };
            pages += page.filled;
            self.progress.pages.set(self.progress.pages.get() + 1);
            let Page {
                mut events,
                token,
                filled,
            } = page;
            let last = events.last().map(|event| event.timestamp);
            let more = token.is_some();
            if more && probe {
                self.divide(start, last, filled);
                return;
            }
            let until = if more { last.unwrap_or(read) } else { self.end };
            let until = until.max(read);
            self.progress
                .read
                .set(self.progress.read.get() + until - read);
            read = until;
            if again {
                events.retain(|event| !sent.contains(&event.id_hash()));
            }
            if more {
                sent.extend(events.iter().map(Event::id_hash));
            }
            if !self.send(Chunk::Events(events)).await || !more {
                break;
            }
            range.token = token;
        }
        if !probe {
            self.adapt_length(start, pages);
        }
    }

    /// Divides the range into parts that are about as long as what fills a page. The first page may have few events or
    /// none, although there are more.
    fn divide(&self, start: i64, last: Option<i64>, filled: f64) {
        let equal_share = (self.end - start) / self.most_parts;
        let length = last.map_or(equal_share, |last| {
            let length = (last - start) as f64 / filled.clamp(0.01, 1.0);
            (length as i64).min(equal_share)
        });
        self.next_part.length.set(length.max(SHORTEST_PART));
        self.next_part.start.set(start);
    }

    /// Adapts the length of the next parts, so that their events fill a page or two. Pages without events do not count: in
    /// a group with many streams, each part has many of them, however short it is.
    fn adapt_length(&self, start: i64, pages: f64) {
        let own = self.end - start;
        let length = self.next_part.length.get();
        self.next_part.length.set(match pages {
            few if few <= 1.0 => length.max(own * 2),
            some if some <= 2.0 => length,
            more => length
                .min((own as f64 * 2.0 / more) as i64)
                .max(SHORTEST_PART),
        });
    }

    /// Sends a chunk; false if nothing receives it any more.
    async fn send(&self, chunk: Chunk) -> bool {
        self.chunks.send(chunk).await.is_ok()
    }
}
