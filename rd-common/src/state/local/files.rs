//! The file operations of a save, behind a trait, so that a test can stop after each of them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// The file operations of a save.
pub(super) trait Files: Send + Sync {
    /// Creates a folder that only its owner can open. Succeeds where it exists.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// Writes a new file that only its owner can read. Fails where it exists.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Makes the contents of a file durable (`fsync`).
    fn sync(&self, path: &Path) -> io::Result<()>;
    /// Makes the list of files in a folder durable (`fsync`).
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Renames a file, replacing another one.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file. Succeeds where it does not exist.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The real file system.
pub(super) struct Disk;

impl Files for Disk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        let mut builder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
            _ => Ok(()),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = File::options();
        options.write(true).create_new(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)?.write_all(bytes)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }
}
