//! Finds out what a killed run wrote to a file after its last checkpoint.
//!
//! JSON lines tell which events were printed, so these are not printed again, and a line that was cut off is removed. A
//! file in another format is cut back to its length at the checkpoint.

use super::checkpoint::StdoutFile;
use crate::events::event::id_hash;
use rd_common::output::stream::OutputFile;
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// What a run wrote after its last checkpoint.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// The events of complete lines: name of the group, milliseconds since 1970, hash of the id.
    pub events: Vec<(String, i64, u64)>,
    /// The length to which the file must be cut, in bytes; none if it ends with a complete line.
    pub cut_to: Option<u64>,
}

/// The members of a line of JSON output that identify its event.
#[derive(Deserialize)]
struct Line {
    timestamp: jiff::Timestamp,
    group: String,
    id: String,
}

/// Reads what `file` has after the checkpoint. `was` is the file at the checkpoint, `now` is stdout: nothing is
/// recovered if these are different files.
pub fn recover(was: &StdoutFile, now: &OutputFile, file: &Path) -> std::io::Result<Recovered> {
    let same = (was.device, was.inode) == (now.device, now.inode);
    if !same || now.length <= was.length {
        return Ok(Recovered::default());
    }
    if !was.json {
        return Ok(Recovered {
            events: Vec::new(),
            cut_to: Some(was.length),
        });
    }
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(was.length))?;
    let mut reader = BufReader::new(file.take(now.length - was.length));
    let (mut events, mut line, mut at, mut cut_to) = (Vec::new(), Vec::new(), was.length, None);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)? as u64;
        if length == 0 {
            break;
        }
        if line.last() != Some(&b'\n') {
            // A line of ours that was cut off in the middle of a write.
            cut_to = line.starts_with(b"{\"").then_some(at);
            break;
        }
        at += length;
        // Lines of other programs stay.
        if let Ok(line) = serde_json::from_slice::<Line>(&line) {
            events.push((
                line.group,
                line.timestamp.as_millisecond(),
                id_hash(&line.id),
            ));
        }
    }
    Ok(Recovered { events, cut_to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_lines_are_recovered_and_a_cut_line_is_removed() {
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
        let was = |json| StdoutFile {
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
        let expected = ["2", "3"].map(|id| ("g".to_owned(), at, id_hash(id)));
        assert_eq!(found.events, expected);
        assert_eq!(found.cut_to, Some(text.len() as u64 - 20));
        assert_eq!(
            recover(&was(false), &now, &path).unwrap().cut_to,
            Some(old.len() as u64)
        );
        let other = OutputFile { inode: 3, ..now };
        assert_eq!(
            recover(&was(true), &other, &path).unwrap(),
            Recovered::default()
        );
    }
}
