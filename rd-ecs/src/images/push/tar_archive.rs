//! A tar archive whose files are read in place, in any order and several at the same time.

use crate::images::registry::LARGEST_DOCUMENT;
use rd_common::{Error, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::path::Path;
use std::sync::Arc;
use tar::EntryType;

/// The most links that are followed to a file.
const MAX_LINKS: usize = 8;

/// The place of a file within the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// The offset of its first byte in the archive.
    pub offset: u64,
    /// Its length in bytes.
    pub size: u64,
}

/// An open archive, with the places of its files.
#[derive(Debug)]
pub struct TarArchive {
    file: File,
    /// The archive's name in errors: the path that the user gave.
    pub name: String,
    sections: BTreeMap<String, Section>,
    links: BTreeMap<String, String>,
}

impl TarArchive {
    /// Opens an archive and finds its files. `-` is stdin, which must be a file.
    pub fn open(path: &Path) -> Result<Arc<Self>> {
        let name = path.display().to_string();
        let cannot = |e: std::io::Error| {
            let hint = match e.kind() {
                ErrorKind::NotFound => "pass the file that docker save or buildx wrote",
                _ => "check its permissions",
            };
            Error::usage(format!("cannot read {name}: {e}")).hint(hint)
        };
        let file = match name.as_str() {
            "-" => std::io::stdin()
                .as_fd()
                .try_clone_to_owned()
                .map(File::from),
            _ => File::open(path),
        };
        let file = file.map_err(cannot)?;
        let kind = file.metadata().map_err(cannot)?;
        if kind.is_dir() {
            return Err(
                Error::usage(format!("{name} is a folder, not an archive")).hint(format!(
                    "create an archive of it: tar -C {name} -cf image.tar ."
                )),
            );
        }
        if kind.file_type().is_fifo()
            || kind.file_type().is_socket()
            || kind.file_type().is_char_device()
        {
            return Err(Error::usage("cannot read an archive from a pipe: rd-ecs reads layers twice, and several at the same time")
                .hint("save it to a file first: docker save app -o app.tar && rd-ecs push app.tar"));
        }
        let mut archive = Self {
            file,
            name,
            sections: BTreeMap::new(),
            links: BTreeMap::new(),
        };
        archive.reject_other_formats()?;
        archive.index(kind.len())?;
        Ok(Arc::new(archive))
    }

    /// A file whose sections are known to those who have written it. `name` is its name in errors.
    pub fn of_sections(file: File, name: &str) -> Arc<Self> {
        Arc::new(Self {
            file,
            name: name.to_owned(),
            sections: BTreeMap::new(),
            links: BTreeMap::new(),
        })
    }

    /// Refuses a file that begins like another format, and names that format.
    fn reject_other_formats(&self) -> Result<()> {
        let mut head = [0; 6];
        let length = self
            .file
            .read_at(&mut head, 0)
            .map_err(|e| self.unreadable(&e))?;
        let what = match &head[..length] {
            [] => "is empty",
            [0x1f, 0x8b, ..] => "is compressed with gzip",
            [0x28, 0xb5, 0x2f, 0xfd, ..] => "is compressed with zstd",
            [0xfd, b'7', b'z', b'X', b'Z', ..] => "is compressed with xz",
            [b'B', b'Z', b'h', ..] => "is compressed with bzip2",
            [b'P', b'K', 3, 4, ..] => "is a zip archive",
            _ => return Ok(()),
        };
        let error = Error::usage(format!("{} {what}", self.name));
        Err(match what.contains("compressed") {
            true => error.hint("decompress it first, for example with gunzip: rd-ecs reads layers in any order"),
            false => error.hint(
                "pass a file written by docker save or docker buildx build --output type=oci,dest=FILE",
            ),
        })
    }

