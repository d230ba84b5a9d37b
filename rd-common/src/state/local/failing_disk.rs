//! Tests a disk that fails one to four times in a row, from each step of a save: the save that it meets succeeds or fails, and
//! the run goes on either way.

use super::LocalStore;
use super::files::{Disk, Files};
use crate::state::conformance::{Writer, document, key};
use crate::state::session::{LoadedState, Session};
use crate::state::store::Store;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A disk on which some steps fail after they were done, as `fsync` fails after a rename, or before.
#[derive(Default)]
struct Failing {
    step: AtomicUsize,
    first: AtomicUsize,
    times: AtomicUsize,
    after: bool,
}

impl Failing {
    fn step(&self, done: impl Fn() -> io::Result<()>) -> io::Result<()> {
        let step = self.step.fetch_add(1, Ordering::Relaxed);
        let first = self.first.load(Ordering::Relaxed);
        if (first..first + self.times.load(Ordering::Relaxed)).contains(&step) {
            if self.after {
                done()?;
            }
            return Err(io::Error::other("EIO"));
        }
        done()
    }
}

impl Files for Failing {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        Disk.make_folder(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step(|| Disk.write(path, bytes))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.step(|| Disk.sync(path))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step(|| Disk.sync_folder(path))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(|| Disk.rename(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step(|| Disk.remove(path))
    }
}

/// A run saves four times, and the disk fails `times` times from the step `first` on. Returns whether a save failed and
/// the number of steps.
async fn four_saves(first: usize, times: usize, after: bool) -> (bool, usize) {
    let folder = tempfile::tempdir().unwrap();
    let disk = Arc::new(Failing {
        after,
        ..Failing::default()
    });
    let store = Rc::new(LocalStore::with(folder.path(), disk.clone()));
    let lock = Writer::lock(store.as_ref(), "run-1").await.lock;
    let state = LoadedState {
        document: document(0),
        tag: None,
    };
    let session = Session::new(store.clone(), key(), lock, state, "apply");
    disk.step.store(0, Ordering::Relaxed);
    disk.first.store(first, Ordering::Relaxed);
    disk.times.store(times, Ordering::Relaxed);
    let mut failed = false;
    for number in 1..=4 {
        session.change(|document| document.outputs.insert("n".into(), number.into()));
        match session.save().await {
            Ok(()) => {
                let stored = store.load(&key()).await.unwrap().unwrap().document;
                assert_eq!(stored.outputs["n"], number, "a save that succeeded");
                assert_eq!(stored.serial, session.read(|document| document.serial));
            }
            Err(error) => {
                assert!(error.summary.contains("EIO"), "{error}");
                assert!(number < 4, "step {first}: the run is poisoned: {error}");
                failed = true;
            }
        }
    }
    let history = store.history(&key(), usize::MAX).await.unwrap();
    let newest = history.last().unwrap().serial;
    assert_eq!(newest, session.read(|document| document.serial));
    (failed, disk.step.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_run_goes_on_after_a_failed_write() {
    let (failed, steps) = four_saves(usize::MAX, 0, false).await;
    assert!(!failed && steps >= 20, "{steps}");
    for after in [false, true] {
        // In the first three saves, so that one comes after.
        for first in 0..3 * steps / 4 {
            let (failed, _) = four_saves(first, 1, after).await;
            assert!(!failed, "step {first}: one failure is not worth an error");
            // A save writes twice where the first write fails, so this fails one save or two.
            for times in [2, 3, 4] {
                four_saves(first.min(steps / 2 - 1), times, after).await;
            }
        }
    }
}
