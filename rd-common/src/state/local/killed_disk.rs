//! A disk at one of whose operations the process is killed, for tests.

use super::LocalStore;
use super::files::{Disk, Files};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// When the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::state) enum Moment {
    /// Killed before the operation was done.
    Before,
    /// When half of a file is written. Only writes count then.
    Within,
    /// Killed after the operation was done.
    After,
}

/// What a thread unwinds with, in place of a process that ends.
pub(in crate::state) struct Killed;

struct KilledDisk {
    number: AtomicUsize,
    at: usize,
    moment: Moment,
}

impl KilledDisk {
    fn step(
        &self,
        half: impl FnOnce() -> io::Result<()>,
        whole: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        if self.number.fetch_add(1, Ordering::Relaxed) != self.at {
            return whole();
        }
        match self.moment {
            Moment::Before => Ok(()),
            Moment::Within => half(),
            Moment::After => whole(),
        }?;
        std::panic::resume_unwind(Box::new(Killed))
    }

    /// An operation that is done whole or not at all: nobody is killed within it.
    fn whole(&self, operation: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match self.moment {
            Moment::Within => operation(),
            Moment::Before | Moment::After => self.step(|| Ok(()), operation),
        }
    }
}

impl Files for KilledDisk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.whole(|| Disk.make_folder(path))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let half = &bytes[..bytes.len() / 2];
        self.step(|| Disk.write(path, half), || Disk.write(path, bytes))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.whole(|| Disk.sync(path))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.whole(|| Disk.sync_folder(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.whole(|| Disk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.whole(|| Disk.remove(path))
    }
}

/// A store in `folder` whose user is killed at the file operation with the number `at`, from 0: it unwinds with [`Killed`].
pub(in crate::state) fn store_killed_at(folder: &Path, at: usize, moment: Moment) -> LocalStore {
    let disk = KilledDisk {
        number: AtomicUsize::new(0),
        at,
        moment,
    };
    LocalStore::with(folder, Arc::new(disk))
}
