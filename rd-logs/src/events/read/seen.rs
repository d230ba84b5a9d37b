//! The ids of a group's latest events, so that each is shown once though it is read several times.

use crate::events::event::Event;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// How many ids are kept, of all groups together. A set takes up to 18 bytes an id, so this is at most 36 MB. Where more
/// events come within the overlap window, the window becomes shorter: older ids are forgotten, and what comes later
/// than that is not looked for any more.
pub const MOST_IDS: usize = 2_000_000;

/// Keys are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// Keys of ids.
pub type Keys = HashSet<u64, BuildHasherDefault<AsIs>>;

/// What is known of one group's events since `floor`.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    floor: i64,
    seconds: BTreeMap<i64, Keys>,
    count: usize,
}

impl Seen {
    /// Nothing is known; events before `floor`, in milliseconds, are not looked at.
    pub fn from(floor: i64) -> Self {
        Self {
            floor,
            ..Self::default()
        }
    }

    /// Where it begins, in milliseconds.
    pub fn floor(&self) -> i64 {
        self.floor
    }

    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Notes an event; whether it is new. One from before the floor never is, since nobody knows.
    pub fn insert(&mut self, event: &Event) -> bool {
        event.timestamp >= self.floor && self.insert_key(event.timestamp, event.key())
    }

    /// The same, with the key of its id.
    pub fn insert_key(&mut self, timestamp: i64, key: u64) -> bool {
        let second = timestamp.div_euclid(1000);
        let new = self.seconds.entry(second).or_default().insert(key);
        self.count += usize::from(new);
        new
    }

    /// Forgets what was before `floor`, in milliseconds.
    pub fn forget_before(&mut self, floor: i64) {
        self.floor = self.floor.max(floor);
        // A second that has begun before the floor is kept whole.
        let kept = self.seconds.split_off(&self.floor.div_euclid(1000));
        let gone = std::mem::replace(&mut self.seconds, kept);
        self.count -= gone.values().map(Keys::len).sum::<usize>();
    }

    /// Forgets the oldest second, and begins after it.
    pub fn shorten(&mut self) {
        if let Some((second, keys)) = self.seconds.pop_first() {
            self.count -= keys.len();
            self.floor = self.floor.max((second + 1) * 1000);
        }
    }

    /// The keys by second, from the second of `from` on.
    pub fn since(&self, from: i64) -> impl Iterator<Item = (i64, &Keys)> {
        self.seconds
            .range(from.div_euclid(1000)..)
            .map(|(second, keys)| (*second, keys))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn each_is_new_once_and_nothing_before_the_floor(
            reads in prop::collection::vec((0i64..20_000, 0u64..50), 0..200),
            floor in 0i64..20_000,
        ) {
            let mut seen = Seen::from(floor);
            let mut told = BTreeSet::new();
            for (timestamp, id) in &reads {
                let event = Event::new((*timestamp, 0), 0, &format!("{timestamp}-{id}"), "", "");
                prop_assert_eq!(
                    seen.insert(&event),
                    *timestamp >= floor && told.insert((*timestamp, *id))
                );
            }
            prop_assert_eq!(seen.len(), told.len());
            seen.forget_before(10_000);
            let left = told.iter().filter(|(timestamp, _)| *timestamp / 1000 >= seen.floor() / 1000);
            prop_assert_eq!(seen.len(), left.count());
            let before = seen.floor();
            if seen.len() > 0 {
                seen.shorten();
                prop_assert!(seen.floor() > before);
            }
        }
    }
}
