//! The versions of a state, each in a file of its own: which there are, and which are still kept.

use super::regular_file::{check_file, check_folder};
use super::{LocalStore, io_error};
use crate::error::{Error, Result};
use crate::settings::Retention;
use crate::state::document::Document;
use crate::state::store::{Key, Version};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::PathBuf;

impl LocalStore {
    /// Lists the versions that can be read, oldest first.
    pub(super) fn versions(&self, key: &Key) -> Result<Vec<Version>> {
        let current = self.read(&self.current(key)).ok().flatten();
        let newest = current.map(|current| current.document.serial);
        let mut versions = Vec::new();
        for (serial, path) in self.version_files(key)? {
            // A version that a power failure left incomplete never became the current one: it is not history.
            if newest.is_some_and(|newest| serial > newest) {
                continue;
            }
            let Ok(Some(stored)) = self.read(&path) else {
                continue;
            };
            let document = stored.document;
            versions.push(Version {
                serial: document.serial,
                written: document.written,
                run: document.run,
                command: document.command,
                resources: document.resources.len(),
            });
        }
        Ok(versions)
    }

    /// Reads the version with this serial.
    pub(super) fn read_version(&self, key: &Key, serial: u64) -> Result<Document> {
        let path = self.version_file(key, serial);
        check_file("the version", &path)?;
        let stored = self.read(&path)?;
        stored.map(|stored| stored.document).ok_or_else(|| {
            Error::usage(format!("the {} state has no version {serial}", key.slice))
                .hint("`rd-state history` lists the versions; old ones are removed in time")
        })
    }

    /// The files of the versions with their serials, oldest first.
    fn version_files(&self, key: &Key) -> Result<Vec<(u64, PathBuf)>> {
        let folder = self.history_folder(key);
        check_folder("the history", &folder)?;
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(io_error("read the folder", &folder, &e)),
        };
        let serial = |name: &str| -> Option<u64> {
            let rest = name.strip_prefix(&key.slice)?.strip_prefix('.')?;
            rest.strip_suffix(".json")?.parse().ok()
        };
        let mut files: Vec<(u64, PathBuf)> = entries
            .flatten()
            .filter_map(|entry| {
                let serial = serial(entry.file_name().to_str()?)?;
                Some((serial, entry.path()))
            })
            .collect();
        files.sort();
        Ok(files)
    }

    /// Removes the versions that are no longer kept. What cannot be removed is left for the next save.
    pub(super) fn prune(&self, key: &Key) {
        let Ok(files) = self.version_files(key) else {
            return;
        };
        for path in self.retention.expired(&files, Timestamp::now(), origin) {
            if let Err(error) = self.files.remove(path) {
                tracing::debug!(target: "rd::state", "{} was not removed: {error}", path.display());
            }
        }
    }
}

/// When a version was written, and by which run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Origin {
    written: Timestamp,
    run: String,
}

/// The origin of the version in this file; none where it cannot be read.
fn origin(path: &PathBuf) -> Option<Origin> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

impl Retention {
    /// Which of these versions, ordered by age with the oldest first, are kept no longer at `now`: all but the newest
    /// ones, and before them the last one of each of some runs and of each of some days.
    fn expired<'a, T>(
        &self,
        files: &'a [(u64, T)],
        now: Timestamp,
        origin: impl Fn(&T) -> Option<Origin>,
    ) -> Vec<&'a T> {
        let count = usize::try_from(self.history_versions).unwrap_or(usize::MAX);
        let Some(kept) = files.len().checked_sub(count).filter(|old| *old > 0) else {
            return Vec::new();
        };
        let (old, new) = files.split_at(kept);
        let day = |origin: &Origin| -> Date { origin.written.to_zoned(TimeZone::UTC).date() };
        let days = i64::from(self.history_days).days();
        let first_day = now.to_zoned(TimeZone::UTC).date().saturating_sub(days);
        // The version after the one that is looked at.
        let mut later = new.first().and_then(|(_, file)| origin(file));
        let mut runs = self.history_runs;
        let mut expired = Vec::new();
        for (_, file) in old.iter().rev() {
            let Some(this) = origin(file) else {
                expired.push(file);
                continue;
            };
            let ends_run = later.as_ref().is_none_or(|later| later.run != this.run);
            let ends_day = later.as_ref().is_none_or(|later| day(later) != day(&this));
            let is_kept_run = ends_run && runs > 0;
            if is_kept_run {
                runs -= 1;
            }
            if !(is_kept_run || ends_day && day(&this) > first_day) {
                expired.push(file);
            }
            later = Some(this);
        }
        expired
    }
}

