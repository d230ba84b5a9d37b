//! Writes the checkpoints of a tail, and continues where a killed run stopped.

use super::checkpoint::{Checkpoint, Position, StdoutFile};
use super::recover::recover;
use super::{Follow, Group};
use crate::events::continued::Continued;
use crate::events::format::Format;
use crate::events::read::source::Source;
use rd_common::output::stream::OutputFile;
use rd_common::{Error, Result};
use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest time between two checkpoints.
pub(super) const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);
/// The pause after a checkpoint, as a multiple of the time that it took.
const PAUSE_FACTOR: u32 = 20;

impl Follow {
    /// Ends the comparison with what a killed run wrote, once all events were added that it may have written: those that
    /// were read by the time at which every group was read once.
    pub(super) fn end_continuing(&mut self) {
        if !self.output.is_continuing() {
            return;
        }
        let read = |group: &Group| group.caught_up || group.missing || group.ended;
        if self.all_read.is_none() && self.groups.iter().all(read) {
            self.all_read = Some(Instant::now());
        }
        let oldest = self.buffer.due(Duration::ZERO);
        if self
            .all_read
            .is_some_and(|at| oldest.is_none_or(|added| added > at))
        {
            self.output.end_continuing();
        }
    }

    /// Prints what was released, then writes the checkpoint if there is a file for it.
    pub(super) async fn checkpoint(&mut self) -> Result<()> {
        let Some(path) = self.settings.checkpoint.clone() else {
            return Ok(());
        };
        if self.output.is_continuing() {
            // The last checkpoint and the file tell together what was printed.
            return Ok(());
        }
        let start = Instant::now();
        // Nothing is added to the output before the checkpoint is written.
        self.output.send().await;
        let length = self.output.stream.flush().await;
        if !self.output.stream.is_open() {
            // The reader may have missed what was sent, so the previous checkpoint must stay.
            return Ok(());
        }
        self.write_checkpoint(&path, length)?;
        self.last_checkpoint = Instant::now();
        self.checkpoint_pause = CHECKPOINT_EVERY.max(start.elapsed() * PAUSE_FACTOR);
        Ok(())
    }

    fn write_checkpoint(&self, path: &Path, length: Option<u64>) -> Result<()> {
        let overlap = self.source.clock.scaled(self.settings.overlap).as_millis() as i64;
        let mut checkpoint = Checkpoint::new(self.settings.filters.clone());
        checkpoint.groups.clone_from(&self.other_groups);
        for (number, group) in self.groups.iter().enumerate() {
            let held: Vec<_> = self
                .buffer
                .events()
                .filter(|event| event.group == number)
                .collect();
            let first = held.iter().map(|event| event.timestamp).min();
            let from = (group.covered - overlap)
                .min(first.unwrap_or(i64::MAX))
                .max(group.seen.floor());
            let hashes: HashSet<u64> = held.iter().map(|event| event.id_hash()).collect();
            let position = Position::new(from, &group.seen, &|hash| hashes.contains(&hash));
            checkpoint
                .groups
                .insert(self.source.groups[number].name.clone(), position);
        }
        checkpoint.output =
            self.stdout_file
                .as_ref()
                .zip(length)
                .map(|(file, length)| StdoutFile {
                    device: file.device,
                    inode: file.inode,
                    length,
                    json: self.settings.format == Format::Json,
                });
        checkpoint.write(path)
    }
}

/// Adds the events that a killed run printed after its last checkpoint to those that were seen. Returns what is to be
/// compared with the events that are printed next. `was` is the file of stdout at the checkpoint.
pub(super) fn recover_stdout(
    was: &StdoutFile,
    source: &Source,
    groups: &mut [Group],
) -> Result<Option<Continued>> {
    let Some(now) = OutputFile::of_stdout() else {
        return Ok(None);
    };
    let found = recover(was, &now, Path::new("/dev/fd/1")).map_err(|e| {
        Error::failed(format!(
            "cannot read the file of stdout, to find what the last run wrote: {e}"
        ))
    })?;
    for (name, timestamp, hash) in found.events {
        if let Some(number) = source.groups.iter().position(|group| group.name == name) {
            groups[number].seen.insert_hash(timestamp, hash);
        }
    }
    Ok(found.continued)
}
