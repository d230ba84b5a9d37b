//! The manifests, and their tags. They go through ECR's own call, whose errors say more than the registry's.
//! <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html>

use super::content::{Content, Document};
use crate::clients::Clients;
use crate::images::registry::{MEDIA_TYPES, Repository};
use aws_sdk_ecr::types::ImageIdentifier;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
use std::collections::BTreeMap;

/// What there is already.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Whether the image is.
    pub is_there: bool,
    /// Of the tags that are wanted, those that are there, each with its image's digest.
    pub tags: BTreeMap<String, String>,
}

/// Looks.
pub async fn standing(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    digest: &str,
    tags: &[String],
) -> Result<Standing> {
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
    let answer = call.send().await.doing("look for the image");
    let answer = answer.map_err(|error| no_repository(error, repository))?;
    let mut standing = Standing::default();
    for id in answer.images().iter().filter_map(|image| image.image_id()) {
        let found = id.image_digest().unwrap_or_default();
        standing.is_there |= found == digest;
        if let Some(tag) = id.image_tag() {
            standing.tags.insert(tag.to_owned(), found.to_owned());
        }
    }
    Ok(standing)
}

fn no_repository(error: Error, repository: &Repository) -> Error {
    match error.code.as_deref() {
        Some("RepositoryNotFoundException") => {
            Error::failed(format!("the repository {} is gone", repository.name))
                .hint("run rd-ecs apply to make it again")
        }
        _ => error,
    }
}

/// A tag that is another image's, and stays with it.
pub fn taken(tag: &str, by: Option<&str>) -> Error {
    let by = by.map(|digest| format!(" ({digest})")).unwrap_or_default();
    Error::refused(format!(
        "the tag `{tag}` is another image's already{by}, and tags stay with their images here"
    ))
    .hint("give another --tag; or set immutable_tags = false in [ecs] and apply")
}

/// Puts the manifests that are not there, and the tags that are not where they should be.
pub async fn publish(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    content: &Content,
    tags: &[String],
    standing: &Standing,
) -> Result<()> {
    let Some((root, parts)) = content.documents.split_last() else {
        return Ok(());
    };
    if !standing.is_there {
        for part in parts {
            put(ctx, repository, part, None, standing).await?;
        }
    }
    for tag in tags {
        if standing.tags.get(tag) != Some(&root.digest) {
            put(ctx, repository, root, Some(tag), standing).await?;
        }
    }
    Ok(())
}

async fn put(
    ctx: &Ctx<Clients>,
    repository: &Repository,
    document: &Document,
    tag: Option<&str>,
    standing: &Standing,
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
    match call.send().await.doing("put the image") {
        // Whoever was first, or an answer that was lost.
        Err(error) if error.is(&["ImageAlreadyExistsException"]) => Ok(()),
        Err(error) if error.is(&["ImageTagAlreadyExistsException"]) => {
            let tag = tag.unwrap_or_default();
            Err(taken(tag, standing.tags.get(tag).map(String::as_str)))
        }
        Err(error) if error.is(&["LayersNotFoundException", "ReferencedImagesNotFoundException"]) => {
            Err(error.hint("something deletes what is pushed, such as a lifecycle policy: run the same command again"))
        }
        other => {
            let image = other?.image;
            let told = image.as_ref().and_then(|image| image.image_id()?.image_digest());
            match told {
                Some(told) if told != document.digest => Err(Error::failed(format!(
                    "ECR has the image as {told}, and it is {}",
                    document.digest
                ))),
                _ => Ok(()),
            }
        }
    }
}
