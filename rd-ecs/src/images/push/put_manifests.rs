//! Puts the manifests and their tags through ECR's API, whose errors say more than the registry's.
//! <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html>

use super::content::{ImageContent, ManifestDocument};
use crate::clients::Clients;
use crate::images::registry::{MEDIA_TYPES, Repository};
use aws_sdk_ecr::types::ImageIdentifier;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
use std::collections::BTreeMap;

/// What the repository already has of a push.
#[derive(Clone, Debug, Default)]
pub struct Existing {
    /// Whether it has the image.
    pub has_image: bool,
    /// The tags to push that exist already, each with the digest of its image.
    pub tags: BTreeMap<String, String>,
}

/// Reads whether the image and the tags exist.
pub async fn existing(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    digest: &str,
    tags: &[String],
) -> Result<Existing> {
    let by_tag = tags
        .iter()
        .map(|tag| ImageIdentifier::builder().image_tag(tag).build());
    let own = ImageIdentifier::builder().image_digest(digest).build();
    let ids = by_tag.chain([own]).collect();
    let call = ctx
        .clients
        .ecr
        .batch_get_image()
        .repository_name(&repository.name);
    let call = call.set_image_ids(Some(ids));
    let call = call.set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()));
    let answer = call.send().await.doing("read the image");
    let answer = answer.map_err(|error| no_repository(error, repository))?;
    let mut existing = Existing::default();
    for id in answer.images().iter().filter_map(|image| image.image_id()) {
        let found = id.image_digest().unwrap_or_default();
        existing.has_image |= found == digest;
        if let Some(tag) = id.image_tag() {
            existing.tags.insert(tag.to_owned(), found.to_owned());
        }
    }
    Ok(existing)
}

fn no_repository(error: Error, repository: &Repository) -> Error {
    match error.code.as_deref() {
        Some("RepositoryNotFoundException") => {
            Error::failed(format!("the repository {} does not exist", repository.name))
                .hint("run rd-ecs apply to create it again")
        }
        _ => error,
    }
}

/// The error for a tag that belongs to another image, in a repository with immutable tags.
pub fn tag_taken(tag: &str, by: Option<&str>) -> Error {
    let by = by.map(|digest| format!(" ({digest})")).unwrap_or_default();
    Error::refused(format!(
        "the tag `{tag}` already belongs to another image{by}, and this repository's tags are immutable"
    ))
    .hint("pass another --tag, or set immutable_tags = false in [ecs] and run rd-ecs apply")
}

/// Puts the manifests that are missing, and the tags that are missing or belong to another image.
pub async fn put_manifests(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    content: &ImageContent,
    tags: &[String],
    existing: &Existing,
) -> Result<()> {
    let Some((root, parts)) = content.documents.split_last() else {
        return Ok(());
    };
    if !existing.has_image {
        for part in parts {
            put(ctx, repository, part, None, existing).await?;
        }
    }
    for tag in tags {
        if existing.tags.get(tag) != Some(&root.digest) {
            put(ctx, repository, root, Some(tag), existing).await?;
        }
    }
    Ok(())
}

async fn put(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    document: &ManifestDocument,
    tag: Option<&str>,
    existing: &Existing,
) -> Result<()> {
    let call = ctx
        .clients
        .ecr
        .put_image()
        .repository_name(&repository.name);
    let call = call
        .image_manifest(&document.text)
        .image_manifest_media_type(&document.media_type)
        .image_digest(&document.digest)
        .set_image_tag(tag.map(str::to_owned));
    let put = async || call.clone().send().await.doing("put the image");
    match ctx.retrying(put).await {
        // Another push was first, or the answer to an earlier attempt was lost.
        Err(error) if error.is(&["ImageAlreadyExistsException"]) => Ok(()),
        Err(error) if error.is(&["ImageTagAlreadyExistsException"]) => {
            let tag = tag.unwrap_or_default();
            Err(tag_taken(tag, existing.tags.get(tag).map(String::as_str)))
        }
        Err(error) if error.is(&["LayersNotFoundException", "ReferencedImagesNotFoundException"]) => {
            Err(error.hint("something deletes pushed layers, such as a lifecycle policy: run the same command again"))
        }
        other => {
            let image = other?.image;
            let stored = image.as_ref().and_then(|image| image.image_id()?.image_digest());
            match stored {
                Some(stored) if stored != document.digest => Err(Error::failed(format!(
                    "ECR stored the image as {stored}, but its digest is {}",
                    document.digest
                ))),
                _ => Ok(()),
            }
        }
    }
}
