//! The file of `--json-into`: the records of a run, while its stdout shows text.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that gets every record. A regular file has its name only when the run has ended, so that it is whole, and so
/// that a file that is read in the same run, such as a saved plan, can be replaced.
#[derive(Debug)]
pub struct RecordFile {
    path: PathBuf,
    /// Where it is written until then; none for a pipe or a device.
    partial: Option<PathBuf>,
    file: File,
    failure: Option<std::io::Error>,
}

impl RecordFile {
    /// Opens the file, or what becomes the file when the run has ended.
    pub fn create(path: &Path) -> Result<Self> {
        let special = std::fs::metadata(path).is_ok_and(|found| !found.is_file());
        let partial = (!special).then(|| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".{}.partial", std::process::id()));
            PathBuf::from(name)
        });
        let file = File::create(partial.as_deref().unwrap_or(path)).map_err(|e| {
            Error::usage(format!("cannot write {}: {e}", path.display()))
                .hint("--json-into needs a file in a folder that can be written to")
                .caused_by(e)
        })?;
        Ok(Self {
            path: path.to_owned(),
            partial,
            file,
            failure: None,
        })
    }

    /// Adds a line, which ends with a line feed.
    pub fn write(&mut self, line: &[u8]) {
        if self.failure.is_none() {
            self.failure = self.file.write_all(line).err();
        }
    }

    /// Gives the file its name. Fails where it could not be written, as on a full disk.
    pub fn finish(mut self) -> Result<()> {
        let written = match self.failure.take() {
            Some(failure) => Err(failure),
            None => self.file.flush(),
        };
        let named = written.and_then(|()| match &self.partial {
            Some(partial) => std::fs::rename(partial, &self.path),
            None => Ok(()),
        });
        named.map_err(|e| {
            if let Some(partial) = &self.partial {
                // It is not whole, and nobody asked for it under this name.
                let _ = std::fs::remove_file(partial);
            }
            Error::failed(format!("cannot write {}: {e}", self.path.display()))
                .hint("the records of this run are lost, but not its state; make room, and run the command again")
                .caused_by(e)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("records");
        std::fs::write(&path, "old").unwrap();
        let mut file = RecordFile::create(&path).unwrap();
        file.write(b"{}\n");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        file.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let missing = folder.path().join("none/records");
        assert!(RecordFile::create(&missing).is_err());
    }

    #[test]
    fn a_full_disk_is_a_failure() {
        let mut full = RecordFile::create(Path::new("/dev/full")).unwrap();
        full.write(b"{}\n");
        assert!(full.finish().is_err());
    }
}
