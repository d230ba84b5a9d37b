//! The images in the repository.

use crate::clients::Clients;
use aws_sdk_ecr::types::{ImageDetail, ImageIdentifier};
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};

/// How many images one call deletes.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html>
const AT_ONCE: usize = 100;

/// All of them, the newest first; none where the repository is gone.
pub async fn list(ctx: &Ctx<Clients>, repository: &str) -> Result<Vec<ImageDetail>> {
    let mut images = Vec::new();
    let mut next = None;
    loop {
        let call = ctx
            .clients
            .ecr
            .describe_images()
            .repository_name(repository);
        let answer = call.set_next_token(next).send().await;
        let answer = match answer.doing("list the images") {
            Err(error) if error.is(&["RepositoryNotFoundException"]) => return Ok(images),
            other => other?,
        };
        images.extend(answer.image_details.unwrap_or_default());
        next = answer.next_token;
        if next.is_none() {
            break;
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

/// Deletes all of them.
pub async fn delete_all(ctx: &Ctx<Clients>, repository: &str) -> Result<()> {
    // An index names other images, which go only after it: what is left is deleted in another round.
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
        for some in ids.chunks(AT_ONCE) {
            let call = ctx.clients.ecr.batch_delete_image();
            let call = call
                .repository_name(repository)
                .set_image_ids(Some(some.to_vec()));
            call.send().await.doing("delete the images")?;
        }
    }
    let left = list(ctx, repository).await?.len();
    match left {
        0 => Ok(()),
        left => Err(Error::failed(format!(
            "{left} images of {repository} could not be deleted"
        ))
        .hint("somebody may be pushing: run the command again")),
    }
}
