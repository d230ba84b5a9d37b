//! Tests a power failure after each step of a save: the disk then has the old version or the new one, never neither.
//!
//! In the model, the contents of a file are certain once the file was synced, and the names in a folder once the folder
//! was synced. What was not synced may exist, or not, or exist with nothing in it.

use super::LocalStore;
use super::files::{Disk, Files};
use crate::state::conformance::{Writer, key};
use crate::state::store::Store;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

#[derive(Clone, Debug)]
enum Step {
    MakeFolder(PathBuf),
    Write(PathBuf, Vec<u8>),
    Sync(PathBuf),
    SyncFolder(PathBuf),
    Rename(PathBuf, PathBuf),
    Remove(PathBuf),
}

/// A real disk that records every step.
#[derive(Default)]
struct Recorder(Mutex<Vec<Step>>);

impl Recorder {
    fn note(&self, step: Step) {
        self.0.lock().unwrap().push(step);
    }
}

impl Files for Recorder {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.note(Step::MakeFolder(path.into()));
        Disk.make_folder(path)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.note(Step::Write(path.into(), bytes.into()));
        Disk.write(path, bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        self.note(Step::Sync(path.into()));
        Disk.sync(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.note(Step::SyncFolder(path.into()));
        Disk.sync_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note(Step::Rename(from.into(), to.into()));
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.note(Step::Remove(path.into()));
        Disk.remove(path)
    }
}

/// What happens to data that was not synced.
#[derive(Clone, Copy, Debug)]
enum Unsynced {
    /// All of that is lost.
    Lost,
    /// Names exist without contents, as programs without `fsync` find them after a power failure.
    Empty,
    /// All of that was written.
    Kept,
}

/// A model of the disk: names point to files, and files hold bytes, now and for certain.
#[derive(Clone, Default)]
struct Model {
    names: BTreeMap<PathBuf, usize>,
    certain_names: BTreeMap<PathBuf, usize>,
    /// For each file, its bytes and whether they are certain.
    files: Vec<(Vec<u8>, bool)>,
}

impl Model {
    fn take(&mut self, step: &Step) {
        match step {
            Step::MakeFolder(_) => {}
            Step::Write(path, bytes) => {
                self.names.insert(path.clone(), self.files.len());
                self.files.push((bytes.clone(), false));
            }
            Step::Sync(path) => {
                let file = self.names[path];
                self.files[file].1 = true;
            }
            Step::SyncFolder(folder) => {
                let inside = |path: &PathBuf| path.parent() == Some(folder);
                self.certain_names.retain(|path, _| !inside(path));
                let now = self.names.iter().filter(|(path, _)| inside(path));
                self.certain_names
                    .extend(now.map(|(path, file)| (path.clone(), *file)));
            }
            Step::Rename(from, to) => {
                let file = self.names.remove(from).unwrap();
                self.names.insert(to.clone(), file);
            }
            Step::Remove(path) => {
                self.names.remove(path);
            }
        }
    }

    /// Writes to a real disk, under `root`, what a power failure leaves.
    fn leave(&self, unsynced: Unsynced, from: &Path, root: &Path) {
        let names = match unsynced {
            Unsynced::Lost => &self.certain_names,
            Unsynced::Empty | Unsynced::Kept => &self.names,
        };
        for (path, file) in names {
            let (bytes, certain) = &self.files[*file];
            let bytes = match unsynced {
                Unsynced::Kept => bytes.as_slice(),
                _ if *certain => bytes.as_slice(),
                _ => &[],
            };
            let path = root.join(path.strip_prefix(from).unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
    }
}

#[tokio::test]
async fn after_every_step_the_old_or_the_new_version_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let recorder = Arc::new(Recorder::default());
    let store = LocalStore::with(folder.path(), recorder.clone());
    let mut saves = Vec::new();
    let mut writer = Writer::lock(&store, "run-1").await;
    for serial in 1..=3 {
        writer.save(serial).await.unwrap();
        saves.push(recorder.0.lock().unwrap().len());
    }
    let steps = recorder.0.lock().unwrap().clone();
    for (at, step) in steps.iter().enumerate() {
        if let Step::MakeFolder(made) = step {
            let above = made.parent().unwrap();
            let durable =
                |later: &Step| matches!(later, Step::SyncFolder(folder) if folder == above);
            assert!(steps[at..].iter().any(durable), "{}", made.display());
        }
    }

    let mut model = Model::default();
    for done in 0..=steps.len() {
        if done > 0 {
            model.take(&steps[done - 1]);
        }
        // Saves that had returned are certain; the one in progress may be.
        let old = saves.iter().filter(|end| **end <= done).count() as u64;
        for unsynced in [Unsynced::Lost, Unsynced::Empty, Unsynced::Kept] {
            let after = tempfile::tempdir().unwrap();
            model.leave(unsynced, folder.path(), after.path());
            let store = LocalStore::new(after.path());
            let stored = store.load(&key()).await.unwrap();
            let serial = stored.map_or(0, |stored| stored.document.serial);
            assert!(
                serial == old || serial == old + 1,
                "step {done}, {unsynced:?}: {serial}, not {old} or the next"
            );
            // And the next save succeeds, whatever files are left.
            let mut writer = Writer::lock(&store, "run-2").await;
            writer.save(serial + 1).await.unwrap();
            let stored = store.load(&key()).await.unwrap().unwrap();
            assert_eq!(stored.document.serial, serial + 1);
        }
    }
}
