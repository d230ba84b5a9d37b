//! Lists the images of the stack's repository: tags, size, architectures, scan findings, and the revisions that use them.

use crate::clients::Clients;
use crate::images::registry::{
    Access, MEDIA_TYPES, Repository, architectures, images as images_of_index, parse,
};
use crate::kinds::repository::images as stored;
use crate::kinds::task_definition::revisions::active;
use crate::names::revision;
use crate::time::timestamp;
use aws_sdk_ecr::types::{ImageDetail, ImageIdentifier};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use oci_client::manifest::OciManifest;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// The most images that one call reads.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>
const MAX_PER_CALL: usize = 100;
/// The most reads at the same time.
const AT_ONCE: usize = 8;

/// An image of the repository, or an index with its images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ListedImage {
    /// The digest of its manifest: `sha256:…`.
    pub digest: String,
    /// The tags of the image.
    pub tags: Vec<String>,
    /// Its architectures in Fargate's words; empty if they cannot be read.
    pub architectures: Vec<String>,
    /// The size of its compressed layers in bytes; for an index, of the largest image.
    pub size: Option<u64>,
    /// When it was pushed.
    pub pushed_at: Option<Timestamp>,
    /// The result of the last scan; none where it was not scanned. For an index, the worst of its images in each
    /// severity.
    pub scan: Option<Scan>,
    /// Whether the service runs this image.
    pub live: bool,
    /// The numbers of the active revisions that use it, the newest first.
    pub revisions: Vec<i32>,
    /// The digests of the images in an index.
    pub images: Vec<String>,
}

/// The result of a vulnerability scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// AWS's status of the scan, such as `COMPLETE`.
    pub status: String,
    /// The number of findings for each severity.
    pub findings: BTreeMap<String, i32>,
}

/// The newest `limit` images. Untagged images that belong to an index are listed only as part of it.
pub async fn list(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    limit: usize,
) -> Result<Vec<ListedImage>> {
    let all = stored::list(ctx, &repository.name).await?;
    let manifests = manifests(ctx, repository, &all).await?;
    let parts: Vec<&str> = manifests
        .values()
        .filter_map(|manifest| match manifest {
            OciManifest::ImageIndex(index) => Some(&index.manifests),
            OciManifest::Image(_) => None,
        })
        .flatten()
        .map(|part| part.digest.as_str())
        .collect();
    let mut listed: Vec<ListedImage> = all
        .iter()
        .map(|detail| listed(detail, &all, &manifests))
        .filter(|one| !one.tags.is_empty() || !parts.contains(&one.digest.as_str()))
        .collect();
    listed.truncate(limit);
    read_architectures(ctx, repository, &mut listed, &manifests).await?;
    Ok(listed)
}

/// One image of a repository, by its digest or its tag; none where the repository does not have it.
pub async fn one(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    digest: Option<&str>,
    tag: Option<&str>,
) -> Result<Option<ListedImage>> {
    let all = stored::list(ctx, &repository.name).await?;
    let is = |detail: &&ImageDetail| match (digest, tag) {
        (Some(digest), _) => detail.image_digest() == Some(digest),
        (None, Some(tag)) => detail.image_tags().iter().any(|own| own == tag),
        (None, None) => false,
    };
    let Some(detail) = all.iter().find(is) else {
        return Ok(None);
    };
    let manifests = manifests(ctx, repository, std::slice::from_ref(detail)).await?;
    let mut found = [listed(detail, &all, &manifests)];
    read_architectures(ctx, repository, &mut found, &manifests).await?;
    let [found] = found;
    Ok(Some(found))
}

fn listed(
    detail: &ImageDetail,
    all: &[ImageDetail],
    manifests: &BTreeMap<String, OciManifest>,
) -> ListedImage {
    let digest = detail.image_digest().unwrap_or_default();
    let images: Vec<String> = manifests
        .get(digest)
        .and_then(|manifest| match manifest {
            OciManifest::ImageIndex(index) => Some(index),
            OciManifest::Image(_) => None,
        })
        .map(|index| {
            images_of_index(index)
                .map(|one| one.digest.clone())
                .collect()
        })
        .unwrap_or_default();
    let of = |digest: &String| all.iter().find(|one| one.image_digest() == Some(digest));
    let scans = images.iter().filter_map(of).filter_map(scan);
    ListedImage {
        digest: digest.to_owned(),
        tags: detail.image_tags().to_vec(),
        size: detail
            .image_size_in_bytes()
            .and_then(|size| u64::try_from(size).ok()),
        pushed_at: timestamp(detail.image_pushed_at()),
        scan: scan(detail).or_else(|| scans.reduce(worst)),
        images,
        ..ListedImage::default()
    }
}

fn scan(detail: &ImageDetail) -> Option<Scan> {
    let status = detail.image_scan_status()?.status()?.as_str().to_owned();
    let summary = detail.image_scan_findings_summary();
    let counts = summary.and_then(|summary| summary.finding_severity_counts());
    Some(Scan {
        status,
        findings: counts
            .into_iter()
            .flatten()
            .map(|(severity, count)| (severity.as_str().to_owned(), *count))
            .collect(),
    })
}

