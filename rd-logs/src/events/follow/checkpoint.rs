//! A file that records how far a tail has read, so that the next run continues there.
//!
//! For each group it has the time from which to continue, and the ids of the events after that time that were printed.
//! If stdout is a regular file, it also has the length of that file: [`super::recover`] finds there what a killed run
//! printed after its last checkpoint.

use crate::events::read::seen_ids::SeenIds;
use rd_common::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// The name and version of the file format.
const FORMAT: &str = "rd-logs-checkpoint/1";

/// The contents of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The format of the file, always [`FORMAT`].
    pub format: String,
    /// The flags that select events, by name. A tail with other flags must not continue here.
    pub selection: BTreeMap<String, String>,
    /// How far each group was read, by the name of the group.
    pub groups: BTreeMap<String, Position>,
    /// The file to which stdout was redirected, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<StdoutFile>,
}

/// How far one group was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Position {
    /// The time from which to continue, in milliseconds since 1970.
    pub from: i64,
    /// The events after that time that were printed: by second since 1970, the hash of each id in 16 hexadecimal
    /// digits.
    pub written: BTreeMap<i64, String>,
}

/// A file to which stdout was redirected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StdoutFile {
    /// The number of its device.
    pub device: u64,
    /// The number of its inode.
    pub inode: u64,
    /// Its length at the time of the checkpoint, in bytes.
    pub length: u64,
    /// Whether events were printed as JSON lines.
    pub json: bool,
}

impl Checkpoint {
    /// A checkpoint without groups, for these flags.
    pub fn new(selection: BTreeMap<String, String>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            selection,
            groups: BTreeMap::new(),
            output: None,
        }
    }

    /// Reads the file; none if it does not exist yet. Fails for a file of another kind, and for a checkpoint of other
    /// flags.
    pub fn read(path: &Path, selection: &BTreeMap<String, String>) -> Result<Option<Self>> {
        let place = path.display();
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::failed(format!("cannot read {place}: {e}"))),
        };
        let unknown = |reason: String| {
            Error::usage(format!("{place} is not a checkpoint of rd-logs: {reason}"))
                .hint("name another file, or delete this one to start without a checkpoint")
        };
        let found: Self = serde_json::from_slice(&text).map_err(|e| unknown(e.to_string()))?;
        if found.format != FORMAT {
            return Err(unknown(format!("its format is {}", found.format)));
        }
        if found.selection != *selection {
            let flags = |selection: &BTreeMap<String, String>| {
                let all: Vec<String> = selection
                    .iter()
                    .map(|(k, v)| format!("--{k} {v}"))
                    .collect();
                if all.is_empty() {
                    "no filters".to_owned()
                } else {
                    all.join(" ")
                }
            };
            return Err(Error::usage(format!(
                "{place} is the checkpoint of a tail with {}, not with {}",
                flags(&found.selection),
                flags(selection)
            ))
            .hint("pass the same filters, name another file, or delete this one to start without a checkpoint"));
        }
        Ok(Some(found))
    }

    /// Replaces the file with a rename, so that it is complete at any moment.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |e: std::io::Error| {
            Error::failed(format!("cannot write {}: {e}", path.display()))
                .hint("check that the folder exists and the disk has space; without --checkpoint, no file is written")
        };
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let bytes = serde_json::to_vec(self)
            .map_err(|e| Error::failed(format!("cannot write the checkpoint as JSON: {e}")))?;
        let write = || -> std::io::Result<()> {
            let mut options = File::options();
            options.write(true).create(true).truncate(true);
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&new)?;
            file.write_all(&bytes)?;
            file.sync_data()?;
            std::fs::rename(&new, path)
        };
        write().map_err(failed)
    }

    /// The ids of a group that were printed; none if the checkpoint does not have the group.
    pub fn seen(&self, group: &str) -> Result<Option<SeenIds>> {
        let Some(position) = self.groups.get(group) else {
            return Ok(None);
        };
        let mut seen = SeenIds::since(position.from);
        for (second, hashes) in &position.written {
            for digits in hashes.as_bytes().chunks(16) {
                let hash = std::str::from_utf8(digits)
                    .ok()
                    .and_then(|digits| u64::from_str_radix(digits, 16).ok());
                let hash = hash.ok_or_else(|| {
                    Error::failed(format!("the checkpoint is damaged at the group {group}"))
                        .hint("delete the file to start without a checkpoint")
                })?;
                seen.insert_hash(second * 1000, hash);
            }
        }
        Ok(Some(seen))
    }
}

impl Position {
    /// The position from `from`, in milliseconds since 1970. All ids in `seen` were printed, except those for which
    /// `held` returns true.
    pub fn new(from: i64, seen: &SeenIds, held: &dyn Fn(u64) -> bool) -> Self {
        let mut written = BTreeMap::new();
        for (second, hashes) in seen.seconds_from(from) {
            let mut text = String::with_capacity(hashes.len() * 16);
            for hash in hashes.iter().filter(|hash| !held(**hash)) {
                text.push_str(&format!("{hash:016x}"));
            }
            if !text.is_empty() {
                written.insert(second, text);
            }
        }
        Self { from, written }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn printed_events_are_known_to_the_next_run(
            events in prop::collection::vec((0i64..100_000, any::<u64>()), 0..100),
            held in any::<u64>(),
            from in 0i64..100_000,
        ) {
            let mut seen = SeenIds::since(0);
            for (timestamp, hash) in &events {
                seen.insert_hash(*timestamp, *hash);
            }
            let held = events.first().map_or(held, |(_, hash)| *hash);
            let mut checkpoint = Checkpoint::new(BTreeMap::new());
            let position = Position::new(from, &seen, &|hash| hash == held);
            checkpoint.groups.insert("g".to_owned(), position);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("c");
            checkpoint.write(&path).unwrap();
            let read = Checkpoint::read(&path, &BTreeMap::new()).unwrap().unwrap();
            let mut again = read.seen("g").unwrap().unwrap();
            prop_assert_eq!(again.floor(), from);
            for (timestamp, hash) in &events {
                let known = *hash != held && timestamp.div_euclid(1000) >= from.div_euclid(1000);
                prop_assert_eq!(!again.clone().insert_hash(*timestamp, *hash), known);
            }
            prop_assert!(read.seen("other").unwrap().is_none());
            again.drop_before(i64::MAX / 2);
            prop_assert_eq!(again.len(), 0);
        }
    }

    #[test]
    fn other_filters_and_other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        let selection: BTreeMap<String, String> = [("grep".to_owned(), "x".to_owned())].into();
        Checkpoint::new(selection.clone()).write(&path).unwrap();
        assert!(Checkpoint::read(&path, &selection).unwrap().is_some());
        let error = Checkpoint::read(&path, &BTreeMap::new()).unwrap_err();
        assert!(
            error.summary.contains("--grep x, not with no filters"),
            "{error}"
        );
        std::fs::write(&path, "{}").unwrap();
        let error = Checkpoint::read(&path, &selection).unwrap_err();
        assert!(error.summary.contains("not a checkpoint"), "{error}");
        assert!(
            Checkpoint::read(&folder.path().join("none"), &selection)
                .unwrap()
                .is_none()
        );
    }
}
