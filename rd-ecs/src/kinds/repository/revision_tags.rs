//! The tags `rd-<revision>` of the images that revisions run. The lifecycle policy never deletes an image with such a tag:
//! a deployment names its image by the digest, and a tag of the user's that moves to another image leaves the running one
//! without any. <https://github.com/aws/containers-roadmap/issues/1078>

use super::images::MEDIA_TYPES;
use crate::clients::Clients;
use crate::kinds::task_definition::revisions;
use crate::names::{self, NO_IMAGE_TAG, Names, PLACEHOLDER};
use crate::read::TaggedRevision;
use aws_sdk_ecr::types::{Image, ImageIdentifier, ListImagesFilter, TagStatus};
use aws_sdk_ecs::types::TaskDefinitionStatus;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rd_common::aws::Explain;
use rd_common::output::printer::print_warning;
use rd_common::{Ctx, Error, Result};
use std::collections::BTreeMap;
use std::fmt::Display;

/// How the tags begin; the number of the revision follows.
pub const PREFIX: &str = "rd-";

/// The most reads of revisions at the same time.
const AT_ONCE: usize = 8;

/// The most tags that one call lists.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ListImages.html>
const PAGE: i32 = 1000;

/// The most images that one call reads or deletes.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchGetImage.html>
const MAX_PER_CALL: usize = 100;

/// What AWS answers where the credentials do not allow a call.
pub const DENIED: [&str; 2] = ["AccessDeniedException", "AccessDenied"];

/// The number of the revision in a tag of this form.
pub fn revision_of(tag: &str) -> Option<i32> {
    let digits = tag.strip_prefix(PREFIX)?;
    let is_number = digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok())?
}

fn tag_of(revision: i32) -> String {
    format!("{PREFIX}{revision}")
}

/// Where a revision's image is.
enum Place {
    /// In the stack's repository, with this digest or tag.
    Own(ImageIdentifier),
    /// In another repository; its reference.
    Foreign(String),
    /// Nowhere: no image was deployed yet.
    Nowhere,
}

fn place(names: &Names, url: &str, revision: &TaggedRevision) -> Place {
    let ours = names.application(revision.definition.container_definitions());
    let Some(image) = ours.and_then(|one| one.image()) else {
        return Place::Nowhere;
    };
    if image == PLACEHOLDER || image.ends_with(NO_IMAGE_TAG) {
        return Place::Nowhere;
    }
    let id = ImageIdentifier::builder();
    let rest = image.strip_prefix(url).unwrap_or_default();
    // `…/api:v42@sha256:…` is the image with the digest.
    match (rest.split_once('@'), rest.strip_prefix(':')) {
        (Some((_, digest)), _) => Place::Own(id.image_digest(digest).build()),
        (None, Some(tag)) => Place::Own(id.image_tag(tag).build()),
        (None, None) => Place::Foreign(image.to_owned()),
    }
}

/// Tags the image of a revision before it is deployed. Warns where that is not possible: the deployment itself needs no
/// tag.
pub async fn keep_image(ctx: &Ctx<Clients>, arn: &str) -> Result<()> {
    let Some(revision) = ctx.clients.reads.definition(arn).await? else {
        return Ok(());
    };
    let number = revision.definition.revision();
    let names = &ctx.clients.names;
    let id = match place(names, &names.repository_url(&ctx.stack), &revision) {
        Place::Own(id) => id,
        Place::Foreign(image) => {
            print_warning(
                &format!(
                    "rd-ecs cannot keep the image {image}: it is not in the stack's repository"
                ),
                "keep it there as long as its revision: tasks pull it again when the service scales out or rolls back; \
                 or rd-ecs push it to the stack's repository",
            );
            return Ok(());
        }
        Place::Nowhere => return Ok(()),
    };
    let wanted = BTreeMap::from([(number, id)]);
    match tag_images(ctx, &wanted).await {
        Err(error) if cannot_be_tagged(&error) => {
            print_warning(
                &format!("the image of revision {number} has no tag that keeps it: {error}"),
                "without the tag, the repository's lifecycle policy may delete the image while it runs",
            );
            Ok(())
        }
        other => other,
    }
}

