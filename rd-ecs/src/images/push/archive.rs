//! A tar archive whose files are read where they are, in any order and several at once.

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

/// How many links lead to a file at most.
const MOST_LINKS: usize = 8;

/// A file within the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub size: u64,
}

/// The archive.
#[derive(Debug)]
pub struct Archive {
    file: File,
    /// As errors name it.
    pub name: String,
    sections: BTreeMap<String, Section>,
    links: BTreeMap<String, String>,
}

impl Archive {
    /// Opens an archive, and finds what is in it; `-` is stdin, where that is a file.
    pub fn open(path: &Path) -> Result<Arc<Self>> {
        let name = path.display().to_string();
        let cannot = |e: std::io::Error| {
            let hint = match e.kind() {
                ErrorKind::NotFound => "give the file that docker save or buildx wrote",
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
            return Err(Error::usage(format!("{name} is a folder")).hint(format!(
                "make an archive of it: tar -C {name} -cf image.tar ."
            )));
        }
        if kind.file_type().is_fifo()
            || kind.file_type().is_socket()
            || kind.file_type().is_char_device()
        {
            return Err(Error::usage("an archive cannot be read from a pipe: its layers are read twice, and several at once")
                .hint("save it first: docker save app -o app.tar && rd-ecs push app.tar"));
        }
        let mut archive = Self {
            file,
            name,
            sections: BTreeMap::new(),
            links: BTreeMap::new(),
        };
        archive.check_head()?;
        archive.scan(kind.len())?;
        Ok(Arc::new(archive))
    }

    /// Names what is no tar archive by what it is.
    fn check_head(&self) -> Result<()> {
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
            true => error.hint("unpack it first, as with gunzip: its layers are read in any order"),
            false => error.hint(
                "give what docker save or docker buildx build --output type=oci,dest=FILE wrote",
            ),
        })
    }

    fn scan(&mut self, length: u64) -> Result<()> {
        let file = self.file.try_clone().map_err(|e| self.unreadable(&e))?;
        let mut tar = tar::Archive::new(At { file, position: 0 });
        let entries = tar.entries_with_seek().map_err(|e| self.no_tar(&e))?;
        for entry in entries {
            let entry = entry.map_err(|e| self.no_tar(&e))?;
            let name = plain(&String::from_utf8_lossy(&entry.path_bytes()));
            let section = Section {
                offset: entry.raw_file_position(),
                size: entry.size(),
            };
            match entry.header().entry_type() {
                EntryType::Regular | EntryType::Continuous => {
                    if section.offset + section.size > length {
                        return Err(self.broken(&format!("it is cut off within {name}")));
                    }
                    self.sections.insert(name, section);
                }
                kind @ (EntryType::Symlink | EntryType::Link) => {
                    let target = entry.link_name_bytes().unwrap_or_default();
                    let target = String::from_utf8_lossy(&target).into_owned();
                    let target = match kind {
                        EntryType::Symlink => beside(&name, &target),
                        _ => plain(&target),
                    };
                    self.links.insert(name, target);
                }
                EntryType::GNUSparse => {
                    return Err(self.broken(&format!("{name} is a sparse file")));
                }
                _ => {}
            }
        }
        match self.sections.is_empty() {
            true => Err(self.broken("it has no files")),
            false => Ok(()),
        }
    }

    /// A file; docker wrote a layer once, and links to it.
    pub fn find(&self, name: &str) -> Option<Section> {
        let mut name = plain(name);
        for _ in 0..MOST_LINKS {
            if let Some(section) = self.sections.get(&name) {
                return Some(*section);
            }
            name = self.links.get(&name)?.clone();
        }
        None
    }

    /// A file that is small, whole.
    pub fn document(&self, name: &str) -> Result<Option<Vec<u8>>> {
        let Some(section) = self.find(name) else {
            return Ok(None);
        };
        if section.size > LARGEST_DOCUMENT {
            return Err(self.broken(&format!(
                "{name} has {} bytes, and should be a small document",
                section.size
            )));
        }
        let mut bytes = Vec::new();
        let read = self.reader(section).read_to_end(&mut bytes);
        read.map_err(|e| self.unreadable(&e))?;
        Ok(Some(bytes))
    }

    /// Reads a file.
    pub fn reader(&self, section: Section) -> Reader<'_> {
        Reader {
            archive: self,
            position: section.offset,
            end: section.offset + section.size,
        }
    }

    /// The error for an archive that is not as it should be.
    pub fn broken(&self, why: &str) -> Error {
        Error::failed(format!("{} is broken: {why}", self.name))
            .hint("save the image again; nothing of it was tagged")
    }

    /// The error for an archive that cannot be read to its end.
    pub fn unreadable(&self, error: &std::io::Error) -> Error {
        Error::failed(format!("cannot read {}: {error}", self.name))
            .hint("check the disk that it is on, and that nothing writes to it")
    }

    fn no_tar(&self, error: &std::io::Error) -> Error {
        Error::usage(format!("{} is no tar archive: {error}", self.name))
            .hint("give what docker save or docker buildx build --output type=oci,dest=FILE wrote")
    }
}

/// Reads one file of an archive. Others may be read at the same time.
pub struct Reader<'a> {
    archive: &'a Archive,
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
                "the file became shorter",
            ));
        }
        self.position += read as u64;
        Ok(read)
    }
}

/// A file with a position of its own: stdin's is shared with whoever else has it open.
struct At {
    file: File,
    position: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.file.read_at(buffer, self.position)?;
        self.position += read as u64;
        Ok(read)
    }
}

impl std::io::Seek for At {
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

/// A name without what adds nothing: `./a//b/../c` is `a/c`.
fn plain(name: &str) -> String {
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

/// Where a symbolic link leads to.
fn beside(name: &str, target: &str) -> String {
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    plain(&format!("{folder}/{target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert_eq!(plain("./index.json"), "index.json");
        assert_eq!(plain("/a//b/../c"), "a/c");
        assert_eq!(beside("one/layer.tar", "../two/layer.tar"), "two/layer.tar");
    }
}
