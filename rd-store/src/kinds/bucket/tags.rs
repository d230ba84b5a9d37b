//! The bucket's tags. S3 replaces a tag set as a whole, except where access is controlled by tags (ABAC): such a bucket is
//! tagged with the calls of S3 Control, tag by tag.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html>

use crate::clients::Clients;
use crate::s3_errors::{if_configured, incomplete_request};
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketAbacStatus, Tag, Tagging};
use aws_sdk_s3control::types::Tag as ControlTag;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::{Ctx, Result, Tags, sdk_tags, tags_from_sdk};

/// Reads the tags; empty where the bucket has none.
pub async fn get(s3: &Client, bucket: &str) -> Result<Tags> {
    let answer = if_configured(
        s3.get_bucket_tagging()
            .bucket(bucket)
            .send()
            .await
            .doing("read the bucket's tags"),
    )?;
    let tags = answer.map(|answer| answer.tag_set).unwrap_or_default();
    Ok(tags_from_sdk!(tags))
}

/// Sets and removes tags, and leaves those alone that rd does not manage.
pub async fn change(ctx: &Ctx<Clients>, bucket: &str, set: &Tags, remove: &[String]) -> Result<()> {
    let s3 = &ctx.clients.s3;
    if abac(s3, bucket).await? {
        return change_one_by_one(ctx, bucket, set, remove).await;
    }
    let mut all = get(s3, bucket).await?;
    all.extend(set.clone());
    all.retain(|key, _| !remove.contains(key));
    let tagging = Tagging::builder()
        .set_tag_set(Some(sdk_tags!(Tag, all)))
        .build()
        .map_err(incomplete_request)?;
    let call = s3.put_bucket_tagging().bucket(bucket).tagging(tagging);
    call.send().await.doing("set the bucket's tags").map(|_| ())
}

/// Whether the bucket controls access by tags. Where S3 does not say, because the credentials may not ask or the partition
/// lacks it, the bucket is tagged as all buckets were before there was ABAC.
async fn abac(s3: &Client, bucket: &str) -> Result<bool> {
    let answer = s3.get_bucket_abac().bucket(bucket).send().await;
    match answer.doing("ask whether the bucket controls access by tags") {
        Ok(answer) => Ok(answer
            .abac_status
            .and_then(|status| status.status)
            .is_some_and(|status| status == BucketAbacStatus::Enabled)),
        Err(error)
            if error.is(&[
                "AccessDenied",
                "NotImplemented",
                "MethodNotAllowed",
                "NoSuchAbac",
            ]) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

async fn change_one_by_one(
    ctx: &Ctx<Clients>,
    bucket: &str,
    set: &Tags,
    remove: &[String],
) -> Result<()> {
    let control = &ctx.clients.control;
    let account = ctx.stack.account();
    let arn = Arn::without_account(&ctx.stack, "s3", bucket).to_string();
    if !set.is_empty() {
        let call = control.tag_resource().account_id(account);
        call.resource_arn(&arn)
            .set_tags(Some(sdk_tags!(ControlTag, set)))
            .send()
            .await
            .doing("set the bucket's tags")?;
    }
    if !remove.is_empty() {
        let call = control.untag_resource().account_id(account);
        call.resource_arn(&arn)
            .set_tag_keys(Some(remove.to_vec()))
            .send()
            .await
            .doing("remove tags of the bucket")?;
    }
    Ok(())
}
