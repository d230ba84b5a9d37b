//! Images in ECR: in the stack's own registry, and in those of other accounts in its region.

use super::{Access, Image, MEDIA_TYPES, parse};
use crate::clients::Clients;
use crate::kinds::repository::revision_tags;
use aws_sdk_ecr::types::{
    ImageFailure, ImageFailureCode, ImageIdentifier, ListImagesFilter, TagStatus,
};
use oci_client::manifest::OciManifest;
use oci_client::{Client, Reference};
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result, Stack};

/// How many similar tags an error names.
const MAX_SIMILAR_TAGS: usize = 3;

/// The account whose registry is at `host`; none where `host` is not an ECR registry in the stack's region.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
pub fn account_of(stack: &Stack, host: &str) -> Option<String> {
    let rest = format!(".dkr.ecr.{}.{}", stack.region, stack.dns_suffix());
    let account = host.strip_suffix(&rest)?;
    let is_number = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| account.to_owned())
}

/// The architectures of a single image, from its configuration.
pub async fn architectures(
    ctx: &Ctx<Clients>,
    account: &str,
    image: &Image,
) -> Result<Vec<String>> {
    let (client, at) = client(ctx, account, image).await?;
    super::architectures(&client, &at, &image.manifest).await
}

/// A client of the registry, and the reference by which it reads the image.
pub async fn client(
    ctx: &Ctx<Clients>,
    account: &str,
    image: &Image,
) -> Result<(Client, Reference)> {
    let own = account == ctx.stack.account();
    let access = Access::request(&ctx.clients.ecr, (!own).then_some(account)).await?;
    let repository = image.reference.repository();
    let at = access.reference(repository, &image.digest);
    Ok((access.client(repository).await?, at))
}

fn id(reference: &Reference) -> ImageIdentifier {
    let id = ImageIdentifier::builder();
    match reference.digest() {
        Some(digest) => id.image_digest(digest),
        None => id.image_tag(reference.tag().unwrap_or("latest")),
    }
    .build()
}

/// The digest and the manifest of an image.
pub async fn read(
    ctx: &Ctx<Clients>,
    account: &str,
    reference: &Reference,
) -> Result<(String, OciManifest)> {
    let call = ctx.clients.ecr.batch_get_image().registry_id(account);
    let call = call
        .repository_name(reference.repository())
        .image_ids(id(reference));
    let call = call.set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()));
    let answer = call.send().await.doing("read the image");
    let answer = answer.map_err(|error| no_repository(error, reference))?;
    let Some(image) = answer.images().first() else {
        return Err(missing(ctx, account, reference, answer.failures().first()).await);
    };
    let digest = image
        .image_id()
        .and_then(|id| id.image_digest())
        .unwrap_or_default();
    let manifest = parse(image.image_manifest().unwrap_or_default().as_bytes());
    let manifest = manifest
        .map_err(|e| Error::failed(format!("the manifest of {reference} is invalid: {e}")))?;
    Ok((digest.to_owned(), manifest))
}

fn no_repository(error: Error, reference: &Reference) -> Error {
    match error.code.as_deref() {
        Some("RepositoryNotFoundException") => Error::failed(format!(
            "the registry {1} has no repository {0}",
            reference.repository(),
            reference.registry()
        ))
        .hint("check the name; rd-ecs apply creates the stack's repository"),
        _ => error,
    }
}

/// The error for an image that `BatchGetImage` did not return.
async fn missing(
    ctx: &Ctx<Clients>,
    account: &str,
    reference: &Reference,
    failure: Option<&ImageFailure>,
) -> Error {
    let repository = reference.repository();
    let code = failure.and_then(ImageFailure::failure_code);
    if let Some(failure) = failure
        && code != Some(&ImageFailureCode::ImageNotFound)
    {
        let reason = failure.failure_reason().unwrap_or("AWS gave no reason");
        return Error::failed(format!("cannot read the image {reference}: {reason}"));
    }
    if let Some(digest) = reference.digest() {
        return Error::failed(format!("{repository} has no image {digest}")).hint(
            "rd-ecs images lists the images; ECR deletes those without a tag after some days",
        );
    }
    let tag = reference.tag().unwrap_or("latest");
    let error = Error::failed(format!("{repository} has no tag `{tag}`"));
    // If the tags cannot be listed, the error comes without them.
    match tags(ctx, account, repository).await.unwrap_or_default() {
        tags if tags.is_empty() => error.hint(
            "nothing has been pushed yet: run rd-ecs push, or docker push after rd-ecs login",
        ),
        tags => error.hint(format!(
            "similar tags: {}; rd-ecs images lists all",
            similar(tag, tags).join(", ")
        )),
    }
}

/// All tags of a repository but those of revisions.
async fn tags(ctx: &Ctx<Clients>, account: &str, repository: &str) -> Result<Vec<String>> {
    let filter = ListImagesFilter::builder()
        .tag_status(TagStatus::Tagged)
        .build();
    let call = ctx
        .clients
        .ecr
        .list_images()
        .registry_id(account)
        .repository_name(repository)
        .filter(filter);
    let mut ids = call.into_paginator().items().send();
    let mut tags = Vec::new();
    while let Some(id) = ids.next().await {
        tags.extend(id.doing("list the tags")?.image_tag);
    }
    tags.retain(|tag| revision_tags::revision_of(tag).is_none());
    Ok(tags)
}

/// The tags that are spelled most like `tag`.
fn similar(tag: &str, mut tags: Vec<String>) -> Vec<String> {
    tags.sort_by_cached_key(|other| (strsim::damerau_levenshtein(tag, other), other.clone()));
    tags.truncate(MAX_SIMILAR_TAGS);
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ecr_registries_of_the_region_have_an_account() {
        let stack = Stack {
            region: "eu-west-1".to_owned(),
            ..Stack::default()
        };
        let account = |host| account_of(&stack, host);
        assert_eq!(
            account("123456789012.dkr.ecr.eu-west-1.amazonaws.com").as_deref(),
            Some("123456789012")
        );
        assert_eq!(
            account("123456789012.dkr.ecr.us-east-1.amazonaws.com"),
            None
        );
        assert_eq!(account("evil.dkr.ecr.eu-west-1.amazonaws.com"), None);
        assert_eq!(
            account("123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example"),
            None
        );
        assert_eq!(account("docker.io"), None);
    }

    #[test]
    fn similar_tags_come_first() {
        let tags = ["v1", "v41", "main", "v42"].map(str::to_owned).to_vec();
        assert_eq!(similar("v43", tags)[..2], ["v41", "v42"]);
    }
}
