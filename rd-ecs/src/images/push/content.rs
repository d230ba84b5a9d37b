//! What is pushed: manifests, and what they refer to.

use super::archive::Section;
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// An image, or an index with its images.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// The manifests, each after those that it refers to: the last one is what gets the tags.
    pub documents: Vec<Document>,
    /// What the manifests refer to, each once.
    pub blobs: Vec<Blob>,
    /// The tags that the archive names.
    pub tags: Vec<String>,
    /// What it runs on, in Fargate's words.
    pub architectures: Vec<String>,
    /// What is to be known of it, such as images that the archive does not have.
    pub note: Option<String>,
}

impl Content {
    /// The digest of the whole.
    pub fn digest(&self) -> &str {
        self.documents.last().map_or("", |last| &last.digest)
    }
}

/// A manifest.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its digest.
    pub digest: String,
    /// What it is.
    pub media_type: String,
    /// It, byte for byte.
    pub text: String,
}

/// A layer or a configuration.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Its digest, as the registry knows it.
    pub digest: String,
    /// Its size there.
    pub size: u64,
    /// Where it comes from.
    pub source: Source,
    /// Whether it is a layer.
    pub is_layer: bool,
}

/// Where a blob comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Small, and here.
    Bytes(Bytes),
    /// As it is in the archive.
    Plain(Section),
    /// In the archive, and compressed on its way.
    Gzip(Section),
}

/// The digest of something.
pub fn digest_of(bytes: &[u8]) -> String {
    digest_text(Sha256::digest(bytes).as_slice())
}

/// A digest as text.
pub fn digest_text(hash: &[u8]) -> String {
    hash.iter().fold("sha256:".to_owned(), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

/// Whether a text is a digest of the one kind that ECR takes.
pub fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(is_hash)
}

/// Whether a text is the hexadecimal part of such a digest.
pub fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
