//! Reads a blob as it is sent to the registry: compares it with its digest, and compresses it if it is not compressed.
//!
//! The result is the same bytes every time: a layer is read once for its digest and again to send it, and an interrupted
//! upload continues where it stopped.

use super::CHUNK_SIZE;
use super::content::{Blob, Source, digest_text};
use super::progress_meter::Count;
use super::tar_archive::{Section, TarArchive};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use rd_common::{Error, Result};
use sha2::{Digest, Sha256};
use std::io::{Error as IoError, Read, Write};
use tokio::sync::mpsc::Sender;

/// The digests and the size of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The digest of the bytes that are sent.
    pub digest: String,
    /// The number of bytes that are sent.
    pub size: u64,
    /// The digest of the uncompressed layer; none for zstd, which is not decompressed.
    pub uncompressed: Option<String>,
}

/// The compression of a layer in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compressed {
    /// A tar file without compression.
    No,
    /// A tar file compressed with gzip.
    Gzip,
    /// A tar file compressed with zstd.
    Zstd,
}

/// Detects the compression of a layer from its first bytes.
pub fn compression(archive: &TarArchive, section: Section) -> Result<Compressed> {
    let mut head = Vec::new();
    let read = archive.reader(section).take(4).read_to_end(&mut head);
    read.map_err(|e| archive.unreadable(&e))?;
    Ok(match head.as_slice() {
        [0x1f, 0x8b, ..] => Compressed::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Compressed::Zstd,
        _ => Compressed::No,
    })
}

/// A reader or writer that hashes and counts the bytes that pass through it.
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

    fn update(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.update(&buffer[..read]);
        Ok(read)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.inner.write_all(bytes)?;
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.inner.flush()
    }
}

/// A gzip encoder whose output depends on its input alone, not on the machine or the time.
fn gzip<W: Write>(to: W) -> GzEncoder<W> {
    GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(to, Compression::default())
}

/// Copies everything and adds to the count.
fn copy(mut from: impl Read, mut to: impl Write, count: &Count) -> std::io::Result<()> {
    let mut buffer = vec![0; CHUNK_SIZE];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..read])?;
        count.add(read);
    }
}

/// Reads a layer to compute its digests. Blocks the thread.
pub fn measure(
    archive: &TarArchive,
    section: Section,
    compressed: Compressed,
    count: &Count,
) -> Result<Measured> {
    let reader = Hashing::new(archive.reader(section));
    let read = match compressed {
        Compressed::No => measure_uncompressed(reader, count),
        Compressed::Gzip => measure_gzip(reader, count),
        Compressed::Zstd => {
            let mut reader = reader;
            copy(&mut reader, std::io::sink(), count).map(|()| Measured {
                size: reader.size,
                digest: reader.digest(),
                uncompressed: None,
            })
        }
    };
    read.map_err(|e| match e.kind() {
        std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
            archive.invalid(&format!("a layer cannot be decompressed: {e}"))
        }
        _ => archive.unreadable(&e),
    })
}

fn measure_uncompressed(
    mut reader: Hashing<impl Read>,
    count: &Count,
) -> std::io::Result<Measured> {
    let mut encoder = gzip(Hashing::new(std::io::sink()));
    copy(&mut reader, &mut encoder, count)?;
    let written = encoder.finish()?;
    Ok(Measured {
        size: written.size,
        digest: written.digest(),
        uncompressed: Some(reader.digest()),
    })
}

fn measure_gzip(mut reader: Hashing<impl Read>, count: &Count) -> std::io::Result<Measured> {
    let mut uncompressed = Hashing::new(std::io::sink());
    copy(
        MultiGzDecoder::new(&mut reader),
        &mut uncompressed,
        &Count::default(),
    )?;
    // Bytes after the compressed stream are part of the blob, too.
    copy(&mut reader, std::io::sink(), &Count::default())?;
    count.set(reader.size);
    Ok(Measured {
        size: reader.size,
        digest: reader.digest(),
        uncompressed: Some(uncompressed.digest()),
    })
}

/// A writer that skips the first bytes and sends the rest in chunks to a channel.
struct ChunkSender {
    skip: u64,
    buffered: BytesMut,
    to: Sender<Bytes>,
}

impl ChunkSender {
    fn send_buffered(&mut self) -> std::io::Result<()> {
        let chunk = self.buffered.split().freeze();
        match chunk.is_empty() {
            true => Ok(()),
            // The receiver is gone: the connection broke.
            false => self
                .to
                .blocking_send(chunk)
                .map_err(|_| IoError::from(std::io::ErrorKind::BrokenPipe)),
        }
    }
}

impl Write for ChunkSender {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let skipped = usize::try_from(self.skip)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        self.skip -= skipped as u64;
        self.buffered.extend_from_slice(&bytes[skipped..]);
        if self.buffered.len() >= CHUNK_SIZE {
            self.send_buffered()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Sends a blob from byte `from` on, in chunks. The last chunk is sent only after the whole blob has matched its digest.
/// Returns false if the receiver is gone before the end. Blocks the thread.
pub fn send_blob(archive: &TarArchive, blob: &Blob, from: u64, to: Sender<Bytes>) -> Result<bool> {
    let sender = Hashing::new(ChunkSender {
        skip: from,
        buffered: BytesMut::with_capacity(2 * CHUNK_SIZE),
        to,
    });
    let nothing = Count::default();
    let read = match &blob.source {
        Source::Bytes(bytes) => copy_into(sender, bytes.as_ref(), &nothing),
        Source::Plain(section) => copy_into(sender, archive.reader(*section), &nothing),
        Source::Gzip(section) => {
            let mut encoder = gzip(sender);
            copy(archive.reader(*section), &mut encoder, &nothing).and_then(|()| encoder.finish())
        }
    };
    let mut sender = match read {
        Ok(sender) => sender,
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(false),
        Err(e) => return Err(archive.unreadable(&e)),
    };
    let size = sender.size;
    let digest = digest_text(std::mem::take(&mut sender.hash).finalize().as_slice());
    if digest != blob.digest || size != blob.size {
        return Err(wrong_digest(archive, blob, &digest));
    }
    Ok(sender.inner.send_buffered().is_ok())
}

fn copy_into(
    mut sender: Hashing<ChunkSender>,
    from: impl Read,
    count: &Count,
) -> std::io::Result<Hashing<ChunkSender>> {
    copy(from, &mut sender, count)?;
    Ok(sender)
}

fn wrong_digest(archive: &TarArchive, blob: &Blob, digest: &str) -> Error {
    match blob.source {
        Source::Gzip(_) => Error::failed(format!(
            "{} changed while rd-ecs was reading it",
            archive.name
        ))
        .hint("push it again when no other program writes to it"),
        _ => archive.invalid(&format!(
            "the layer {} has the digest {digest}",
            blob.digest
        )),
    }
}
