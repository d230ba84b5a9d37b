//! The contents of a bucket: lists versions and unfinished uploads page by page, and deletes everything.

use crate::clients::Clients;
use crate::s3_errors::incomplete_request;
use aws_sdk_s3::Client;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};
use futures_util::stream::{FuturesUnordered, StreamExt};
use percent_encoding::percent_decode_str;
use rd_common::aws::Explain;
use rd_common::resource::progress::Step;
use rd_common::{Ctx, Error, Result, Retry};

/// The most keys that S3 deletes in one call.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
const BATCH: usize = 1000;
/// How many DeleteObjects calls run at the same time.
const PARALLEL: usize = 8;
/// How many times the bucket is listed again for objects that were written during the delete.
const ROUNDS: usize = 5;

/// A key of a list that was asked for with `encoding-type=url`: plain lists cannot hold keys with control characters.
/// Spaces are encoded as `+`.
fn decoded(key: Option<String>, encoded: bool) -> Option<String> {
    if !encoded {
        return key;
    }
    let key = key?.replace('+', " ");
    Some(percent_decode_str(&key).decode_utf8_lossy().into_owned())
}

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
        let call = call
            .encoding_type(EncodingType::Url)
            .set_key_marker(key)
            .set_version_id_marker(version);
        let mut page = call.send().await.doing("list the versions in the bucket")?;
        let encoded = page.encoding_type == Some(EncodingType::Url);
        page.next_key_marker = decoded(page.next_key_marker, encoded);
        for version in page.versions.iter_mut().flatten() {
            version.key = decoded(version.key.take(), encoded);
        }
        for marker in page.delete_markers.iter_mut().flatten() {
            marker.key = decoded(marker.key.take(), encoded);
        }
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
        .encoding_type(EncodingType::Url)
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
    let (mut key, mut id) = (None, None);
    loop {
        let call = s3
            .list_multipart_uploads()
            .bucket(bucket)
            .encoding_type(EncodingType::Url)
            .set_key_marker(key)
            .set_upload_id_marker(id);
        let page = call.send().await.doing("list the unfinished uploads")?;
        let encoded = page.encoding_type == Some(EncodingType::Url);
        for upload in page.uploads() {
            let key = decoded(upload.key.clone(), encoded);
            uploads.extend(key.zip(upload.upload_id.clone()));
        }
        if page.is_truncated() != Some(true) {
            return Ok(uploads);
        }
        key = decoded(page.next_key_marker, encoded);
        id = page.next_upload_id_marker;
    }
}

/// Deletes every version and delete marker, also those that are written meanwhile, and aborts unfinished uploads. A bucket
/// that does not exist is empty.
pub async fn delete_all(ctx: &Ctx<Clients>, bucket: &str) -> Result<()> {
    let step = ctx.progress.step(bucket, false);
    let mut emptying = Emptying {
        ctx,
        bucket,
        step,
        deleted: 0,
    };
    match emptying.run().await {
        Err(error) if error.is(&["NoSuchBucket"]) => Ok(()),
        other => other,
    }
}

/// The work of [`delete_all`].
struct Emptying<'a> {
    ctx: &'a Ctx<Clients>,
    bucket: &'a str,
    step: Step,
    deleted: usize,
}

