//! Events that wait a moment, so that those that come a little late, and those of other groups, are shown in order.
//!
//! An event is let go when it has waited for the hold-back, together with all that sort before it; sooner when it is so
//! old that nothing is awaited. While a group is behind, being read page by page, nothing later than its last page is let
//! go, so that groups are merged in order however much one has; but at most [`MOST_BYTES`] are held.

use crate::events::event::Event;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// How much may be held, in bytes; beyond it, the earliest are let go.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;

type Moment = (i64, i64);

/// Up to where events may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound(Moment);

/// The events that are held.
#[derive(Debug, Default)]
pub struct Hold {
    runs: Vec<VecDeque<Event>>,
    waiting: VecDeque<(Instant, Moment)>,
    bytes: usize,
}

fn moment(event: &Event) -> Moment {
    (event.timestamp, event.ingested)
}

impl Hold {
    /// Takes events, which are sorted, at the time `now`.
    pub fn add(&mut self, mut events: Vec<Event>, now: Instant) {
        let Some(last) = events.last() else {
            return;
        };
        self.waiting.push_back((now, moment(last)));
        let size = events.iter().map(Event::size).sum::<usize>();
        self.bytes += size;
        // A few events do not keep the memory of the whole answer that they came in.
        if size < last.keeps() / 2 {
            events.iter_mut().for_each(|event| *event = event.alone());
        }
        let first = moment(&events[0]);
        // What goes on where a run ends lengthens it: as a rule there is one run a group.
        match self
            .runs
            .iter_mut()
            .find(|run| run.back().is_some_and(|last| moment(last) <= first))
        {
            Some(run) => run.extend(events),
            None => self.runs.push(events.into()),
        }
    }

    /// When something will have waited for `hold`.
    pub fn due(&self, hold: Duration) -> Option<Instant> {
        self.waiting.front().map(|(since, _)| *since + hold)
    }

    /// Up to where events may go at `now`: those that have waited for `hold`, and what sorts before them; those from
    /// before `old`; none later than `limit`. Both are milliseconds since 1970.
    pub fn bound(&mut self, now: Instant, hold: Duration, old: i64, limit: i64) -> Bound {
        let limit = (limit, i64::MAX);
        let mut bound = (old, i64::MIN).min(limit);
        while let Some((since, last)) = self.waiting.front().copied() {
            if now < since + hold {
                break;
            }
            bound = bound.max(last.min(limit));
            if last > limit {
                // It stays due.
                break;
            }
            self.waiting.pop_front();
        }
        Bound(bound)
    }

    /// Lets go, in order, what may go.
    pub fn release(&mut self, bound: Bound) -> Release<'_> {
        Release { hold: self, bound }
    }

    /// Lets go everything.
    pub fn drain(&mut self) -> Release<'_> {
        self.waiting.clear();
        Release {
            hold: self,
            bound: Bound((i64::MAX, i64::MAX)),
        }
    }

    /// The held events.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.runs.iter().flatten()
    }

    fn pop(&mut self, Bound(bound): Bound) -> Option<Event> {
        let over = self.bytes > MOST_BYTES;
        let first = self
            .runs
            .iter()
            .enumerate()
            .filter_map(|(index, run)| Some((index, run.front()?)))
            .min_by(|(_, a), (_, b)| a.order(b));
        let (index, event) = first?;
        if moment(event) > bound && !over {
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

/// What may go, one after the other.
pub struct Release<'a> {
    hold: &'a mut Hold,
    bound: Bound,
}

impl Iterator for Release<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        self.hold.pop(self.bound)
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
    fn an_event_waits_and_takes_along_what_is_before_it() {
        let mut hold = Hold::default();
        let start = Instant::now();
        hold.add(vec![event(10, 1), event(20, 2)], start);
        hold.add(vec![event(15, 3), event(30, 4)], start + SECOND / 2);
        assert_eq!(hold.due(SECOND), Some(start + SECOND));
        let times = |hold: &mut Hold, now, old, limit| {
            let bound = hold.bound(now, SECOND, old, limit);
            let released = hold.release(bound);
            released.map(|event| event.timestamp).collect::<Vec<_>>()
        };
        assert!(times(&mut hold, start, 0, i64::MAX).is_empty());
        assert_eq!(times(&mut hold, start + SECOND, 0, i64::MAX), [10, 15, 20]);
        // A group that is behind holds back the others.
        assert!(times(&mut hold, start + SECOND * 2, 0, 25).is_empty());
        assert_eq!(times(&mut hold, start + SECOND * 2, 0, i64::MAX), [30]);
        // What is old waits for nothing.
        hold.add(vec![event(5, 5)], start + SECOND * 3);
        assert_eq!(times(&mut hold, start + SECOND * 3, 6, i64::MAX), [5]);
    }

    proptest! {
        #[test]
        fn each_comes_out_once_and_in_order_between_releases(
            batches in prop::collection::vec(prop::collection::vec(0i64..1000, 0..20), 0..20),
        ) {
            let mut hold = Hold::default();
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
                hold.add(events, now);
                let bound = hold.bound(now, SECOND * 3, 0, i64::MAX);
                let out: Vec<Event> = hold.release(bound).collect();
                prop_assert!(out.is_sorted_by(|a, b| a.order(b).is_le()));
                got += out.len();
            }
            let out: Vec<Event> = hold.drain().collect();
            prop_assert!(out.is_sorted_by(|a, b| a.order(b).is_le()));
            prop_assert_eq!(got + out.len(), put);
            prop_assert_eq!(hold.bytes, 0);
        }
    }
}