/// Whether an image will not be tagged at a repetition, either: no permission, or an immutable tag of another image.
fn cannot_be_tagged(error: &Error) -> bool {
    error.is(&DENIED) || error.is(&["ImageTagAlreadyExistsException"])
}

/// Tags the images of all active revisions, before a lifecycle policy is set that counts on the tags. Refuses it where an
/// image cannot be tagged, since the policy would delete the image of a revision that is kept.
pub async fn keep_all_images(ctx: &Ctx<Clients>) -> Result<()> {
    let arns = revisions::active(ctx, &ctx.clients.names.family).await?;
    let wanted = untagged(ctx, &arns, &tags(ctx).await?).await?;
    match tag_images(ctx, &wanted).await {
        Err(error) if cannot_be_tagged(&error) => Err(policy_refused(wanted.keys(), &error)),
        other => other,
    }
}

/// Fails if [`keep_all_images`] would refuse a policy because an immutable tag of a kept revision belongs to another image.
pub async fn check_tags_are_free(ctx: &Ctx<Clients>) -> Result<()> {
    let arns = revisions::active(ctx, &ctx.clients.names.family).await?;
    let tags = tags(ctx).await?;
    let wanted = untagged(ctx, &arns, &tags).await?;
    let taken: Vec<&i32> = wanted
        .keys()
        .filter(|number| tags.contains_key(number))
        .collect();
    if taken.is_empty() {
        return Ok(());
    }
    let why = "their tags belong to other images, and this repository's tags are immutable";
    Err(policy_refused(taken.into_iter(), &why))
}

/// The error for a lifecycle policy that would delete the images of these revisions.
fn policy_refused<'a>(numbers: impl Iterator<Item = &'a i32>, why: &dyn Display) -> Error {
    let numbers: Vec<String> = numbers.map(i32::to_string).collect();
    Error::refused(format!(
        "the lifecycle policy would delete images of kept revisions (of {}): {why}",
        numbers.join(", ")
    ))
    .hint(
        "their images need the tags rd-<revision>: allow ecr:PutImage (rd-ecs policy --for apply), or delete the tags that \
         other images have; the policy was not changed",
    )
}

/// Removes the tags of revisions that are no longer active, and tags the images of those that are, which may share an
/// image: ECR deletes an image with its last tag. `active` are the ARNs of the active revisions.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html>
pub async fn clean_up(ctx: &Ctx<Clients>, active: &[String]) -> Result<()> {
    match move_tags(ctx, active).await {
        // The deployment has succeeded, and an image more costs little.
        Err(error) if cannot_be_tagged(&error) => {
            print_warning(
                &format!("the tags of old revisions stay: {error}"),
                "rd-ecs policy --for deploy prints the permissions that a deployment needs",
            );
            Ok(())
        }
        other => other,
    }
}

async fn move_tags(ctx: &Ctx<Clients>, active: &[String]) -> Result<()> {
    let tags = tags(ctx).await?;
    let mut old: Vec<i32> = Vec::new();
    let newest = active.iter().filter_map(|arn| names::revision(arn)).max();
    let is_active = |number: &i32| {
        let mut all = active.iter().filter_map(|arn| names::revision(arn));
        all.any(|one| one == *number)
    };
    for number in tags.keys().filter(|number| !is_active(number)) {
        // The list may lack a revision that was registered a moment ago.
        if newest.is_some_and(|newest| *number < newest) && is_gone(ctx, *number).await? {
            old.push(*number);
        }
    }
    if old.is_empty() {
        return Ok(());
    }
    tag_images(ctx, &untagged(ctx, active, &tags).await?).await?;
    let repository = &ctx.clients.names.repository;
    let ids: Vec<ImageIdentifier> = old
        .iter()
        .map(|number| {
            let id = ImageIdentifier::builder().image_tag(tag_of(*number));
            id.build()
        })
        .collect();
    for some in ids.chunks(MAX_PER_CALL) {
        let call = ctx.clients.ecr.batch_delete_image();
        let call = call
            .repository_name(repository)
            .set_image_ids(Some(some.to_vec()));
        let delete = async || {
            call.clone()
                .send()
                .await
                .doing("remove the tags of old revisions")
        };
        ctx.retrying(delete).await?;
    }
    Ok(())
}

