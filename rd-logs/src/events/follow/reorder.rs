//! A buffer that holds events for a moment, so that events that arrive a little late, and those of other groups, are
//! printed in order.
//!
//! An event is released when it was held for the time of `--hold`, together with all events before it; sooner if it is
//! so old that no earlier event is expected. While a group lags behind, nothing later than its last page is released,
//! so that all groups are merged in order. At most [`MAX_BYTES`] are held.

use crate::events::event::Event;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// The most that is held, in bytes. Beyond it, the earliest events are released.
pub const MAX_BYTES: usize = 32 * 1024 * 1024;

/// A timestamp and an ingestion time, in milliseconds since 1970.
type Times = (i64, i64);

/// The latest times of an event that may be released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound(Times);

/// The events that are held, merged when they are released.
#[derive(Debug, Default)]
pub struct ReorderBuffer {
    /// Sorted runs, usually one for each group.
    runs: Vec<VecDeque<Event>>,
    /// When each batch was added, and the times of its last event.
    batches: VecDeque<(Instant, Times)>,
    bytes: usize,
}

fn times(event: &Event) -> Times {
    (event.timestamp, event.ingested)
}

impl ReorderBuffer {
    /// Adds a batch of sorted events at the time `now`.
    pub fn add(&mut self, mut events: Vec<Event>, now: Instant) {
        let Some(last) = events.last() else {
            return;
        };
        self.batches.push_back((now, times(last)));
        let size = events.iter().map(Event::size).sum::<usize>();
        self.bytes += size;
        // A few events must not keep the whole body that they came in in memory.
        if size < last.body_size() / 2 {
            events
                .iter_mut()
                .for_each(|event| *event = event.detached());
        }
        let first = times(&events[0]);
        // A batch that continues a run is added to it.
        match self
            .runs
            .iter_mut()
            .find(|run| run.back().is_some_and(|last| times(last) <= first))
        {
            Some(run) => run.extend(events),
            None => self.runs.push(events.into()),
        }
    }

    /// When the oldest batch will have been held for `hold`; none if nothing is held.
    pub fn due(&self, hold: Duration) -> Option<Instant> {
        self.batches.front().map(|(added, _)| *added + hold)
    }

    /// Which events may be released at `now`: those that were held for `hold` and all before them, and those before
    /// `old`; but none after `limit`. Both are in milliseconds since 1970.
    pub fn bound(&mut self, now: Instant, hold: Duration, old: i64, limit: i64) -> Bound {
        let limit = (limit, i64::MAX);
        let mut bound = (old, i64::MIN).min(limit);
        while let Some((added, last)) = self.batches.front().copied() {
            if now < added + hold {
                break;
            }
            bound = bound.max(last.min(limit));
            if last > limit {
                // The batch stays due.
                break;
            }
            self.batches.pop_front();
        }
        Bound(bound)
    }

    /// Removes and returns the events up to a bound, in order.
    pub fn release(&mut self, bound: Bound) -> Release<'_> {
        Release {
            buffer: self,
            bound,
        }
    }

    /// Removes and returns all events, in order.
    pub fn drain(&mut self) -> Release<'_> {
        self.batches.clear();
        Release {
            buffer: self,
            bound: Bound((i64::MAX, i64::MAX)),
        }
    }

    /// The events that are held, in no order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.runs.iter().flatten()
    }

    fn pop(&mut self, Bound(bound): Bound) -> Option<Event> {
        let over = self.bytes > MAX_BYTES;
        let first = self
            .runs
            .iter()
            .enumerate()
            .filter_map(|(index, run)| Some((index, run.front()?)))
            .min_by(|(_, a), (_, b)| a.order(b));
        let (index, event) = first?;
        if times(event) > bound && !over {
            return None;
        }
        let event = self.runs[index].pop_front()?;
        if self.runs[index].is_empty() {
            self.runs.swap_remove(index);
        }
        self.bytes -= event.size();
        Some(event)
    }
}

/// An iterator that removes events from a buffer, in order.
pub struct Release<'a> {
    buffer: &'a mut ReorderBuffer,
    bound: Bound,
}

impl Iterator for Release<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.buffer.pop(self.bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(timestamp: i64, id: usize) -> Event {
        Event::new((timestamp, timestamp), 0, &format!("{id:04}"), "", "")
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_event_is_released_with_all_before_it_once_it_was_held() {
        let mut buffer = ReorderBuffer::default();
        let start = Instant::now();
        buffer.add(vec![event(10, 1), event(20, 2)], start);
        buffer.add(vec![event(15, 3), event(30, 4)], start + SECOND / 2);
        assert_eq!(buffer.due(SECOND), Some(start + SECOND));
        let release = |buffer: &mut ReorderBuffer, now, old, limit| {
            let bound = buffer.bound(now, SECOND, old, limit);
            let released = buffer.release(bound);
            released.map(|event| event.timestamp).collect::<Vec<_>>()
        };
        assert!(release(&mut buffer, start, 0, i64::MAX).is_empty());
        assert_eq!(
            release(&mut buffer, start + SECOND, 0, i64::MAX),
            [10, 15, 20]
        );
        // A group that lags behind holds back the others.
        assert!(release(&mut buffer, start + SECOND * 2, 0, 25).is_empty());
        assert_eq!(release(&mut buffer, start + SECOND * 2, 0, i64::MAX), [30]);
        // An old event is released at once.
        buffer.add(vec![event(5, 5)], start + SECOND * 3);
        assert_eq!(release(&mut buffer, start + SECOND * 3, 6, i64::MAX), [5]);
    }

    proptest! {
        #[test]
        fn each_event_is_released_once_and_in_order(
            batches in prop::collection::vec(prop::collection::vec(0i64..1000, 0..20), 0..20),
        ) {
            let mut buffer = ReorderBuffer::default();
            let start = Instant::now();
            let (mut put, mut got) = (0, 0);
            for (number, times) in batches.iter().enumerate() {
                let mut events: Vec<Event> = times
                    .iter()
                    .enumerate()
                    .map(|(index, time)| event(*time, put + index))
                    .collect();
                crate::events::event::sort(&mut events);
                put += events.len();
                let now = start + SECOND * u32::try_from(number).unwrap();
                buffer.add(events, now);
                let bound = buffer.bound(now, SECOND * 3, 0, i64::MAX);
                let out: Vec<Event> = buffer.release(bound).collect();
                prop_assert!(out.is_sorted_by(|a, b| a.order(b).is_le()));
                got += out.len();
            }
            let out: Vec<Event> = buffer.drain().collect();
            prop_assert!(out.is_sorted_by(|a, b| a.order(b).is_le()));
            prop_assert_eq!(got + out.len(), put);
            prop_assert_eq!(buffer.bytes, 0);
        }
    }
}
