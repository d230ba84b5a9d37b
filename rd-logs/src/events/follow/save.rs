//! How a tail remembers how far it came, and takes in what a killed one left.

use super::checkpoint::{Checkpoint, Output, Position, recover};
use super::{Follow, Group};
use crate::events::format::Format;
use crate::events::read::source::Source;
use rd_common::output::stream::OutputFile;
use rd_common::{Error, Result};
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// How often a checkpoint is written at most.
pub(super) const EVERY: Duration = Duration::from_secs(1);
/// The time that goes into checkpoints is at most one in so many.
const SHARE: u32 = 20;

impl Follow {
    /// Writes it, once all that was read is written; the next time is due after a pause.
    pub(super) async fn checkpoint(&mut self) -> Result<()> {
        let Some(path) = self.settings.checkpoint.clone() else {
            return Ok(());
        };
        let start = Instant::now();
        // From here to the end nothing is put in the sink.
        self.sink.send().await;
        let length = self.sink.stream.flush().await;
        if !self.sink.stream.is_open() {
            // What was sent may not have been taken: the checkpoint before counts.
            return Ok(());
        }
        self.write_checkpoint(&path, length)?;
        self.written = Instant::now();
        self.pause = EVERY.max(start.elapsed() * SHARE);
        Ok(())
    }

    fn write_checkpoint(&self, path: &Path, length: Option<u64>) -> Result<()> {
        let overlap = self.source.clock.scaled(self.settings.overlap).as_millis() as i64;
        let mut checkpoint = Checkpoint::new(self.settings.selection.clone());
        checkpoint.groups.clone_from(&self.others);
        for (number, group) in self.groups.iter().enumerate() {
            let held: Vec<_> = self
                .hold
                .events()
                .filter(|event| event.group == number)
                .collect();
            let first = held.iter().map(|event| event.timestamp).min();
            let from = (group.frontier - overlap)
                .min(first.unwrap_or(i64::MAX))
                .max(group.seen.floor());
            let keys: HashSet<u64> = held.iter().map(|event| event.key()).collect();
            let position = Position::new(from, &group.seen, &|key| keys.contains(&key));
            checkpoint
                .groups
                .insert(self.source.groups[number].clone(), position);
        }
        checkpoint.output = self
            .output
            .as_ref()
            .zip(length)
            .map(|(file, length)| Output {
                device: file.device,
                inode: file.inode,
                length,
                json: self.settings.format == Format::Json,
            });
        checkpoint.write(path)
    }
}

/// Takes in what a killed run wrote after its last checkpoint.
pub(super) fn take_in(was: &Output, source: &Source, groups: &mut [Group]) -> Result<()> {
    let Some(now) = OutputFile::of_stdout() else {
        return Ok(());
    };
    let found = recover(was, &now, Path::new("/dev/fd/1"))
        .map_err(|e| Error::failed(format!("what stdout's file holds cannot be read: {e}")))?;
    for (name, timestamp, key) in found.events {
        if let Some(number) = source.groups.iter().position(|group| *group == name) {
            groups[number].seen.insert_key(timestamp, key);
        }
    }
    if let Some(length) = found.cut {
        OutputFile::cut(length)
            .map_err(|e| Error::failed(format!("stdout's file cannot be cut back: {e}")))?;
        let bytes = now.length - length;
        source.tell(
            &format!("{bytes} bytes were cut off from stdout's file: a run that was killed left them unfinished"),
            "what they held is written again",
        );
    }
    Ok(())
}
