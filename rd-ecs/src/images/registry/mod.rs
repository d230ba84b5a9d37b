//! Images in registries: what one is, and how ours is reached.

mod access;
mod ecr;
mod errors;
mod foreign;
mod manifest;
mod repository;

pub use access::{Access, use_ring};
pub use errors::{explain, refused, told, unanswered};
pub use foreign::architectures;
pub use manifest::{Descriptor, MEDIA_TYPES, Manifest, Platform, architecture_word, parse};
pub use repository::Repository;

use crate::service_context::ServiceContext;
use jiff::Timestamp;
use oci_client::Reference;
use rd_common::{Error, Result};
use serde::Serialize;

/// The largest manifest or configuration that is read.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html>
pub const LARGEST_DOCUMENT: u64 = 4 * 1024 * 1024;

/// What an image is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// `sha256:…`: of its manifest, or of the index where it is one image for several platforms.
    pub digest: String,
    /// What it runs on, in Fargate's words: `ARM64`, `X86_64`; anything else as `windows/amd64` or `linux/arm`. An index
    /// has several; attestations are none.
    pub architectures: Vec<String>,
    /// Its tags; of another registry's image the one that was asked for.
    pub tags: Vec<String>,
    /// When it was pushed. Only ECR tells.
    pub pushed_at: Option<Timestamp>,
    /// Its compressed layers, in bytes; of an index the largest image's. None for another registry's index.
    pub size: Option<u64>,
    /// What its manifest is.
    pub media_type: String,
}

impl Image {
    /// Whether tasks of this architecture (`ARM64`, `X86_64`) can run it.
    pub fn runs_on(&self, architecture: &str) -> bool {
        self.architectures.iter().any(|one| one == architecture)
    }
}

/// What a reference names: `<host>/<name>:<tag>` or `<host>/<name>@sha256:…`, as in a task definition. Without a host it
/// is Docker Hub's, without a tag it is `latest`.
///
/// The stack's own registry is asked through ECR, and so is that of another account in the same region, with whatever
/// its policy lets these credentials do. All others are asked without credentials, over HTTPS.
///
/// Fails where there is no such image (with the nearest tags), no such repository, where it may not be read, and where
/// the registry cannot be reached; exit 2 for what is no reference.
pub async fn inspect(service_context: &ServiceContext, reference: &str) -> Result<Image> {
    let parsed: Reference = reference.parse().map_err(|e| {
        Error::usage(format!("`{reference}` names no image: {e}"))
            .hint("a reference is <registry>/<name>:<tag> or <registry>/<name>@sha256:…")
    })?;
    let ctx = service_context.ctx();
    match ecr::account_of(&ctx.stack, parsed.registry()) {
        Some(account) => ecr::inspect(ctx, &account, &parsed).await,
        None => foreign::inspect(&parsed).await,
    }
}
