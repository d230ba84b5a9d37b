//! Objects of the bucket, read and written under conditions.
//!
//! A conditional write is sent once. Where its answer is lost, or S3 refuses it, the object is read: a write whose bytes
//! are there has succeeded. Where the object is still the expected one, the same write is sent again. That is safe, since
//! of two writes with the same condition at most one succeeds, whenever they arrive.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>

use super::connection::Clients;
use super::refusals::explained;
use crate::error::{Error, Result, Retry};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use std::collections::HashMap;
use std::time::Duration;

/// The pauses before a conditional write is sent again.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(100),
    Duration::from_millis(400),
    Duration::from_millis(1500),
    Duration::from_secs(4),
];

/// An object as it was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    /// Its contents, as they were written.
    pub(super) bytes: Vec<u8>,
    /// Its ETag, which only S3 compares.
    pub(super) etag: String,
    /// The id of its version; none where the bucket has no versioning.
    pub(super) version: Option<String>,
}

/// The result of a read.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Read {
    /// The object, as it is.
    Found(Object),
    /// There is no object, and there was none that versioning would have kept.
    Missing,
    /// Somebody has deleted the object: a delete marker is in its place.
    Deleted,
}

impl Read {
    /// The ETag of the object; none where there is none.
    pub(super) fn etag(&self) -> Option<&str> {
        match self {
            Read::Found(object) => Some(&object.etag),
            Read::Missing | Read::Deleted => None,
        }
    }
}

/// The result of a conditional write.
#[derive(Debug)]
pub(super) enum Written {
    /// It is stored, with this ETag.
    Done(String),
    /// Something else is there than what was expected. Nothing was written.
    Other(Read),
}

/// A write that failed.
#[derive(Debug)]
pub(super) struct WriteFailed {
    /// Why it failed, for people.
    pub(super) error: Error,
    /// Whether it may still arrive: its answer was lost, and what was read since does not settle it.
    pub(super) undecided: bool,
}

/// What to write, and where.
pub(super) struct Write<'a> {
    /// The key of the object.
    pub(super) object: &'a str,
    /// Its new contents, unlike those of any other write.
    pub(super) bytes: &'a [u8],
    /// The ETag of the object that is replaced; none where there must be no object.
    pub(super) expected: Option<&'a str>,
    /// Its metadata, in ASCII.
    pub(super) metadata: HashMap<String, String>,
    /// What is written, for errors, such as `the state`.
    pub(super) what: &'a str,
}

/// How S3 answered one attempt.
enum Attempt {
    Done(String),
    /// A condition did not hold: 412, 409 or 404, with the refusal; none where it succeeded, and the answer has no ETag.
    Refused(Option<Error>),
    /// It failed, and was carried out or not.
    Lost(Error),
    /// It was not carried out, and can be sent again.
    NotDone(Error),
    Failed(Error),
}