impl Emptying<'_> {
    async fn run(&mut self) -> Result<()> {
        for _ in 0..ROUNDS {
            if is_empty(&self.ctx.clients.s3, self.bucket).await? {
                break;
            }
            // Delete markers go last: without its marker, a deleted object whose versions are still there is back.
            self.delete_each(versions).await?;
            self.delete_each(markers).await?;
        }
        self.abort_uploads().await
    }

    /// Deletes what `of_page` takes from each page of the bucket's versions.
    async fn delete_each(
        &mut self,
        of_page: fn(&ListObjectVersionsOutput) -> Vec<ObjectIdentifier>,
    ) -> Result<()> {
        let ctx = self.ctx;
        let (s3, bucket) = (&ctx.clients.s3, self.bucket);
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
            let found = page.map(|page| of_page(&page)).unwrap_or_default();
            for batch in batches(found) {
                let delete = move || delete_batch(s3, bucket, batch.clone());
                running.push(async move { ctx.retrying(delete).await });
            }
            while running.len() >= if more { PARALLEL } else { 1 } {
                match running.next().await {
                    Some(Ok(count)) => self.deleted += count,
                    Some(Err(error)) => failure = Some(error),
                    None => break,
                }
                let deleted = self.deleted;
                self.step
                    .say(&format!("{deleted} objects and versions deleted"));
            }
            if !more {
                break;
            }
        }
        if let Some(error) = failure {
            let deleted = self.deleted;
            return Err(error.hint(format!(
                "{deleted} were deleted; to continue, run the same command again"
            )));
        }
        if ctx.cancel.is_cancelled() {
            return Err(Error::interrupted());
        }
        Ok(())
    }

    async fn abort_uploads(&self) -> Result<()> {
        let s3 = &self.ctx.clients.s3;
        for (key, upload) in unfinished_uploads(s3, self.bucket).await? {
            let call = s3
                .abort_multipart_upload()
                .bucket(self.bucket)
                .key(key)
                .upload_id(upload);
            let abort = async || {
                call.clone()
                    .send()
                    .await
                    .doing("abort an unfinished upload")
            };
            match self.ctx.retrying(abort).await {
                Err(error) if !error.is(&["NoSuchUpload"]) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn identifier(key: Option<&str>, version: Option<&str>) -> Option<ObjectIdentifier> {
    ObjectIdentifier::builder()
        .key(key?)
        .set_version_id(version.map(str::to_owned))
        .build()
        .ok()
}

fn versions(page: &ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let versions = page.versions().iter();
    versions
        .filter_map(|v| identifier(v.key(), v.version_id()))
        .collect()
}

fn markers(page: &ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let markers = page.delete_markers().iter();
    markers
        .filter_map(|m| identifier(m.key(), m.version_id()))
        .collect()
}

/// Whether a key can stand in the XML document of DeleteObjects. Others are deleted one by one.
/// <https://www.w3.org/TR/xml/#charsets>
fn fits_in_xml(key: &str) -> bool {
    key.chars()
        .all(|c| c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// Splits what is to be deleted into calls.
fn batches(found: Vec<ObjectIdentifier>) -> Vec<Vec<ObjectIdentifier>> {
    let (in_xml, others): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|one| fits_in_xml(one.key()));
    let batches = in_xml.chunks(BATCH).map(<[_]>::to_vec);
    batches
        .chain(others.into_iter().map(|one| vec![one]))
        .collect()
}

/// The codes of an object that is gone already.
const GONE: [&str; 2] = ["NoSuchKey", "NoSuchVersion"];

/// Deletes up to [`BATCH`] versions and returns their number. DeleteObjects answers 200 and lists what it did not
/// delete.
async fn delete_batch(s3: &Client, bucket: &str, batch: Vec<ObjectIdentifier>) -> Result<usize> {
    let count = batch.len();
    if let [one] = &batch[..]
        && !fits_in_xml(one.key())
    {
        return delete_one(s3, bucket, one).await.map(|()| 1);
    }
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
    let failed: Vec<_> = answer
        .errors()
        .iter()
        .filter(|one| !one.code().is_some_and(|code| GONE.contains(&code)))
        .collect();
    let Some(first) = failed.first() else {
        return Ok(count);
    };
    let code = first.code().unwrap_or("an unknown error").to_owned();
    let error = Error::failed(format!(
        "cannot delete {} of {count} objects; the first is {:?}: {code}: {}",
        failed.len(),
        first.key().unwrap_or("(no key)"),
        first.message().unwrap_or("S3 gave no reason"),
    ));
    let error = match code.as_str() {
        "InternalError" | "SlowDown" | "ServiceUnavailable" | "OperationAborted" => {
            error.retry(Retry::Later)
        }
        "AccessDenied" => error.hint(OBJECT_REFUSED),
        _ => error,
    };
    Err(error.with_code(Some(code), None))
}

async fn delete_one(s3: &Client, bucket: &str, object: &ObjectIdentifier) -> Result<()> {
    let call = s3.delete_object().bucket(bucket).key(object.key());
    let answer = call
        .set_version_id(object.version_id().map(str::to_owned))
        .send()
        .await;
    match answer.doing("delete an object") {
        Err(error) if error.is(&GONE) => Ok(()),
        Err(error) if error.is(&["AccessDenied"]) => Err(error.hint(OBJECT_REFUSED)),
        other => other.map(|_| ()),
    }
}

const OBJECT_REFUSED: &str = "either the credentials lack s3:DeleteObject or s3:DeleteObjectVersion, or the object is under \
    Object Lock or a legal hold and can be deleted only when that has ended";

#[cfg(test)]
mod tests {
    use super::*;
    use rd_testkit::canned::{answering, sdk_config};

    async fn deleted(code: &str) -> Result<usize> {
        let body = format!(
            "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Error><Key>a</Key><VersionId>v</VersionId>\
             <Code>{code}</Code><Message>why</Message></Error></DeleteResult>"
        );
        let s3 = Client::new(&sdk_config(answering(&body)));
        delete_batch(
            &s3,
            "b",
            identifier(Some("a"), Some("v")).into_iter().collect(),
        )
        .await
    }

    #[tokio::test]
    async fn objects_that_are_gone_are_deleted() {
        assert_eq!(deleted("NoSuchKey").await.unwrap(), 1);
        assert_eq!(deleted("NoSuchVersion").await.unwrap(), 1);
        assert_eq!(deleted("SlowDown").await.unwrap_err().retry, Retry::Later);
        let denied = deleted("AccessDenied").await.unwrap_err();
        assert_eq!(denied.retry, Retry::Never);
        assert!(denied.to_string().contains("AccessDenied: why"), "{denied}");
        // Its retention or legal hold is not lifted: one call, and the error says what can be in the way.
        assert!(denied.to_string().contains("\"a\""), "{denied}");
        let hint = denied.hint.as_deref().unwrap_or_default();
        assert!(hint.contains("Object Lock or a legal hold"), "{hint}");
    }

    #[test]
    fn keys_are_decoded_as_s3_encodes_them() {
        for (encoded, key) in [
            ("a/b", "a/b"),
            ("a+b", "a b"),
            ("a%2Bb%20c", "a+b c"),
            ("%01%E2%9C%93", "\u{1}\u{2713}"),
        ] {
            assert_eq!(decoded(Some(encoded.to_owned()), true).unwrap(), key);
            assert_eq!(decoded(Some(encoded.to_owned()), false).unwrap(), encoded);
        }
    }

    #[test]
    fn keys_outside_of_xml_are_deleted_one_by_one() {
        let found = ["a", "\u{1}", "b", "tab\t"].map(|key| identifier(Some(key), Some("v")));
        let batches = batches(found.into_iter().flatten().collect());
        let keys: Vec<Vec<&str>> = batches
            .iter()
            .map(|batch| batch.iter().map(ObjectIdentifier::key).collect())
            .collect();
        assert_eq!(keys, [vec!["a", "b"], vec!["\u{1}"], vec!["tab\t"]]);
    }
}
