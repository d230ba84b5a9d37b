//! The contents of a bucket: lists versions and unfinished uploads page by page, and deletes everything.

use crate::clients::Clients;
use crate::s3_errors::incomplete_request;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::stream::{FuturesUnordered, StreamExt};
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};

/// The most keys that S3 deletes in one call.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
const BATCH: usize = 1000;
/// How many DeleteObjects calls run at the same time.
const PARALLEL: usize = 8;
/// How many times the bucket is listed again for objects that were written during the delete.
const ROUNDS: usize = 5;

/// The pages of ListObjectVersions: every version and delete marker. The SDK has no paginator for it, because its pages
/// are linked by two markers.
pub struct VersionPages<'a> {
    s3: &'a Client,
    bucket: &'a str,
    next: Option<(Option<String>, Option<String>)>,
}

impl<'a> VersionPages<'a> {
    /// Starts at the first key of the bucket.
    pub fn new(s3: &'a Client, bucket: &'a str) -> Self {
        Self {
            s3,
            bucket,
            next: Some((None, None)),
        }
    }

    /// Reads the next page; none after the last.
    pub async fn next(&mut self) -> Result<Option<ListObjectVersionsOutput>> {
        let Some((key, version)) = self.next.take() else {
            return Ok(None);
        };
        let call = self.s3.list_object_versions().bucket(self.bucket);
        let call = call.set_key_marker(key).set_version_id_marker(version);
        let page = call.send().await.doing("list the versions in the bucket")?;
        if page.is_truncated() == Some(true) {
            self.next = Some((
                page.next_key_marker.clone(),
                page.next_version_id_marker.clone(),
            ));
        }
        Ok(Some(page))
    }
}

/// Whether the bucket has no object, no noncurrent version and no delete marker. A bucket that does not exist is empty.
pub async fn is_empty(s3: &Client, bucket: &str) -> Result<bool> {
    let page = s3
        .list_object_versions()
        .bucket(bucket)
        .max_keys(1)
        .send()
        .await;
    let page = match page.doing("check whether the bucket is empty") {
        Err(error) if error.is(&["NoSuchBucket"]) => return Ok(true),
        other => other?,
    };
    Ok(page.versions().is_empty() && page.delete_markers().is_empty())
}

/// The key and the upload id of every unfinished multipart upload. The SDK has no paginator for ListMultipartUploads
/// either.
pub async fn unfinished_uploads(s3: &Client, bucket: &str) -> Result<Vec<(String, String)>> {
    let mut uploads = Vec::new();
    let mut page = s3
        .list_multipart_uploads()
        .bucket(bucket)
        .send()
        .await
        .doing("list the unfinished uploads")?;
    loop {
        let listed = page
            .uploads()
            .iter()
            .filter_map(|upload| Some((upload.key()?.to_owned(), upload.upload_id()?.to_owned())));
        uploads.extend(listed);
        if page.is_truncated() != Some(true) {
            return Ok(uploads);
        }
        let call = s3.list_multipart_uploads().bucket(bucket);
        let call = call
            .set_key_marker(page.next_key_marker)
            .set_upload_id_marker(page.next_upload_id_marker);
        page = call.send().await.doing("list the unfinished uploads")?;
    }
}

/// Deletes every version and delete marker, also those that are written meanwhile, and aborts unfinished uploads.
pub async fn delete_all(ctx: &Ctx<Clients>, bucket: &str) -> Result<()> {
    let s3 = &ctx.clients.s3;
    let step = ctx.progress.step(bucket, false);
    let mut deleted = 0;
    for _ in 0..ROUNDS {
        if is_empty(s3, bucket).await? {
            break;
        }
        let mut running = FuturesUnordered::new();
        let mut pages = VersionPages::new(s3, bucket);
        let mut failure = None;
        loop {
            let page = if ctx.cancel.is_cancelled() || failure.is_some() {
                None
            } else {
                pages.next().await?
            };
            let more = page.is_some();
            let versions = page.map(|page| identifiers(&page)).unwrap_or_default();
            for batch in versions.chunks(BATCH).map(<[_]>::to_vec) {
                let delete = move || delete_batch(s3, bucket, batch.clone());
                running.push(async move { ctx.retrying(delete).await });
            }
            while running.len() >= if more { PARALLEL } else { 1 } {
                match running.next().await {
                    Some(Ok(count)) => deleted += count,
                    Some(Err(error)) => failure = Some(error),
                    None => break,
                }
                step.say(&format!("{deleted} objects and versions deleted"));
            }
            if !more {
                break;
            }
        }
        if let Some(error) = failure {
            return Err(error.hint(format!(
                "{deleted} were deleted; to continue, run the same command again"
            )));
        }
        if ctx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
    }
    for (key, upload) in unfinished_uploads(s3, bucket).await? {
        let call = s3
            .abort_multipart_upload()
            .bucket(bucket)
            .key(key)
            .upload_id(upload);
        let abort = async || {
            call.clone()
                .send()
                .await
                .doing("abort an unfinished upload")
        };
        match ctx.retrying(abort).await {
            Err(error) if !error.is(&["NoSuchUpload"]) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The keys and version ids on a page, as DeleteObjects takes them.
fn identifiers(page: &ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let versions = page.versions().iter().map(|v| (v.key(), v.version_id()));
    let markers = page
        .delete_markers()
        .iter()
        .map(|m| (m.key(), m.version_id()));
    versions
        .chain(markers)
        .filter_map(|(key, version)| {
            ObjectIdentifier::builder()
                .key(key?)
                .set_version_id(version.map(str::to_owned))
                .build()
                .ok()
        })
        .collect()
}

/// Deletes up to [`BATCH`] versions and returns their number. DeleteObjects answers 200 and lists what it did not
/// delete.
async fn delete_batch(s3: &Client, bucket: &str, batch: Vec<ObjectIdentifier>) -> Result<usize> {
    let count = batch.len();
    let delete = Delete::builder()
        .set_objects(Some(batch))
        .quiet(true)
        .build()
        .map_err(incomplete_request)?;
    let answer = s3
        .delete_objects()
        .bucket(bucket)
        .delete(delete)
        .send()
        .await
        .doing("delete objects")?;
    let Some(first) = answer.errors().first() else {
        return Ok(count);
    };
    let code = first.code().unwrap_or("an unknown error").to_owned();
    Err(Error::failed(format!(
        "cannot delete {} of {count} objects; the first is {}: {code}: {}",
        answer.errors().len(),
        first.key().unwrap_or("(no key)"),
        first.message().unwrap_or("S3 gave no reason"),
    ))
    .with_code(Some(code), None))
}