    /// Finds the files and links in the archive.
    fn index(&mut self, length: u64) -> Result<()> {
        let file = self.file.try_clone().map_err(|e| self.unreadable(&e))?;
        let mut tar = tar::Archive::new(PositionedFile { file, position: 0 });
        let entries = tar.entries_with_seek().map_err(|e| self.not_a_tar(&e))?;
        for entry in entries {
            let entry = entry.map_err(|e| self.not_a_tar(&e))?;
            let name = normalized(&String::from_utf8_lossy(&entry.path_bytes()));
            let section = Section {
                offset: entry.raw_file_position(),
                size: entry.size(),
            };
            match entry.header().entry_type() {
                EntryType::Regular | EntryType::Continuous => {
                    if section.offset + section.size > length {
                        return Err(self.invalid(&format!("it ends in the middle of {name}")));
                    }
                    self.sections.insert(name, section);
                }
                kind @ (EntryType::Symlink | EntryType::Link) => {
                    let target = entry.link_name_bytes().unwrap_or_default();
                    let target = String::from_utf8_lossy(&target).into_owned();
                    let target = match kind {
                        EntryType::Symlink => link_target(&name, &target),
                        _ => normalized(&target),
                    };
                    self.links.insert(name, target);
                }
                EntryType::GNUSparse => {
                    return Err(self.invalid(&format!("{name} is a sparse file")));
                }
                _ => {}
            }
        }
        match self.sections.is_empty() {
            true => Err(self.invalid("it contains no files")),
            false => Ok(()),
        }
    }

    /// The place of a file; none where the archive does not contain it. Follows links: docker writes a layer once and links
    /// to it.
    pub fn find(&self, name: &str) -> Option<Section> {
        let mut name = normalized(name);
        for _ in 0..MAX_LINKS {
            if let Some(section) = self.sections.get(&name) {
                return Some(*section);
            }
            name = self.links.get(&name)?.clone();
        }
        None
    }

    /// The whole content of a small file, such as a manifest; none where the archive does not contain it.
    pub fn document(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(section) = self.find(name) else {
            return Ok(None);
        };
        if section.size > LARGEST_DOCUMENT {
            return Err(self.invalid(&format!(
                "{name} has {} bytes, too many for a manifest or configuration",
                section.size
            )));
        }
        let mut bytes = Vec::new();
        let read = self.reader(section).read_to_end(&mut bytes);
        read.map_err(|e| self.unreadable(&e))?;
        Ok(Some(bytes))
    }

    /// A reader for one file of the archive.
    pub fn reader(&self, section: Section) -> Reader<'_> {
        Reader {
            archive: self,
            position: section.offset,
            end: section.offset + section.size,
        }
    }

    /// The error for an archive with invalid or inconsistent content.
    pub fn invalid(&self, why: &str) -> Error {
        Error::failed(format!("{} is invalid: {why}", self.name))
            .hint("save the image again; nothing was tagged")
    }

    /// The error for an archive that cannot be read.
    pub fn unreadable(&self, error: &std::io::Error) -> Error {
        Error::failed(format!("cannot read {}: {error}", self.name))
            .hint("check its disk, and that no other program is writing to it")
    }

    /// The error for a file that is not a tar archive.
    fn not_a_tar(&self, error: &std::io::Error) -> Error {
        Error::usage(format!("{} is not a tar archive: {error}", self.name)).hint(
            "pass a file written by docker save or docker buildx build --output type=oci,dest=FILE",
        )
    }
}

/// Reads one file of an archive; others may be read at the same time.
pub struct Reader<'a> {
    archive: &'a TarArchive,
    position: u64,
    end: u64,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = usize::try_from(self.end - self.position).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        if most == 0 {
            return Ok(0);
        }
        let read = self
            .archive
            .file
            .read_at(&mut buffer[..most], self.position)?;
        if read == 0 {
            return Err(std::io::Error::new(
                ErrorKind::UnexpectedEof,
                "the archive became shorter",
            ));
        }
        self.position += read as u64;
        Ok(read)
    }
}

/// A file with a position of its own: the position of stdin is shared with other processes that have it open.
struct PositionedFile {
    file: File,
    position: u64,
}

impl Read for PositionedFile {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl std::io::Seek for PositionedFile {
    fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
        let position = match to {
            std::io::SeekFrom::Start(position) => Some(position),
            std::io::SeekFrom::Current(by) => self.position.checked_add_signed(by),
            std::io::SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
        };
        self.position = position.ok_or(ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// Normalizes a path: `./a//b/../c` becomes `a/c`.
fn normalized(name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The path of a symbolic link's target.
fn link_target(name: &str, target: &str) -> String {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    normalized(&format!("{folder}/{target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized() {
        assert_eq!(normalized("./index.json"), "index.json");
        assert_eq!(normalized("/a//b/../c"), "a/c");
        assert_eq!(
            link_target("one/layer.tar", "../two/layer.tar"),
            "two/layer.tar"
        );
    }
}
