//! Finds out what a killed run wrote to a file after its last checkpoint. Other programs may write to the file, too.
//!
//! JSON lines tell by their ids which events were printed, so these are not printed again. Lines of another format are compared
//! with what would be printed ([`Continued`]).

use super::checkpoint::StdoutFile;
use crate::events::continued::Continued;
use crate::events::event::id_hash;
use rd_common::output::stream::OutputFile;
use serde::Deserialize;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// The most bytes that are compared. A tail writes a checkpoint every second, so what it wrote after the last one is less.
const MOST_COMPARED: u64 = 256 << 20;

/// What a run wrote after its last checkpoint.
#[derive(Debug, Default)]
pub struct Recovered {
    /// The events of complete JSON lines: name of the group, milliseconds since 1970, hash of the id.
    pub events: Vec<(String, i64, u64)>,
    /// What is to be compared with the events that are printed next; none if there is nothing.
    pub continued: Option<Continued>,
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
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(was.length))?;
    let length = now.length - was.length;
    let most = if was.json {
        length
    } else {
        length.min(MOST_COMPARED)
    };
    let mut reader = BufReader::new(file.take(most));
    let (mut events, mut lines, mut line) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            break;
        }
        if !was.json {
            lines.extend_from_slice(&line);
        } else if let Ok(line) = serde_json::from_slice::<Line>(&line) {
            events.push((
                line.group,
                line.timestamp.as_millisecond(),
                id_hash(&line.id),
            ));
        }
    }
    if most < length {
        // This is not the end of the file.
        line.clear();
    }
    let nothing = lines.is_empty() && line.is_empty();
    let continued = (!nothing).then(|| Continued::new(lines, line));
    Ok(Recovered { events, continued })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complete_lines_are_recovered_and_a_cut_line_is_continued() {
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
        let rest = |found: Recovered, line: &str| {
            let mut out = line.as_bytes().to_vec();
            found.continued.unwrap().compare(&mut out, 0);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(rest(found, &line("4")), line("4")[20..]);
        let found = recover(&was(false), &now, &path).unwrap();
        assert_eq!(rest(found, &line("3")), "");
        let other = OutputFile { inode: 3, ..now };
        let found = recover(&was(true), &other, &path).unwrap();
        assert!(found.events.is_empty() && found.continued.is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}
