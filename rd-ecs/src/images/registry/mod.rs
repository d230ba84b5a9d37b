//! Container registries: access to ECR, and what is known about an image in a registry.

mod access;
mod architecture;
mod ecr;
mod errors;
mod manifest;
mod other_registries;
mod repository;

pub use access::{Access, install_tls_provider};
pub use architecture::{Platform, architectures, fargate_architecture};
pub use errors::{client_error, connection_error, registry_code, response_error};
pub use manifest::{MEDIA_TYPES, images, layers_size, media_type, parse};
pub use repository::Repository;

use crate::service_context::ServiceContext;
use jiff::Timestamp;
use oci_client::Reference;
use rd_common::{Error, Result};
use serde::Serialize;

/// The largest manifest or configuration that is read.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html>
pub const LARGEST_DOCUMENT: u64 = 4 * 1024 * 1024;

/// An image in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Image {
    /// The digest of its manifest, or of its index if it has images for several platforms: `sha256:…`.
    pub digest: String,
    /// The architectures that it runs on, in Fargate's words: `ARM64`, `X86_64`; any other as `windows/amd64` or
    /// `linux/arm`. An index has several.
    pub architectures: Vec<String>,
    /// The tags of the image; in another registry only the tag of the reference.
    pub tags: Vec<String>,
    /// When it was pushed; only ECR reports it.
    pub pushed_at: Option<Timestamp>,
    /// The size of its compressed layers in bytes; for an index the size of the largest image. None for an index in
    /// another registry.
    pub size: Option<u64>,
    /// The media type of its manifest or index.
    pub media_type: String,
}

impl Image {
    /// Whether tasks of this architecture (`ARM64`, `X86_64`) can run it.
    pub fn runs_on(&self, architecture: &str) -> bool {
        self.architectures.iter().any(|one| one == architecture)
    }
}

/// Reads the image of a reference: `<host>/<name>:<tag>` or `<host>/<name>@sha256:…`, as in a task definition. Without a
/// host it is in Docker Hub; without a tag and digest it is `latest`.
///
/// Images in ECR in the stack's region, of any account, are read through ECR's API, as far as these credentials permit.
/// All other registries are read without credentials, over HTTPS.
///
/// Fails if the image (the hint names similar tags) or the repository does not exist, if access is denied, or if the
/// registry cannot be reached; with exit code 2 if the text is not a reference.
pub async fn inspect(service: &ServiceContext, reference: &str) -> Result<Image> {
    let parsed: Reference = reference.parse().map_err(|e| {
        Error::usage(format!("`{reference}` is not an image reference: {e}"))
            .caused_by(e)
            .hint("a reference is <registry>/<name>:<tag> or <registry>/<name>@sha256:…")
    })?;
    let ctx = service.ctx();
    match ecr::account_of(&ctx.stack, parsed.registry()) {
        Some(account) => ecr::inspect(ctx, &account, &parsed).await,
        None => other_registries::inspect(&parsed).await,
    }
}