impl Clients {
    /// Reads an object, or a version of it.
    pub(super) async fn get(
        &self,
        object: &str,
        version: Option<&str>,
        what: &str,
    ) -> Result<Read> {
        let call = self
            .s3
            .get_object()
            .bucket(&self.place.bucket)
            .key(object)
            .set_version_id(version.map(str::to_owned));
        let doing = format!("read {what} {}", self.place.url(object));
        let answer = match call.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let response = error.raw_response();
                let is_404 = response.is_some_and(|response| response.status().as_u16() == 404);
                let marker = response.and_then(|r| r.headers().get("x-amz-delete-marker"));
                let deleted = marker == Some("true");
                let error = explained(self, &doing, error).await;
                if is_404 && (error.is(&["NoSuchKey", "NoSuchVersion"]) || deleted) {
                    return Ok(if deleted {
                        Read::Deleted
                    } else {
                        Read::Missing
                    });
                }
                return Err(error);
            }
        };
        let etag = answer.e_tag().unwrap_or_default().to_owned();
        let version = answer.version_id().map(str::to_owned);
        let bytes = answer.body.collect().await.map_err(|e| {
            Error::failed(format!("cannot {doing}: the answer was cut off"))
                .hint("check the network and run the command again")
                .retry(Retry::Unknown)
                .caused_by(e)
        })?;
        Ok(Read::Found(Object {
            bytes: bytes.to_vec(),
            etag,
            version,
        }))
    }

    /// Writes an object if the expected one is there. See the head of this file.
    pub(super) async fn write(
        &self,
        write: &Write<'_>,
    ) -> std::result::Result<Written, WriteFailed> {
        let mut lost = false;
        let mut pauses = PAUSES.iter();
        loop {
            let (error, refused) = match self.put(write).await {
                Attempt::Done(etag) => return Ok(Written::Done(etag)),
                Attempt::Failed(error) => {
                    return Err(WriteFailed {
                        error,
                        undecided: lost,
                    });
                }
                Attempt::Refused(error) => (error, true),
                Attempt::NotDone(error) => (Some(error), false),
                Attempt::Lost(error) => {
                    lost = true;
                    (Some(error), false)
                }
            };
            // What AWS did not carry out need not be read again, unless an earlier attempt may have arrived.
            if refused || lost {
                let now = self.get(write.object, None, write.what).await;
                let now = now.map_err(|unread| WriteFailed {
                    error: error.clone().filter(|_| !refused).unwrap_or(unread),
                    undecided: lost,
                })?;
                match now {
                    Read::Found(object) if object.bytes == write.bytes => {
                        return Ok(Written::Done(object.etag));
                    }
                    now if now.etag() != write.expected => return Ok(Written::Other(now)),
                    // 404 to If-Match: the object was deleted. A first write needs no object, so it may go on.
                    Read::Deleted if write.expected.is_some() => {
                        return Ok(Written::Other(Read::Deleted));
                    }
                    _ => {}
                }
            }
            let Some(pause) = pauses.next() else {
                let (what, url) = (write.what, self.place.url(write.object));
                let error = match error {
                    Some(error) if !refused => error,
                    refusal => {
                        let code = refusal.and_then(|refusal| refusal.code.clone());
                        let code = code.unwrap_or_else(|| "no reason given".to_owned());
                        Error::failed(format!(
                            "cannot write {what} {url}: S3 refuses it for a conflict with another write, again and \
                             again ({code})"
                        ))
                        .hint("run the command again")
                    }
                };
                return Err(WriteFailed {
                    error,
                    undecided: lost,
                });
            };
            tokio::time::sleep(*pause).await;
        }
    }

    /// One attempt of a conditional write.
    async fn put(&self, write: &Write<'_>) -> Attempt {
        let kms = self.place.kms_key.clone();
        let call = self
            .s3
            .put_object()
            .bucket(&self.place.bucket)
            .key(write.object)
            .content_type("application/json")
            .set_metadata((!write.metadata.is_empty()).then(|| write.metadata.clone()))
            .set_server_side_encryption(kms.is_some().then_some(ServerSideEncryption::AwsKms))
            .set_ssekms_key_id(kms)
            .set_if_match(write.expected.map(str::to_owned))
            .set_if_none_match(write.expected.is_none().then(|| "*".to_owned()))
            .body(ByteStream::from(write.bytes.to_vec()));
        let error = match call.send().await {
            Ok(answer) => {
                let etag = answer.e_tag().filter(|etag| !etag.is_empty());
                return etag.map_or(Attempt::Refused(None), |etag| {
                    Attempt::Done(etag.to_owned())
                });
            }
            Err(error) => error,
        };
        let status = error.raw_response().map(|r| r.status().as_u16());
        let doing = format!("write {} {}", write.what, self.place.url(write.object));
        let error = explained(self, &doing, error).await;
        // The status counts: stores that answer like S3 have other codes.
        let gone = status == Some(404) && !error.is(&["NoSuchBucket"]);
        if matches!(status, Some(409 | 412)) || gone {
            return Attempt::Refused(Some(error));
        }
        match error.retry {
            Retry::Unknown => Attempt::Lost(error),
            Retry::NotDone => Attempt::NotDone(error),
            Retry::Never | Retry::Later => Attempt::Failed(error),
        }
    }
}
