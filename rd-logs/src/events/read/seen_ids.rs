//! The ids of the latest events of a group: each event is printed once, although it is read several times.

use crate::events::event::Event;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// The maximum number of ids in memory, of all groups together. A set takes up to 18 bytes for an id, so this is at
/// most 36 MB. If the overlap window has more events, it becomes shorter: the oldest ids are dropped, and events of
/// that time that arrive later are not printed.
pub const MAX_IDS: usize = 2_000_000;

/// A hasher that returns its input, since ids are stored as hashes.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

/// A set of ids, each as [`crate::events::event::id_hash`] returns it.
pub type IdHashes = HashSet<u64, BuildHasherDefault<IdentityHasher>>;

/// The ids of the events of one group since a point in time, the floor, by second.
#[derive(Clone, Debug, Default)]
pub struct SeenIds {
    floor: i64,
    /// Ids of events before this time may have been forgotten, in milliseconds since 1970.
    forgotten: i64,
    seconds: BTreeMap<i64, IdHashes>,
    count: usize,
}

impl SeenIds {
    /// An empty set. Events before `floor`, in milliseconds since 1970, count as seen.
    pub fn since(floor: i64) -> Self {
        Self {
            floor,
            forgotten: floor,
            ..Self::default()
        }
    }

    /// The start of the time that the set covers, in milliseconds since 1970.
    pub fn floor(&self) -> i64 {
        self.floor
    }

    /// The number of ids in the set.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Adds an event; whether it is new. An event before the floor never is, because its id may have been dropped.
    pub fn insert(&mut self, event: &Event) -> bool {
        event.timestamp >= self.floor && self.insert_hash(event.timestamp, event.id_hash())
    }

    /// Adds the hash of an id of an event at `timestamp`; whether it is new.
    pub fn insert_hash(&mut self, timestamp: i64, hash: u64) -> bool {
        let second = timestamp.div_euclid(1000);
        let new = self.seconds.entry(second).or_default().insert(hash);
        self.count += usize::from(new);
        new
    }

    /// Drops the ids of events before `floor`, in milliseconds since 1970, and raises the floor to it, or to the end of
    /// what was forgotten.
    pub fn drop_before(&mut self, floor: i64) {
        self.floor = self.floor.max(floor).max(self.forgotten);
        // The second that contains the floor is kept whole.
        let kept = self.seconds.split_off(&self.floor.div_euclid(1000));
        let dropped = std::mem::replace(&mut self.seconds, kept);
        self.count -= dropped.values().map(IdHashes::len).sum::<usize>();
    }

    /// Drops the oldest second, and raises the floor to its end.
    pub fn drop_oldest_second(&mut self) {
        self.forget_oldest_second();
        self.floor = self.floor.max(self.forgotten);
    }

    /// Drops the oldest second, but not the events of that time which are still to come: for a first pass, which reads
    /// each event once, but not always in order. [`Self::drop_before`] raises the floor at its end.
    pub fn forget_oldest_second(&mut self) {
        if let Some((second, hashes)) = self.seconds.pop_first() {
            self.count -= hashes.len();
            self.forgotten = self.forgotten.max((second + 1) * 1000);
        }
    }

    /// The seconds since 1970 with their ids, from the second that contains `from`, in milliseconds.
    pub fn seconds_from(&self, from: i64) -> impl Iterator<Item = (i64, &IdHashes)> {
        self.seconds
            .range(from.div_euclid(1000)..)
            .map(|(second, hashes)| (*second, hashes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn each_event_is_new_once_and_none_before_the_floor(
            reads in prop::collection::vec((0i64..20_000, 0u64..50), 0..200),
            floor in 0i64..20_000,
        ) {
            let mut seen = SeenIds::since(floor);
            let mut inserted = BTreeSet::new();
            for (timestamp, id) in &reads {
                let event = Event::new((*timestamp, 0), 0, &format!("{timestamp}-{id}"), "", "");
                prop_assert_eq!(
                    seen.insert(&event),
                    *timestamp >= floor && inserted.insert((*timestamp, *id))
                );
            }
            prop_assert_eq!(seen.len(), inserted.len());
            seen.drop_before(10_000);
            let left = inserted.iter().filter(|(timestamp, _)| *timestamp / 1000 >= seen.floor() / 1000);
            prop_assert_eq!(seen.len(), left.count());
            let before = seen.floor();
            let mut forgetful = seen.clone();
            forgetful.forget_oldest_second();
            prop_assert_eq!(forgetful.floor(), before);
            forgetful.drop_before(before);
            seen.drop_oldest_second();
            prop_assert_eq!(forgetful.floor(), seen.floor());
            prop_assert_eq!(forgetful.len(), seen.len());
            let before = seen.floor();
            if seen.len() > 0 {
                seen.drop_oldest_second();
                prop_assert!(seen.floor() > before);
            }
        }
    }
}