/// Merges two scans into the worse one in each severity.
fn worst(mut one: Scan, other: Scan) -> Scan {
    for (severity, count) in other.findings {
        let most = one.findings.entry(severity).or_default();
        *most = count.max(*most);
    }
    // A scan that has ended, once or continuously, says less than one that has not.
    if ["COMPLETE", "ACTIVE"].contains(&one.status.as_str()) {
        one.status = other.status;
    }
    one
}

/// The manifests of these images, by digest; invalid ones are left out.
async fn manifests(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    all: &[ImageDetail],
) -> Result<BTreeMap<String, OciManifest>> {
    let mut manifests = BTreeMap::new();
    for some in all.chunks(MAX_PER_CALL) {
        let ids = some.iter().map(|one| {
            ImageIdentifier::builder()
                .set_image_digest(one.image_digest.clone())
                .build()
        });
        let call = ctx
            .clients
            .ecr
            .batch_get_image()
            .repository_name(&repository.name);
        let call = call
            .set_image_ids(Some(ids.collect()))
            .set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()));
        let answer = call.send().await.doing("read the images")?;
        for image in answer.images() {
            let digest = image.image_id().and_then(|id| id.image_digest());
            let manifest = image
                .image_manifest()
                .and_then(|text| parse(text.as_bytes()).ok());
            if let (Some(digest), Some(manifest)) = (digest, manifest) {
                manifests.insert(digest.to_owned(), manifest);
            }
        }
    }
    Ok(manifests)
}

/// Fills in the architectures: from the index, or from the configuration of a single image.
async fn read_architectures(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    listed: &mut [ListedImage],
    manifests: &BTreeMap<String, OciManifest>,
) -> Result<()> {
    if listed.is_empty() {
        return Ok(());
    }
    let access = Access::request(&ctx.clients.ecr, None).await?;
    let client = access.client(&repository.name).await?;
    let read = stream::iter(listed.iter_mut())
        .map(|one| {
            let (access, client) = (&access, &client);
            async move {
                if let Some(manifest) = manifests.get(&one.digest) {
                    let at = access.reference(&repository.name, &one.digest);
                    // A list without architectures is better than none.
                    one.architectures = architectures(client, &at, manifest)
                        .await
                        .unwrap_or_default();
                }
            }
        })
        .buffer_unordered(AT_ONCE);
    read.collect::<Vec<()>>().await;
    Ok(())
}

/// Fills in which image the service runs, and which revisions use each image.
pub async fn mark_used(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    listed: &mut [ListedImage],
) -> Result<()> {
    let names = &ctx.clients.names;
    let reads = &ctx.clients.reads;
    let service = reads.service(&names.cluster, &names.service).await?;
    let live = service.and_then(|service| service.task_definition);
    let mut arns = active(ctx, &names.family).await?;
    arns.extend(live.clone().filter(|live| !arns.contains(live)));
    let all: Vec<(String, Option<String>)> = stream::iter(arns)
        .map(|arn| async move {
            let read = ctx.clients.reads.definition(&arn).await?;
            let image = read.and_then(|read| {
                let ours = names.application(read.definition.container_definitions());
                ours.and_then(|one| one.image()).map(str::to_owned)
            });
            Ok::<_, Error>((arn, image))
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    for one in listed {
        for (arn, image) in &all {
            if image
                .as_ref()
                .is_some_and(|image| refers_to(image, repository, one))
            {
                one.live |= live.as_ref() == Some(arn);
                one.revisions.extend(revision(arn));
            }
        }
    }
    Ok(())
}

/// Whether a reference names this image, or one of the images in this index.
fn refers_to(reference: &str, repository: &Repository, one: &ListedImage) -> bool {
    let Some(rest) = reference.strip_prefix(&repository.url) else {
        return false;
    };
    match (rest.strip_prefix('@'), rest.strip_prefix(':')) {
        (Some(digest), _) => digest == one.digest || one.images.iter().any(|image| image == digest),
        (_, Some(tag)) => one.tags.iter().any(|own| own == tag),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_an_image_by_digest_or_tag() {
        let repository = Repository {
            name: "api".to_owned(),
            url: "host/api".to_owned(),
        };
        let one = ListedImage {
            digest: "sha256:1".to_owned(),
            tags: vec!["v1".to_owned()],
            images: vec!["sha256:2".to_owned()],
            ..ListedImage::default()
        };
        for (reference, is) in [
            ("host/api@sha256:1", true),
            ("host/api@sha256:2", true),
            ("host/api:v1", true),
            ("host/api:v2", false),
            ("host/api-more:v1", false),
            ("other/api@sha256:1", false),
        ] {
            assert_eq!(refers_to(reference, &repository, &one), is, "{reference}");
        }
    }
}
