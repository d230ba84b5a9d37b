//! Images of ECR's registries: the stack's own, and those of other accounts in its region.

use super::foreign::architectures;
use super::{Access, Image, MEDIA_TYPES, Manifest, parse};
use crate::clients::Clients;
use crate::time::timestamp;
use aws_sdk_ecr::types::{
    ImageDetail, ImageFailure, ImageFailureCode, ImageIdentifier, ListImagesFilter, TagStatus,
};
use oci_client::Reference;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result, Stack};

/// How many tags an error names.
const NEAREST: usize = 3;

/// The account whose registry this is, where it is one of ECR's in the stack's region.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
pub fn account_of(stack: &Stack, host: &str) -> Option<String> {
    let rest = format!(".dkr.ecr.{}.{}", stack.region, stack.dns_suffix());
    let account = host.strip_suffix(&rest)?;
    let is_number = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| account.to_owned())
}

/// An image of ECR.
pub async fn inspect(ctx: &Ctx<Clients>, account: &str, reference: &Reference) -> Result<Image> {
    let ours = account == ctx.stack.account();
    let (found, detail) = tokio::try_join!(read(ctx, account, reference), async {
        match ours {
            true => describe(ctx, reference).await,
            // Other accounts let their images be pulled, and seldom be described.
            false => Ok(None),
        }
    })?;
    let (digest, manifest) = found;
    let architectures = if manifest.is_index() {
        architectures(
            &super::access::client(Default::default())?,
            reference,
            &manifest,
        )
        .await?
    } else {
        let access = Access::ask(&ctx.clients.ecr, (!ours).then_some(account)).await?;
        let at = access.reference(reference.repository(), &digest);
        architectures(
            &access.client(reference.repository()).await?,
            &at,
            &manifest,
        )
        .await?
    };
    let asked: Vec<String> = reference.tag().map(str::to_owned).into_iter().collect();
    let detail = detail.as_ref();
    Ok(Image {
        digest,
        architectures,
        tags: detail.map_or(asked, |one| one.image_tags().to_vec()),
        pushed_at: detail.and_then(|one| timestamp(one.image_pushed_at())),
        size: detail
            .and_then(ImageDetail::image_size_in_bytes)
            .and_then(|size| u64::try_from(size).ok())
            .or((!manifest.is_index()).then(|| manifest.size())),
        media_type: manifest.media_type().to_owned(),
    })
}

fn id(reference: &Reference) -> ImageIdentifier {
    let id = ImageIdentifier::builder();
    match reference.digest() {
        Some(digest) => id.image_digest(digest),
        None => id.image_tag(reference.tag().unwrap_or("latest")),
    }
    .build()
}

/// The image's digest and manifest.
async fn read(
    ctx: &Ctx<Clients>,
    account: &str,
    reference: &Reference,
) -> Result<(String, Manifest)> {
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
        .map_err(|e| Error::failed(format!("the manifest of {reference} cannot be read: {e}")))?;
    Ok((digest.to_owned(), manifest))
}

/// When it was pushed, its tags and its size.
async fn describe(ctx: &Ctx<Clients>, reference: &Reference) -> Result<Option<ImageDetail>> {
    let call = ctx.clients.ecr.describe_images();
    let call = call
        .repository_name(reference.repository())
        .image_ids(id(reference));
    match call.send().await.doing("read the image") {
        // The other call says what is missing, and what there is.
        Err(error) if error.is(&["ImageNotFoundException", "RepositoryNotFoundException"]) => {
            Ok(None)
        }
        other => Ok(other?.image_details.unwrap_or_default().pop()),
    }
}

fn no_repository(error: Error, reference: &Reference) -> Error {
    match error.code.as_deref() {
        Some("RepositoryNotFoundException") => Error::failed(format!(
            "there is no repository {} in the registry {}",
            reference.repository(),
            reference.registry()
        ))
        .hint("check the name; rd-ecs apply makes the stack's repository"),
        _ => error,
    }
}

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
        return Error::failed(format!("the image {reference} cannot be read: {reason}"));
    }
    if let Some(digest) = reference.digest() {
        return Error::failed(format!("there is no image {digest} in {repository}")).hint(
            "rd-ecs images lists those that are there; images without a tag go after some days",
        );
    }
    let tag = reference.tag().unwrap_or("latest");
    let error = Error::failed(format!("there is no tag `{tag}` in {repository}"));
    // What went wrong with this only costs the list.
    match tags(ctx, account, repository).await.unwrap_or_default() {
        tags if tags.is_empty() => {
            error.hint("nothing was pushed yet: rd-ecs push, or docker push after rd-ecs login")
        }
        tags => error.hint(format!(
            "nearest: {}; rd-ecs images lists all",
            nearest(tag, tags).join(", ")
        )),
    }
}

/// The tags of a repository.
async fn tags(ctx: &Ctx<Clients>, account: &str, repository: &str) -> Result<Vec<String>> {
    let filter = ListImagesFilter::builder()
        .tag_status(TagStatus::Tagged)
        .build();
    let mut tags = Vec::new();
    let mut next = None;
    loop {
        let call = ctx
            .clients
            .ecr
            .list_images()
            .registry_id(account)
            .repository_name(repository);
        let call = call.filter(filter.clone()).set_next_token(next);
        let answer = call.send().await.doing("list the tags")?;
        tags.extend(
            answer
                .image_ids()
                .iter()
                .filter_map(|id| id.image_tag().map(str::to_owned)),
        );
        next = answer.next_token;
        if next.is_none() {
            return Ok(tags);
        }
    }
}

/// The tags that are spelled most like this one.
fn nearest(tag: &str, mut tags: Vec<String>) -> Vec<String> {
    tags.sort_by_cached_key(|other| (strsim::damerau_levenshtein(tag, other), other.clone()));
    tags.truncate(NEAREST);
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ecrs_registries_of_the_region_are_ours_to_ask() {
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
    fn the_nearest_tags_are_named() {
        let tags = ["v1", "v41", "main", "v42"].map(str::to_owned).to_vec();
        assert_eq!(nearest("v43", tags)[..2], ["v41", "v42"]);
    }
}
