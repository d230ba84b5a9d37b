//! Warnings of a tail: a group that does not exist, or more events than can be remembered or read.

use super::Follow;
use crate::events::read::seen_ids::MAX_IDS;
use crate::time::zone::local_time;
use std::time::Duration;
use tokio::time::Instant;

/// How far a group may lag behind without a warning.
const BEHIND: Duration = Duration::from_secs(120);
/// The shortest time between two warnings about groups that lag behind.
const WARN_BEHIND_EVERY: Duration = Duration::from_secs(60);

impl Follow {
    pub(super) fn warn_missing(&self, group: usize) {
        let name = &self.source.groups[group];
        self.source.warn(
            &format!("the log group {name} does not exist"),
            "rd-logs reads it as soon as it exists; rd-logs groups lists the log groups of the stack",
        );
    }

    /// Drops the oldest ids of the largest groups if there are too many, with a warning the first time that this makes a
    /// window shorter. In a first pass it does not: no earlier one has read its events.
    pub(super) fn limit_ids(&mut self) {
        let mut all: usize = self.groups.iter().map(|group| group.seen.len()).sum();
        while all > MAX_IDS {
            let Some(largest) = self.groups.iter_mut().max_by_key(|group| group.seen.len()) else {
                return;
            };
            all -= largest.seen.len();
            if !largest.caught_up {
                largest.seen.forget_oldest_second();
                all += largest.seen.len();
                continue;
            }
            largest.seen.drop_oldest_second();
            all += largest.seen.len();
            if !std::mem::replace(&mut self.warned_short_window, true) {
                let floor = local_time(largest.seen.floor(), &self.settings.zone);
                self.source.warn(
                    &format!(
                        "more than {MAX_IDS} events arrived within --overlap: events before {floor} that arrive from now on are not printed"
                    ),
                    "narrow the selection with --filter, --stream or fewer groups",
                );
            }
        }
    }

    /// Warns if more events arrive than AWS allows to read. A group that still reads the past is not behind.
    pub(super) fn warn_behind(&mut self, group: usize) {
        let state = &self.groups[group];
        let Some(read_to) = state.behind.filter(|_| state.caught_up) else {
            return;
        };
        let late = self.source.now() - read_to;
        let due = self
            .last_behind_warning
            .is_none_or(|last| last.elapsed() >= WARN_BEHIND_EVERY);
        if late > BEHIND.as_millis() as i64 && due {
            self.last_behind_warning = Some(Instant::now());
            let time = local_time(read_to, &self.settings.zone);
            let name = &self.source.groups[group];
            self.source.warn(
                &format!(
                    "{name} was read only up to {time}: more events arrive than AWS allows to read"
                ),
                "no events are lost; to catch up, narrow the selection with --filter or --stream",
            );
        }
    }
}
