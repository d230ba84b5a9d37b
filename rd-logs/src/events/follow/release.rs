//! When held events are released and printed.

use super::Follow;
use std::time::Duration;
use tokio::time::Instant;

/// A group without an update for this time does not hold back the others any more.
const SILENT: Duration = Duration::from_secs(10);

impl Follow {
    /// When to release events again, if no update arrives before.
    pub(super) fn next_release(&self) -> Instant {
        let clock = self.source.clock;
        let now = Instant::now();
        let mut next = now + clock.scaled(Duration::from_secs(1));
        if let Some(due) = self.buffer.due(clock.scaled(self.settings.hold)) {
            // Due events may be held back by a group that lags behind, so there is a pause in any case.
            next = next.min(due.max(now + Duration::from_millis(5)));
        }
        next
    }

    /// Prints the events that need not be held any more.
    pub(super) async fn release(&mut self) {
        let clock = self.source.clock;
        let now = Instant::now();
        let silent = clock.scaled(SILENT);
        let behind = self
            .groups
            .iter()
            .filter(|group| group.last_update + silent > now)
            .filter_map(|group| group.behind);
        let limit = behind.min().unwrap_or(i64::MAX);
        let before = self.output.written;
        let hold = clock.scaled(self.settings.hold);
        // If every group was read longer than `--hold` after an event, the event is released at once: an earlier one
        // that is not visible yet would be later than `--hold` allows.
        let existing = self.groups.iter().filter(|group| !group.missing);
        let reached = existing.map(|group| group.reached).min();
        let old = reached
            .unwrap_or(i64::MIN)
            .saturating_sub(hold.as_millis() as i64);
        let bound = self.buffer.bound(now, hold, old, limit);
        loop {
            let mut full = false;
            for event in self.buffer.release(bound) {
                self.output.add(&event);
                if self.output.is_full() {
                    full = true;
                    break;
                }
            }
            self.output.send().await;
            if !full {
                break;
            }
        }
        if self.output.written > before {
            self.last_event = now;
        }
    }
}
