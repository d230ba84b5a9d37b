//! The events of a Live Tail that wait for a slow reader of stdout. AWS drops the oldest events of a client that reads too
//! slowly, and does not say so. So a session is read as it comes, and rd-logs itself drops the oldest, and says how many.
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>

use super::event::Event;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use tokio::sync::Notify;

/// The most events that wait, and the most bytes of them.
const MOST: (usize, usize) = (50_000, 8 << 20);

/// The events that wait, between the session and the printer.
#[derive(Default)]
pub struct LiveQueue {
    events: RefCell<VecDeque<Event>>,
    bytes: Cell<usize>,
    dropped: Cell<u64>,
    ended: Cell<bool>,
    changed: Notify,
}

impl LiveQueue {
    /// Adds the events of an update, and drops the oldest ones if too many wait.
    pub fn add(&self, events: impl IntoIterator<Item = Event>) {
        let mut waiting = self.events.borrow_mut();
        for event in events {
            self.bytes.set(self.bytes.get() + event.size());
            waiting.push_back(event);
        }
        while (waiting.len() > MOST.0 || self.bytes.get() > MOST.1)
            && let Some(oldest) = waiting.pop_front()
        {
            self.bytes.set(self.bytes.get() - oldest.size());
            self.dropped.set(self.dropped.get() + 1);
        }
        self.changed.notify_one();
    }

    /// How many events were dropped since the last call.
    pub fn take_dropped(&self) -> u64 {
        self.dropped.take()
    }

    /// Says that no more events come.
    pub fn end(&self) {
        self.ended.set(true);
        self.changed.notify_one();
    }

    /// Waits for events and removes the oldest one. None once there are no more.
    pub async fn next(&self) -> Option<Event> {
        loop {
            if let Some(event) = self.try_next() {
                return Some(event);
            }
            if self.ended.get() {
                return None;
            }
            self.changed.notified().await;
        }
    }

    /// Removes the oldest event, if there is one.
    pub fn try_next(&self) -> Option<Event> {
        let event = self.events.borrow_mut().pop_front()?;
        self.bytes.set(self.bytes.get() - event.size());
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_events_are_dropped_and_counted() {
        let queue = LiveQueue::default();
        let event = |number: usize, size: usize| {
            let message = format!("{number}{}", " ".repeat(size));
            Event::new((0, 0), 0, "", "", &message)
        };
        queue.add((0..MOST.0 + 3).map(|number| event(number, 0)));
        assert_eq!(queue.take_dropped(), 3);
        assert_eq!(queue.next().await.unwrap().message(), "3");
        assert_eq!(queue.take_dropped(), 0);
        while queue.try_next().is_some() {}
        queue.add((0..10).map(|number| event(number, 1 << 20)));
        assert_eq!(queue.take_dropped(), 3);
        queue.end();
        let mut left = 0;
        while queue.next().await.is_some() {
            left += 1;
        }
        assert_eq!((left, queue.bytes.get()), (7, 0));
    }
}
