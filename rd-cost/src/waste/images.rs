//! Images that nobody has pulled for long. The newest ones of a repository are kept: a task that runs for months pulls none.
//! <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html>

use super::finding::{Candidate, Finding, counted};
use super::look::Look;
use crate::money::plain;
use crate::observed::gigabytes;
use aws_sdk_ecr::types::ImageDetail;
use aws_smithy_types::DateTime;
use rd_common::Result;
use rd_common::aws::Explain;
use rust_decimal::Decimal;

/// From how many days without a pull on an image is old.
const OLD: i64 = 90;
/// How many images are kept, the newest of a repository.
const KEPT: usize = 10;
/// How many images one call deletes at most.
/// <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html>
const MOST_OF_A_CALL: usize = 100;

pub(super) async fn candidates(look: &Look<'_>) -> Result<Vec<Candidate>> {
    let mut names: Vec<String> = look
        .owned
        .of_kind("repository")
        .map(|one| one.text("name").to_owned())
        .collect();
    if look.account {
        let mut pages = look
            .clients
            .ecr
            .describe_repositories()
            .into_paginator()
            .items()
            .send();
        while let Some(one) = pages.next().await {
            let one = one.doing("list the image repositories")?;
            names.extend(one.repository_name().map(str::to_owned));
        }
        names.sort();
        names.dedup();
    }
    let mut all = Vec::new();
    for name in names {
        let call = look.clients.ecr.describe_images().repository_name(&name);
        let mut pages = call.into_paginator().items().send();
        let mut images = Vec::new();
        while let Some(one) = pages.next().await {
            images.push(one.doing("list the images")?);
        }
        let (count, bytes, digests) = unused(images, |time| look.is_older(time, OLD));
        if count == 0 {
            continue;
        }
        let ours = look
            .owned
            .of_kind("repository")
            .find(|one| one.text("name") == name);
        let gb = gigabytes(bytes);
        let mut why = format!(
            "{} not pulled for {OLD} days, {} GB; layers that others share stay",
            counted(count, "image"),
            plain(gb.round_dp(2))
        );
        if count > MOST_OF_A_CALL {
            why.push_str(&format!(
                "; the command deletes {MOST_OF_A_CALL}: then run this again"
            ));
        }
        let command =
            format!("aws ecr batch-delete-image --repository-name {name} --image-ids{digests}");
        let usd = look.priced("ECR/storage-gb-month", gb);
        let found = Finding::wasted(&name, usd, why, command);
        all.push(Candidate::known(
            found.at(ours.map(|one| one.address.clone())),
        ));
    }
    Ok(all)
}

/// The images that were not used for long, but for the newest ones: their number, their size and their digests.
fn unused(
    mut images: Vec<ImageDetail>,
    is_old: impl Fn(Option<&DateTime>) -> bool,
) -> (usize, Decimal, String) {
    images.sort_by_key(|one| std::cmp::Reverse(one.image_pushed_at().map(DateTime::secs)));
    let old = images.iter().skip(KEPT).filter(|one| {
        let used = one.last_recorded_pull_time().or(one.image_pushed_at());
        is_old(used)
    });
    let (mut count, mut bytes, mut digests) = (0, Decimal::ZERO, String::new());
    for one in old {
        count += 1;
        if count <= MOST_OF_A_CALL {
            digests.push_str(&format!(
                " imageDigest={}",
                one.image_digest().unwrap_or_default()
            ));
        }
        bytes += Decimal::from(one.image_size_in_bytes().unwrap_or_default());
    }
    (count, bytes, digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_images_and_those_that_were_pulled_stay() {
        let image = |day: i64, pulled: Option<i64>| {
            ImageDetail::builder()
                .image_digest(format!("sha256:{day}"))
                .image_size_in_bytes(100)
                .image_pushed_at(DateTime::from_secs(day))
                .set_last_recorded_pull_time(pulled.map(DateTime::from_secs))
                .build()
        };
        let mut images: Vec<ImageDetail> = (1..=13).map(|day| image(day, None)).collect();
        images[1] = image(2, Some(1000));
        let is_old = |time: Option<&DateTime>| time.is_some_and(|time| time.secs() < 100);
        let (count, bytes, digests) = unused(images, is_old);
        assert_eq!((count, bytes), (2, Decimal::from(200)));
        assert_eq!(digests, " imageDigest=sha256:3 imageDigest=sha256:1");
        let many: Vec<ImageDetail> = (1..=150).map(|day| image(day, None)).collect();
        let (count, _, digests) = unused(many, |_| true);
        assert_eq!((count, digests.matches("imageDigest=").count()), (140, 100));
    }
}
