//! The images of the stack's repository with all that is known of them.

use crate::clients::Clients;
use crate::images::registry::{Access, MEDIA_TYPES, Manifest, Repository, architectures, parse};
use crate::kinds::repository::images;
use crate::kinds::task_definition::revisions::active;
use crate::names::{self, CONTAINER, revision};
use crate::time::timestamp;
use aws_sdk_ecr::types::{ImageDetail, ImageIdentifier};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
use serde::Serialize;
use std::collections::BTreeMap;

/// How many images one call reads.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>
const IN_ONE_CALL: usize = 100;
/// How many are looked into at once.
const AT_ONCE: usize = 8;

/// An image, or an index of images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its digest.
    pub digest: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// What it runs on, in Fargate's words; empty where that cannot be read.
    pub architectures: Vec<String>,
    /// Its compressed layers, in bytes; of an index those of the largest image.
    pub size: Option<u64>,
    /// When it was pushed.
    pub pushed_at: Option<Timestamp>,
    /// What a scan found; none where there was none. Of an index the worst of its images, severity by severity.
    pub scan: Option<Scan>,
    /// Whether the service runs it.
    pub live: bool,
    /// The revisions that name it, the newest first.
    pub revisions: Vec<i32>,
    /// The digests of an index's images.
    pub images: Vec<String>,
}

/// A scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// AWS's word for how it went.
    pub status: String,
    /// How many findings of which severity.
    pub findings: BTreeMap<String, i32>,
}

/// The newest `limit` images. Those that an index names are told with it.
pub async fn list(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    limit: usize,
) -> Result<Vec<Listed>> {
    let all = images::list(ctx, &repository.name).await?;
    let manifests = manifests(ctx, repository, &all).await?;
    let parts: Vec<&str> = manifests
        .values()
        .flat_map(|manifest| &manifest.manifests)
        .map(|part| part.digest.as_str())
        .collect();
    let mut listed: Vec<Listed> = all
        .iter()
        .map(|detail| listed(detail, &all, &manifests))
        .filter(|one| !one.tags.is_empty() || !parts.contains(&one.digest.as_str()))
        .collect();
    listed.truncate(limit);
    look_into(ctx, repository, &mut listed, &manifests).await?;
    Ok(listed)
}

fn listed(
    detail: &ImageDetail,
    all: &[ImageDetail],
    manifests: &BTreeMap<String, Manifest>,
) -> Listed {
    let digest = detail.image_digest().unwrap_or_default();
    let images: Vec<String> = manifests
        .get(digest)
        .map(|manifest| manifest.images().map(|one| one.digest.clone()).collect())
        .unwrap_or_default();
    let of = |digest: &String| all.iter().find(|one| one.image_digest() == Some(digest));
    let scans = images.iter().filter_map(of).filter_map(scan);
    Listed {
        digest: digest.to_owned(),
        tags: detail.image_tags().to_vec(),
        size: detail
            .image_size_in_bytes()
            .and_then(|size| u64::try_from(size).ok()),
        pushed_at: timestamp(detail.image_pushed_at()),
        scan: scan(detail).or_else(|| scans.reduce(worst)),
        images,
        ..Listed::default()
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

fn worst(mut one: Scan, other: Scan) -> Scan {
    for (severity, count) in other.findings {
        let most = one.findings.entry(severity).or_default();
        *most = count.max(*most);
    }
    if one.status == "COMPLETE" {
        one.status = other.status;
    }
    one
}

/// The manifests, by digest.
async fn manifests(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    all: &[ImageDetail],
) -> Result<BTreeMap<String, Manifest>> {
    let mut manifests = BTreeMap::new();
    for some in all.chunks(IN_ONE_CALL) {
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

/// What the images run on: an index says so, for others it stands in their configuration.
async fn look_into(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    listed: &mut [Listed],
    manifests: &BTreeMap<String, Manifest>,
) -> Result<()> {
    if listed.is_empty() {
        return Ok(());
    }
    let access = Access::ask(&ctx.clients.ecr, None).await?;
    let client = access.client(&repository.name).await?;
    let read = stream::iter(listed.iter_mut())
        .map(|one| {
            let (access, client) = (&access, &client);
            async move {
                if let Some(manifest) = manifests.get(&one.digest) {
                    let at = access.reference(&repository.name, &one.digest);
                    // A list without it is better than none.
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

/// Marks what the service runs, and what there is to go back to.
pub async fn mark_used(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    listed: &mut [Listed],
) -> Result<()> {
    let family = names::api(&ctx.stack);
    let service = ctx
        .clients
        .reads
        .service(&names::cluster(&ctx.stack), &family)
        .await?;
    let live = service.and_then(|service| service.task_definition);
    let mut arns = active(ctx, &family).await?;
    arns.extend(live.clone().filter(|live| !arns.contains(live)));
    let all: Vec<(String, Option<String>)> = stream::iter(arns)
        .map(|arn| async move {
            let read = ctx.clients.reads.definition(&arn).await?;
            let image = read.and_then(|read| {
                let containers = read.definition.container_definitions();
                let ours = containers.iter().find(|one| one.name() == Some(CONTAINER));
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
                .is_some_and(|image| is_of(image, repository, one))
            {
                one.live |= live.as_ref() == Some(arn);
                one.revisions.extend(revision(arn));
            }
        }
    }
    Ok(())
}

/// Whether a reference is to this image.
fn is_of(reference: &str, repository: &Repository, one: &Listed) -> bool {
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
        let one = Listed {
            digest: "sha256:1".to_owned(),
            tags: vec!["v1".to_owned()],
            images: vec!["sha256:2".to_owned()],
            ..Listed::default()
        };
        for (reference, is) in [
            ("host/api@sha256:1", true),
            ("host/api@sha256:2", true),
            ("host/api:v1", true),
            ("host/api:v2", false),
            ("host/api-more:v1", false),
            ("other/api@sha256:1", false),
        ] {
            assert_eq!(is_of(reference, &repository, &one), is, "{reference}");
        }
    }
}
