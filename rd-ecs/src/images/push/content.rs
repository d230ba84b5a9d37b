//! The content of an image to push: manifests, and the blobs that they refer to.

use super::tar_archive::Section;
use bytes::Bytes;
use rd_common::Note;
use sha2::{Digest, Sha256};

/// The content of an image, or of an index with its images.
#[derive(Clone, Debug, Default)]
pub struct ImageContent {
    /// The manifests, each after those that it refers to: the last one gets the tags.
    pub documents: Vec<ManifestDocument>,
    /// The layers and configurations, each once.
    pub blobs: Vec<Blob>,
    /// The tags that the archive names for it.
    pub tags: Vec<String>,
    /// Its architectures, in Fargate's words.
    pub architectures: Vec<String>,
    /// What the user has to know, such as images that are missing in the archive.
    pub notes: Vec<Note>,
}

impl ImageContent {
    /// The digest of the image or index: that of the last manifest.
    pub fn digest(&self) -> &str {
        self.documents.last().map_or("", |last| &last.digest)
    }
}

/// A manifest of an image, or an index.
#[derive(Clone, Debug)]
pub struct ManifestDocument {
    /// The digest of the text: `sha256:…`.
    pub digest: String,
    /// The media type of the manifest.
    pub media_type: String,
    /// The manifest, byte for byte.
    pub text: String,
}

/// A layer or a configuration of an image.
#[derive(Clone, Debug)]
pub struct Blob {
    /// The digest of the bytes that are sent: `sha256:…`.
    pub digest: String,
    /// The number of bytes that are sent.
    pub size: u64,
    /// Where its bytes come from.
    pub source: Source,
    /// Whether it is a layer, and not a configuration.
    pub is_layer: bool,
}

/// Where the bytes of a blob come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Small content in memory.
    Bytes(Bytes),
    /// A file of the archive, sent as it is.
    Plain(Section),
    /// A file of the archive, compressed with gzip while it is sent.
    Gzip(Section),
}

/// The SHA-256 digest of bytes, as `sha256:…`.
pub fn digest_of(bytes: &[u8]) -> String {
    digest_text(Sha256::digest(bytes).as_slice())
}

/// The text of a SHA-256 hash: `sha256:` and its hexadecimal digits.
pub fn digest_text(hash: &[u8]) -> String {
    hash.iter().fold("sha256:".to_owned(), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

/// Whether a text is a SHA-256 digest, the only kind that ECR accepts.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(is_hash)
}

/// Whether a text is the hexadecimal part of a SHA-256 digest.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
