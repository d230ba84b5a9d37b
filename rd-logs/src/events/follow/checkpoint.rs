//! How far a tail came, in a file: the next run goes on there.
//!
//! It holds, for each group, from when to read on, and which events after that were written. Where stdout is a regular
//! file, it holds the file's length too: what a killed run wrote after its last checkpoint is found there, and is not
//! written again. JSON lines tell which events they are; a file of another format is cut back to the length.

use crate::events::event::key;
use crate::events::read::seen::Seen;
use rd_common::output::stream::OutputFile;
use rd_common::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The format of the file.
const FORMAT: &str = "rd-logs-checkpoint/1";

/// The file's contents.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// [`FORMAT`].
    pub format: String,
    /// What was asked for: another question has other answers.
    pub selection: BTreeMap<String, String>,
    /// By group.
    pub groups: BTreeMap<String, Position>,
    /// The file that stdout was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Output>,
}

/// How far a group was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Position {
    /// From when to read on, in milliseconds since 1970.
    pub from: i64,
    /// What was written since then: by second, 16 hexadecimal digits for each event.
    pub written: BTreeMap<i64, String>,
}

/// The file that stdout was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Its device.
    pub device: u64,
    /// Its inode.
    pub inode: u64,
    /// Its length at the checkpoint, in bytes.
    pub length: u64,
    /// Whether it holds JSON lines.
    pub json: bool,
}

impl Checkpoint {
    /// An empty one.
    pub fn new(selection: BTreeMap<String, String>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            selection,
            groups: BTreeMap::new(),
            output: None,
        }
    }

    /// Reads the file; none where there is none yet. One of another selection is refused.
    pub fn read(path: &Path, selection: &BTreeMap<String, String>) -> Result<Option<Self>> {
        let place = path.display();
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Error::failed(format!("cannot read {place}: {e}"))),
        };
        let unknown = |reason: String| {
            Error::usage(format!("{place} is no checkpoint of rd-logs: {reason}"))
                .hint("name another file, or delete it to begin anew")
        };
        let found: Self = serde_json::from_slice(&text).map_err(|e| unknown(e.to_string()))?;
        if found.format != FORMAT {
            return Err(unknown(format!("its format is {}", found.format)));
        }
        if found.selection != *selection {
            let shown = |selection: &BTreeMap<String, String>| {
                let all: Vec<String> = selection
                    .iter()
                    .map(|(k, v)| format!("--{k} {v}"))
                    .collect();
                if all.is_empty() {
                    "no filter".to_owned()
                } else {
                    all.join(" ")
                }
            };
            return Err(Error::usage(format!(
                "{place} is the checkpoint of another tail: of one with {}, not {}",
                shown(&found.selection),
                shown(selection)
            ))
            .hint("name another file for this one, or delete it to begin anew"));
        }
        Ok(Some(found))
    }

    /// Replaces the file, so that at any moment it is the old one or the new one, whole.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |e: std::io::Error| {
            Error::failed(format!("cannot write {}: {e}", path.display()))
                .hint("check the folder and the disk; without --checkpoint none is written")
        };
        let mut new = path.as_os_str().to_owned();
        new.push(".new");
        let bytes = serde_json::to_vec(self)
            .map_err(|e| Error::failed(format!("the checkpoint cannot be written: {e}")))?;
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

    /// What is known of a group, where it has been read before.
    pub fn seen(&self, group: &str) -> Result<Option<Seen>> {
        let Some(position) = self.groups.get(group) else {
            return Ok(None);
        };
        let mut seen = Seen::from(position.from);
        for (second, keys) in &position.written {
            for digits in keys.as_bytes().chunks(16) {
                let key = std::str::from_utf8(digits)
                    .ok()
                    .and_then(|digits| u64::from_str_radix(digits, 16).ok());
                let key = key.ok_or_else(|| Error::failed("the checkpoint is damaged"))?;
                seen.insert_key(second * 1000, key);
            }
        }
        Ok(Some(seen))
    }
}

impl Position {
    /// What was written of what is `seen` from `from` on; `held` keys were not.
    pub fn new(from: i64, seen: &Seen, held: &dyn Fn(u64) -> bool) -> Self {
        let mut written = BTreeMap::new();
        for (second, keys) in seen.since(from) {
            let mut text = String::with_capacity(keys.len() * 16);
            for key in keys.iter().filter(|key| !held(**key)) {
                text.push_str(&format!("{key:016x}"));
            }
            if !text.is_empty() {
                written.insert(second, text);
            }
        }
        Self { from, written }
    }
}

/// What a killed run wrote after its last checkpoint.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The events of whole lines: group, time in milliseconds, key.
    pub events: Vec<(String, i64, u64)>,
    /// To which length the file is to be cut, in bytes; none where it is well.
    pub cut: Option<u64>,
}