async fn is_gone(ctx: &Ctx<Clients>, number: i32) -> Result<bool> {
    let name = format!("{}:{number}", ctx.clients.names.family);
    let read = ctx.clients.reads.definition(&name).await?;
    Ok(read.is_none_or(|one| one.definition.status() != Some(&TaskDefinitionStatus::Active)))
}

/// The digests of the images with a tag of this form, by the number of the revision; none without a repository.
async fn tags(ctx: &Ctx<Clients>) -> Result<BTreeMap<i32, String>> {
    let tagged = ListImagesFilter::builder().tag_status(TagStatus::Tagged);
    let call = ctx.clients.ecr.list_images();
    let call = call
        .repository_name(&ctx.clients.names.repository)
        .filter(tagged.build())
        .max_results(PAGE);
    let mut ids = call.into_paginator().items().send();
    let mut tags = BTreeMap::new();
    while let Some(id) = ids.next().await {
        let id = match id.doing("list the tags") {
            Err(error) if error.is(&["RepositoryNotFoundException"]) => return Ok(tags),
            other => other?,
        };
        if let Some(number) = id.image_tag().and_then(revision_of) {
            tags.insert(number, id.image_digest.unwrap_or_default());
        }
    }
    Ok(tags)
}

/// The images of the active revisions that are in the stack's repository and do not have the tag yet.
async fn untagged(
    ctx: &Ctx<Clients>,
    active: &[String],
    tags: &BTreeMap<i32, String>,
) -> Result<BTreeMap<i32, ImageIdentifier>> {
    let names = &ctx.clients.names;
    let url = names.repository_url(&ctx.stack);
    let read = stream::iter(active)
        .map(|arn| ctx.clients.reads.definition(arn))
        .buffered(AT_ONCE);
    let all: Vec<Option<TaggedRevision>> = read.try_collect().await?;
    let own = all
        .iter()
        .flatten()
        .filter_map(|one| match place(names, &url, one) {
            Place::Own(id) => Some((one.definition.revision(), id)),
            Place::Foreign(_) | Place::Nowhere => None,
        });
    let has_tag = |(number, id): &(i32, ImageIdentifier)| {
        let tagged = tags.get(number).map(String::as_str);
        tagged.is_some() && tagged == id.image_digest()
    };
    Ok(own.filter(|one| !has_tag(one)).collect())
}

