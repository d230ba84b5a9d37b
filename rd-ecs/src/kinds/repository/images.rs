//! Lists and deletes the images in a repository.

use crate::clients::Clients;
use aws_sdk_ecr::types::{ImageDetail, ImageIdentifier};
use oci_client::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
};
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};

/// The most images that one call deletes.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html>
const MAX_PER_CALL: usize = 100;

/// The manifest formats that ECR stores and Fargate runs.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-manifest-formats.html>
pub const MEDIA_TYPES: [&str; 4] = [
    OCI_IMAGE_MEDIA_TYPE,
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
];

/// All images of a repository, the newest first; none where the repository does not exist.
pub async fn list(ctx: &Ctx<Clients>, repository: &str) -> Result<Vec<ImageDetail>> {
    let call = ctx
        .clients
        .ecr
        .describe_images()
        .repository_name(repository);
    let mut details = call.into_paginator().items().send();
    let mut images = Vec::new();
    while let Some(detail) = details.next().await {
        match detail.doing("list the images") {
            Err(error) if error.is(&["RepositoryNotFoundException"]) => return Ok(images),
            other => images.push(other?),
        }
    }
    images.sort_by_key(|image| {
        std::cmp::Reverse(
            image
                .image_pushed_at()
                .map(aws_smithy_types::DateTime::secs),
        )
    });
    Ok(images)
}

/// Deletes all images of a repository; fails if some remain.
pub async fn delete_all(ctx: &Ctx<Clients>, repository: &str) -> Result<()> {
    // ECR deletes the images of an index only after the index: another round deletes those that are left.
    for _ in 0..3 {
        let images = list(ctx, repository).await?;
        if images.is_empty() {
            return Ok(());
        }
        let ids: Vec<ImageIdentifier> = images
            .iter()
            .map(|image| {
                ImageIdentifier::builder()
                    .set_image_digest(image.image_digest.clone())
                    .build()
            })
            .collect();
        for some in ids.chunks(MAX_PER_CALL) {
            let call = ctx.clients.ecr.batch_delete_image();
            let call = call
                .repository_name(repository)
                .set_image_ids(Some(some.to_vec()));
            let delete = async || call.clone().send().await.doing("delete the images");
            ctx.retrying(delete).await?;
        }
    }
    let left = list(ctx, repository).await?.len();
    match left {
        0 => Ok(()),
        left => Err(
            Error::failed(format!("cannot delete {left} images of {repository}"))
                .hint("a push may be in progress: run the command again"),
        ),
    }
}