/// A line of our own, as far as it is needed here.
#[derive(Deserialize)]
struct Line {
    timestamp: jiff::Timestamp,
    group: String,
    id: String,
}

/// Looks at what is in `file` after the checkpoint. Nothing where stdout is another file now.
pub fn recover(was: &Output, now: &OutputFile, file: &Path) -> std::io::Result<Recovered> {
    let same = (was.device, was.inode) == (now.device, now.inode);
    if !same || now.length <= was.length {
        return Ok(Recovered::default());
    }
    if !was.json {
        return Ok(Recovered {
            events: Vec::new(),
            cut: Some(was.length),
        });
    }
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(was.length))?;
    let mut reader = BufReader::new(file.take(now.length - was.length));
    let (mut events, mut line, mut at, mut cut) = (Vec::new(), Vec::new(), was.length, None);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            break;
        }
        if line.last() != Some(&b'\n') {
            // Cut off in the middle of a write, if it is ours.
            cut = line.starts_with(b"{\"").then_some(at);
            break;
        }
        at += length;
        // What is no event of ours was written by somebody else; it stays.
        if let Ok(line) = serde_json::from_slice::<Line>(&line) {
            events.push((line.group, line.timestamp.as_millisecond(), key(&line.id)));
        }
    }
    Ok(Recovered { events, cut })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_written_is_known_again(
            events in prop::collection::vec((0i64..100_000, any::<u64>()), 0..100),
            held in any::<u64>(),
            from in 0i64..100_000,
        ) {
            let mut seen = Seen::from(0);
            for (timestamp, key) in &events {
                seen.insert_key(*timestamp, *key);
            }
            let held = events.first().map_or(held, |(_, key)| *key);
            let mut checkpoint = Checkpoint::new(BTreeMap::new());
            let position = Position::new(from, &seen, &|key| key == held);
            checkpoint.groups.insert("g".to_owned(), position);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("c");
            checkpoint.write(&path).unwrap();
            let read = Checkpoint::read(&path, &BTreeMap::new()).unwrap().unwrap();
            let mut again = read.seen("g").unwrap().unwrap();
            prop_assert_eq!(again.floor(), from);
            for (timestamp, key) in &events {
                let known = *key != held && timestamp.div_euclid(1000) >= from.div_euclid(1000);
                prop_assert_eq!(!again.clone().insert_key(*timestamp, *key), known);
            }
            prop_assert!(read.seen("other").unwrap().is_none());
            again.forget_before(i64::MAX / 2);
            prop_assert_eq!(again.len(), 0);
        }
    }

    #[test]
    fn another_selection_and_another_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        let selection: BTreeMap<String, String> = [("grep".to_owned(), "x".to_owned())].into();
        Checkpoint::new(selection.clone()).write(&path).unwrap();
        assert!(Checkpoint::read(&path, &selection).unwrap().is_some());
        let error = Checkpoint::read(&path, &BTreeMap::new()).unwrap_err();
        assert!(error.summary.contains("--grep x, not no filter"), "{error}");
        std::fs::write(&path, "{}").unwrap();
        let error = Checkpoint::read(&path, &selection).unwrap_err();
        assert!(error.summary.contains("no checkpoint"), "{error}");
        assert!(
            Checkpoint::read(&folder.path().join("none"), &selection)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn what_a_killed_run_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out");
        let line = |id: &str| {
            format!(
                "{{\"timestamp\":\"2026-11-23T14:00:00.500Z\",\"group\":\"g\",\"id\":\"{id}\",\"message\":\"m\"}}\n"
            )
        };
        let old = line("1");
        let text = format!(
            "{old}{}not ours\n{}{}",
            line("2"),
            line("3"),
            &line("4")[..20]
        );
        std::fs::write(&path, &text).unwrap();
        let was = |json| Output {
            device: 1,
            inode: 2,
            length: old.len() as u64,
            json,
        };
        let now = OutputFile {
            device: 1,
            inode: 2,
            length: text.len() as u64,
        };
        let found = recover(&was(true), &now, &path).unwrap();
        let at = "2026-11-23T14:00:00.500Z"
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_millisecond();
        let wanted = ["2", "3"].map(|id| ("g".to_owned(), at, key(id)));
        assert_eq!(found.events, wanted);
        assert_eq!(found.cut, Some(text.len() as u64 - 20));
        assert_eq!(
            recover(&was(false), &now, &path).unwrap().cut,
            Some(old.len() as u64)
        );
        let other = OutputFile { inode: 3, ..now };
        assert_eq!(
            recover(&was(true), &other, &path).unwrap(),
            Recovered::default()
        );
    }
}