#[cfg(test)]
mod tests {
    use super::super::LocalStore;
    use super::Origin;
    use crate::settings::Retention;
    use crate::state::conformance::{Writer, key};
    use crate::state::store::Store;
    use jiff::{Timestamp, ToSpan};

    /// The serials of the versions that are kept.
    fn kept(
        retention: &Retention,
        now: Timestamp,
        files: &[(u64, Timestamp)],
        run: impl Fn(u64) -> String,
    ) -> Vec<u64> {
        let files: Vec<(u64, (u64, Timestamp))> =
            files.iter().map(|file| (file.0, *file)).collect();
        let expired = retention.expired(&files, now, |(serial, written)| {
            Some(Origin {
                written: *written,
                run: run(*serial),
            })
        });
        let kept = files.iter().filter(|(_, file)| !expired.contains(&file));
        kept.map(|(serial, _)| *serial).collect()
    }

    #[test]
    fn the_last_version_before_a_run_that_writes_many_is_kept() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        let files: Vec<(u64, Timestamp)> = (1..=300).map(|serial| (serial, now)).collect();
        let retention = Retention {
            history_versions: 50,
            history_runs: 3,
            history_days: 30,
        };
        // Runs of 40 versions, and a last one of 100.
        let run = |serial: u64| format!("run-{}", ((serial - 1) / 40).min(5));
        let kept = kept(&retention, now, &files, run);
        let expected: Vec<u64> = [120, 160, 200].into_iter().chain(251..=300).collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn the_newest_versions_and_the_last_one_of_each_day_are_kept() {
        let now: Timestamp = "2026-03-31T12:00:00Z".parse().unwrap();
        // Four a day for a hundred days, the last one an hour ago.
        let files: Vec<(u64, Timestamp)> = (1..=400_u64)
            .map(|serial| {
                let hours = i64::try_from(1 + (400 - serial) * 6).unwrap();
                (serial, now - hours.hours())
            })
            .collect();
        let retention = Retention {
            history_versions: 50,
            history_runs: 0,
            history_days: 30,
        };
        let kept = kept(&retention, now, &files, |_| "run-1".to_owned());
        // 50 versions are 12 days and two versions; the day of those two has its last one among the 50.
        let daily: Vec<u64> = kept
            .iter()
            .copied()
            .filter(|serial| *serial <= 350)
            .collect();
        assert_eq!(kept.len(), 50 + daily.len());
        assert_eq!(kept.last(), Some(&400));
        let days: Vec<String> = files
            .iter()
            .filter(|(serial, _)| daily.contains(serial))
            .map(|(_, written)| written.to_string()[..10].to_owned())
            .collect();
        let mut distinct = days.clone();
        distinct.dedup();
        assert_eq!(days, distinct, "one a day");
        assert_eq!(days.first().map(String::as_str), Some("2026-03-02"));
        assert_eq!(days.len(), 30 - 13);
        assert!(
            daily.iter().all(|serial| (400 - serial) % 4 == 2),
            "the last of its day: {daily:?}"
        );
    }

    #[tokio::test]
    async fn a_save_removes_what_is_no_longer_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path()).keeping(Retention {
            history_versions: 3,
            history_runs: 0,
            history_days: 0,
        });
        let mut writer = Writer::lock(&store, "run-1").await;
        for serial in 1..=8 {
            writer.save(serial).await.unwrap();
        }
        let kept = store.history(&key(), usize::MAX).await.unwrap();
        let serials: Vec<u64> = kept.iter().map(|version| version.serial).collect();
        assert_eq!(serials, [6, 7, 8]);
    }

    #[tokio::test]
    async fn a_damaged_state_leaves_its_history() {
        let folder = tempfile::tempdir().unwrap();
        let store = LocalStore::new(folder.path());
        let mut writer = Writer::lock(&store, "run-1").await;
        writer.save(1).await.unwrap();
        writer.save(2).await.unwrap();
        std::fs::write(store.current(&key()), "x\n").unwrap();
        let versions = store.history(&key(), usize::MAX).await.unwrap();
        assert_eq!(versions.len(), 2);
        let restored = store
            .restore(&key(), 2, writer.lock.as_ref())
            .await
            .unwrap();
        assert_eq!(restored.serial, 3);
    }
}