/// Tags images of the stack's repository; those that ECR does not have any more are left out.
async fn tag_images(ctx: &Ctx<Clients>, wanted: &BTreeMap<i32, ImageIdentifier>) -> Result<()> {
    let repository = &ctx.clients.names.repository;
    let all: Vec<(&i32, &ImageIdentifier)> = wanted.iter().collect();
    // Each image is read by its digest, and the one that has the tag by the tag.
    for some in all.chunks(MAX_PER_CALL / 2) {
        let mut ids: Vec<ImageIdentifier> = Vec::new();
        for (number, id) in some {
            let by_tag = ImageIdentifier::builder().image_tag(tag_of(**number));
            for id in [(*id).clone(), by_tag.build()] {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
        let call = ctx.clients.ecr.batch_get_image();
        let call = call
            .repository_name(repository)
            .set_image_ids(Some(ids))
            .set_accepted_media_types(Some(MEDIA_TYPES.map(str::to_owned).to_vec()));
        let answer = match call.send().await.doing("read the images of the revisions") {
            Err(error) if error.is(&["RepositoryNotFoundException"]) => return Ok(()),
            other => other?,
        };
        for (number, wanted) in some {
            let images = answer.images();
            let Some(image) = images.iter().find(|image| is_image(image, wanted)) else {
                continue;
            };
            let digest = image.image_id().and_then(|id| id.image_digest());
            let tag = tag_of(**number);
            let has_tag = images
                .iter()
                .filter_map(Image::image_id)
                .any(|id| id.image_tag() == Some(tag.as_str()) && id.image_digest() == digest);
            if !has_tag {
                put_tag(ctx, repository, image, &tag).await?;
            }
        }
    }
    Ok(())
}

fn is_image(image: &Image, wanted: &ImageIdentifier) -> bool {
    image
        .image_id()
        .is_some_and(|id| match wanted.image_digest() {
            Some(digest) => id.image_digest() == Some(digest),
            None => id.image_tag() == wanted.image_tag(),
        })
}

/// Gives an image one more tag: its manifest is put again, byte for byte.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-retag.html>
async fn put_tag(ctx: &Ctx<Clients>, repository: &str, image: &Image, tag: &str) -> Result<()> {
    let digest = image.image_id().and_then(|id| id.image_digest());
    let call = ctx.clients.ecr.put_image().repository_name(repository);
    let call = call
        .set_image_manifest(image.image_manifest.clone())
        .set_image_manifest_media_type(image.image_manifest_media_type.clone())
        .set_image_digest(digest.map(str::to_owned))
        .image_tag(tag);
    let put = async || {
        call.clone()
            .send()
            .await
            .doing(&format!("tag the image {tag}"))
    };
    match ctx.retrying(put).await {
        // The image has the tag already.
        Err(error) if error.is(&["ImageAlreadyExistsException"]) => Ok(()),
        other => other.map(|_| ()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::CONTAINER;
    use aws_sdk_ecs::types::{ContainerDefinition, TaskDefinition};
    use rd_common::Tags;

    fn place_of(image: &str) -> Place {
        let container = ContainerDefinition::builder().name(CONTAINER).image(image);
        let definition = TaskDefinition::builder().container_definitions(container.build());
        let revision = TaggedRevision {
            definition: definition.build(),
            tags: Tags::new(),
        };
        place(&Names::test(), "1.dkr.ecr.x.amazonaws.com/api", &revision)
    }

    #[test]
    fn only_images_of_the_repository_are_tagged() {
        let own = |image: &str| match place_of(image) {
            Place::Own(id) => id.image_digest.or(id.image_tag),
            Place::Foreign(_) | Place::Nowhere => None,
        };
        let url = "1.dkr.ecr.x.amazonaws.com/api";
        for (rest, id) in [
            ("@sha256:a", "sha256:a"),
            (":v1", "v1"),
            (":v1@sha256:a", "sha256:a"),
        ] {
            assert_eq!(own(&format!("{url}{rest}")).as_deref(), Some(id));
        }
        for foreign in [
            "1.dkr.ecr.x.amazonaws.com/api-more:v1",
            "2.dkr.ecr.x.amazonaws.com/api@sha256:a",
            "nginx:1",
        ] {
            assert!(matches!(place_of(foreign), Place::Foreign(_)), "{foreign}");
        }
        for nowhere in [PLACEHOLDER, "1.dkr.ecr.x.amazonaws.com/api:rd-none"] {
            assert!(matches!(place_of(nowhere), Place::Nowhere), "{nowhere}");
        }
    }

    #[test]
    fn a_tag_names_its_revision() {
        assert_eq!(revision_of(&tag_of(42)), Some(42));
        for other in ["rd-", "rd-none", "rd-4a", "rd-+4", "42", "v42"] {
            assert_eq!(revision_of(other), None, "{other}");
        }
    }
}
