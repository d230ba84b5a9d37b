//! What is in a bucket: listing it a page at a time, and deleting all of it.

use crate::clients::Clients;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures_util::stream::{FuturesUnordered, StreamExt};
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};

/// How many keys S3 deletes in one call.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
const BATCH: usize = 1000;
/// How many such calls are on their way at once.
const PARALLEL: usize = 8;
/// How often the bucket is gone through again for what was written meanwhile.
const ROUNDS: usize = 5;

/// Goes through the pages of all versions and markers.
pub struct Pages<'a> {
    s3: &'a Client,
    bucket: &'a str,
    next: Option<(Option<String>, Option<String>)>,
}

impl<'a> Pages<'a> {
    /// From the beginning.
    pub fn new(s3: &'a Client, bucket: &'a str) -> Self {
        Self {
            s3,
            bucket,
            next: Some((None, None)),
        }
    }

    /// The next page; none after the last.
    pub async fn next(&mut self) -> Result<Option<ListObjectVersionsOutput>> {
        let Some((key, version)) = self.next.take() else {
            return Ok(None);
        };
        let call = self.s3.list_object_versions().bucket(self.bucket);
        let call = call.set_key_marker(key).set_version_id_marker(version);
        let page = call.send().await.doing("list what is in the bucket")?;
        if page.is_truncated() == Some(true) {
            self.next = Some((
                page.next_key_marker.clone(),
                page.next_version_id_marker.clone(),
            ));
        }
        Ok(Some(page))
    }
}

/// Whether anything is in it: an object, an old version, or a marker.
pub async fn has_any(s3: &Client, bucket: &str) -> Result<bool> {
    let page = s3
        .list_object_versions()
        .bucket(bucket)
        .max_keys(1)
        .send()
        .await;
    let page = match page.doing("look into the bucket") {
        Err(error) if error.is(&["NoSuchBucket"]) => return Ok(false),
        other => other?,
    };
    Ok(!page.versions().is_empty() || !page.delete_markers().is_empty())
}

/// The number of unfinished uploads.
pub async fn uploads(s3: &Client, bucket: &str) -> Result<Vec<(String, String)>> {
    let mut uploads = Vec::new();
    let mut pages = s3
        .list_multipart_uploads()
        .bucket(bucket)
        .send()
        .await
        .doing("list the unfinished uploads")?;
    loop {
        let page = pages
            .uploads()
            .iter()
            .filter_map(|u| Some((u.key()?.to_owned(), u.upload_id()?.to_owned())));
        uploads.extend(page);
        if pages.is_truncated() != Some(true) {
            return Ok(uploads);
        }
        let call = s3.list_multipart_uploads().bucket(bucket);
        let call = call
            .set_key_marker(pages.next_key_marker)
            .set_upload_id_marker(pages.next_upload_id_marker);
        pages = call.send().await.doing("list the unfinished uploads")?;
    }
}

/// Deletes every version and marker, and what is written while it does so.
pub async fn delete_all(ctx: &Ctx<Clients>, bucket: &str) -> Result<()> {
    let s3 = &ctx.clients.s3;
    let step = ctx.progress.step(bucket, false);
    let mut deleted = 0;
    for _ in 0..ROUNDS {
        if !has_any(s3, bucket).await? {
            break;
        }
        let mut running = FuturesUnordered::new();
        let mut pages = Pages::new(s3, bucket);
        let mut failure = None;
        loop {
            let page = if ctx.cancel.is_cancelled() || failure.is_some() {
                None
            } else {
                pages.next().await?
            };
            let more = page.is_some();
            for batch in page
                .map(|page| identifiers(&page))
                .unwrap_or_default()
                .chunks(BATCH)
            {
                running.push(delete_batch(s3, bucket, batch.to_vec()));
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
                "{deleted} were deleted; run the same command again to go on"
            )));
        }
        if ctx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
    }
    for (key, upload) in uploads(s3, bucket).await? {
        let call = s3
            .abort_multipart_upload()
            .bucket(bucket)
            .key(key)
            .upload_id(upload);
        match call.send().await.doing("abort an unfinished upload") {
            Err(error) if !error.is(&["NoSuchUpload"]) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

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

async fn delete_batch(s3: &Client, bucket: &str, batch: Vec<ObjectIdentifier>) -> Result<usize> {
    let count = batch.len();
    let delete = Delete::builder()
        .set_objects(Some(batch))
        .quiet(true)
        .build()
        .map_err(crate::settings::incomplete)?;
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
        "{} of {count} objects could not be deleted; the first, {}: {code}: {}",
        answer.errors().len(),
        first.key().unwrap_or("(no key)"),
        first.message().unwrap_or("S3 gave no reason"),
    ))
    .with_code(Some(code), None))
}
