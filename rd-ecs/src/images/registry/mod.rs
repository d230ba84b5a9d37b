//! Container registries: access to ECR, and what is known about an image in a registry.

mod access;
mod architecture;
mod commit;
mod ecr;
mod errors;
mod manifest;
mod other_registries;
mod repository;

pub use access::{Access, install_tls_provider};
pub use architecture::{Platform, architectures, fargate_architecture};
pub use commit::commit;
pub use errors::{client_error, connection_error, registry_code, response_error};
pub use manifest::{MEDIA_TYPES, images, media_type, null_as_default, parse};
pub use repository::Repository;

use crate::service_context::ServiceContext;
use crate::simulation;
use oci_client::Reference;
use oci_client::manifest::OciManifest;
use rd_common::{Error, Result};

/// The largest manifest or configuration that is read.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html>
pub const LARGEST_DOCUMENT: u64 = 4 * 1024 * 1024;

/// An image in a registry, or an index with its images.
#[derive(Clone, Debug)]
pub struct Image {
    /// The digest of its manifest, or of its index if it has images for several platforms: `sha256:…`.
    pub digest: String,
    manifest: OciManifest,
    reference: Reference,
    /// The account in whose ECR registry it is, in the stack's region; none for another registry.
    account: Option<String>,
}

impl Image {
    /// The architectures that it runs on, in Fargate's words: `ARM64`, `X86_64`; any other as `windows/amd64` or
    /// `linux/arm`. An index has several. Those of a single image stand in its configuration, which is read.
    pub async fn architectures(&self, service: &ServiceContext) -> Result<Vec<String>> {
        let (at, manifest) = (&self.reference, &self.manifest);
        match &self.account {
            Some(account) if matches!(manifest, OciManifest::Image(_)) => {
                ecr::architectures(service.ctx(), account, self).await
            }
            _ => architectures(&access::client(Default::default())?, at, manifest).await,
        }
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
pub async fn read(service: &ServiceContext, reference: &str) -> Result<Image> {
    let parsed: Reference = reference.parse().map_err(|e| {
        Error::usage(format!("`{reference}` is not an image reference: {e}"))
            .caused_by(e)
            .hint("a reference is <registry>/<name>:<tag> or <registry>/<name>@sha256:…")
    })?;
    let ctx = service.ctx();
    let account = ecr::account_of(&ctx.stack, parsed.registry());
    let (digest, manifest) = match &account {
        Some(account) => ecr::read(ctx, account, &parsed).await?,
        None => other_registries::read(&parsed).await?,
    };
    Ok(Image {
        digest,
        manifest,
        reference: parsed,
        account,
    })
}

/// Whether a registry refused a read to these credentials, or to anybody without credentials: the image may exist.
pub fn is_denied(error: &Error) -> bool {
    error.is(&["UNAUTHORIZED", "DENIED", "HTTP 401", "HTTP 403"]) || simulation::is_denied(error)
}
