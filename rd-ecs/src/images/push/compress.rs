//! Reading a blob as it goes to the registry: checked, and compressed where it is not.
//!
//! The same bytes come out each time, so that what was read once for its digest can be read again to be sent, and a
//! layer that was sent in part can go on where it was.

use super::PIECE;
use super::archive::{Archive, Section};
use super::content::{Blob, Source, digest_text};
use super::meter::Count;
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use rd_common::{Error, Result};
use sha2::{Digest, Sha256};
use std::io::{Error as IoError, Read, Write};
use tokio::sync::mpsc::Sender;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The digest of what goes to the registry.
    pub digest: String,
    /// How long that is.
    pub size: u64,
    /// The digest of the layer without compression, where it was looked at.
    pub plain: Option<String>,
}

/// How a layer is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Not at all.
    Tar,
    /// With gzip.
    Gzip,
    /// With zstd.
    Zstd,
}

/// What its first bytes say.
pub fn form(archive: &Archive, section: Section) -> Result<Form> {
    let mut head = Vec::new();
    let read = archive.reader(section).take(4).read_to_end(&mut head);
    read.map_err(|e| archive.unreadable(&e))?;
    Ok(match head.as_slice() {
        [0x1f, 0x8b, ..] => Form::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Form::Zstd,
        _ => Form::Tar,
    })
}

/// Hashes and counts what passes.
struct Hashing<T> {
    inner: T,
    hash: Sha256,
    size: u64,
}

impl<T> Hashing<T> {
    fn new(inner: T) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            size: 0,
        }
    }

    fn digest(self) -> String {
        digest_text(self.hash.finalize().as_slice())
    }

    fn saw(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.saw(&buffer[..read]);
        Ok(read)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.saw(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// The encoder, with nothing of this machine or this moment in its output.
fn gzip<W: Write>(to: W) -> GzEncoder<W> {
    GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(to, Compression::default())
}

fn pump(mut from: impl Read, mut to: impl Write, count: &Count) -> std::io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..read])?;
        count.add(read);
    }
}

/// Reads a layer to know its digests. Blocks.
pub fn measure(archive: &Archive, section: Section, form: Form, count: &Count) -> Result<Measured> {
    let reader = Hashing::new(archive.reader(section));
    let read = match form {
        Form::Tar => compress_to_nothing(reader, count),
        Form::Gzip => look_into(reader, count),
        Form::Zstd => {
            let mut reader = reader;
            pump(&mut reader, std::io::sink(), count).map(|()| Measured {
                size: reader.size,
                digest: reader.digest(),
                plain: None,
            })
        }
    };
    read.map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
            archive.broken(&format!("a layer cannot be unpacked: {e}"))
        }
        _ => archive.unreadable(&e),
    })
}

fn compress_to_nothing(mut reader: Hashing<impl Read>, count: &Count) -> std::io::Result<Measured> {
    let mut encoder = gzip(Hashing::new(std::io::sink()));
    pump(&mut reader, &mut encoder, count)?;
    let written = encoder.finish()?;
    Ok(Measured {
        size: written.size,
        digest: written.digest(),
        plain: Some(reader.digest()),
    })
}

fn look_into(mut reader: Hashing<impl Read>, count: &Count) -> std::io::Result<Measured> {
    let mut plain = Hashing::new(std::io::sink());
    pump(
        MultiGzDecoder::new(&mut reader),
        &mut plain,
        &Count::default(),
    )?;
    // What comes after the compressed stream is part of the blob, too.
    pump(&mut reader, std::io::sink(), &Count::default())?;
    count.set(reader.size);
    Ok(Measured {
        size: reader.size,
        digest: reader.digest(),
        plain: Some(plain.digest()),
    })
}

/// Gathers what is written into pieces, leaves out the first bytes, and hands on the rest.
struct Outlet {
    skip: u64,
    gathered: BytesMut,
    to: Sender<Bytes>,
}

impl Outlet {
    fn hand_on(&mut self) -> std::io::Result<()> {
        let piece = self.gathered.split().freeze();
        match piece.is_empty() {
            true => Ok(()),
            // Nobody takes it any more: the connection broke.
            false => self
                .to
                .blocking_send(piece)
                .map_err(|_| IoError::from(std::io::ErrorKind::BrokenPipe)),
        }
    }
}

impl Write for Outlet {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let left_out = usize::try_from(self.skip)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        self.skip -= left_out as u64;
        self.gathered.extend_from_slice(&bytes[left_out..]);
        if self.gathered.len() >= PIECE {
            self.hand_on()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Hands a blob on from byte `from`, piece by piece. The last piece goes only when the whole was found to be what its
/// digest says. True where it was taken to its end, false where nobody takes it any more. Blocks.
pub fn hand_on(archive: &Archive, blob: &Blob, from: u64, to: Sender<Bytes>) -> Result<bool> {
    let outlet = Hashing::new(Outlet {
        skip: from,
        gathered: BytesMut::with_capacity(2 * PIECE),
        to,
    });
    let nothing = Count::default();
    let read = match &blob.source {
        Source::Bytes(bytes) => into(outlet, bytes.as_ref(), &nothing),
        Source::Plain(section) => into(outlet, archive.reader(*section), &nothing),
        Source::Gzip(section) => {
            let mut encoder = gzip(outlet);
            pump(archive.reader(*section), &mut encoder, &nothing).and_then(|()| encoder.finish())
        }
    };
    let mut outlet = match read {
        Ok(outlet) => outlet,
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(false),
        Err(e) => return Err(archive.unreadable(&e)),
    };
    let size = outlet.size;
    let digest = digest_text(std::mem::take(&mut outlet.hash).finalize().as_slice());
    if digest != blob.digest || size != blob.size {
        return Err(not_as_told(archive, blob, &digest));
    }
    Ok(outlet.inner.hand_on().is_ok())
}

fn into(
    mut outlet: Hashing<Outlet>,
    from: impl Read,
    count: &Count,
) -> std::io::Result<Hashing<Outlet>> {
    pump(from, &mut outlet, count)?;
    Ok(outlet)
}

fn not_as_told(archive: &Archive, blob: &Blob, digest: &str) -> Error {
    match blob.source {
        Source::Gzip(_) => Error::failed(format!("{} changed while it was read", archive.name))
            .hint("push it again when nothing writes to it"),
        _ => archive.broken(&format!(
            "the layer {} has the digest {digest}",
            blob.digest
        )),
    }
}
