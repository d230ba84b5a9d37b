//! Whether the bucket is what the store relies on: it keeps versions, and S3, or what answers in its place, checks the
//! conditions of writes.

use super::connection::Clients;
use super::refusals::explained;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::state::store::StoreProblem;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::BucketVersioningStatus;
use jiff::Timestamp;

/// How far the machine's clock may be off. AWS refuses requests at 15 minutes.
const CLOCK_OFF: i64 = 60;

/// Fails where the bucket keeps no versions. Without the permission to ask, it counts as keeping them.
pub(super) async fn check_versioning(clients: &Clients) -> Result<()> {
    let bucket = &clients.place.bucket;
    let answer = clients
        .s3
        .get_bucket_versioning()
        .bucket(bucket)
        .send()
        .await;
    let status = match answer {
        Ok(answer) => answer.status().cloned(),
        Err(error) => {
            let status = error.raw_response().map(|r| r.status().as_u16());
            let error = explained(clients, "read the versioning of the state bucket", error).await;
            return match status {
                Some(501) => Err(no_versions(bucket)),
                _ if error.is(&["AccessDenied"]) => Ok(()),
                _ => Err(error),
            };
        }
    };
    if status == Some(BucketVersioningStatus::Enabled) {
        return Ok(());
    }
    Err(Error::failed(format!(
        "versioning of the state bucket {bucket} is off, so that states would have no history"
    ))
    .hint("nothing was changed; `rd-state bootstrap --use-existing` turns it on"))
}

/// The error of a bucket whose store cannot keep versions.
fn no_versions(bucket: &str) -> Error {
    Error::refused(format!(
        "what answers in place of S3 keeps no versions of objects in the bucket {bucket}, so that states would have no history"
    ))
    .hint("nothing was changed; use a store that has versioning")
}

/// What is wrong with the bucket.
pub(super) async fn problems(clients: &Clients) -> Result<Vec<StoreProblem>> {
    let mut problems = Vec::new();
    if let Err(error) = check_versioning(clients).await
        && error.exit != Exit::Refused
    {
        problems.push(of_error(&error));
    }
    problems.extend(of_conditions(clients).await?);
    let may_write = !problems.iter().any(|problem| problem.is_fatal);
    if may_write && let Put::Written(_) = put(clients, "unconditional", None).await? {
        let bucket = &clients.place.bucket;
        problems.push(StoreProblem {
            summary: format!("the policy of the bucket {bucket} lets anybody overwrite a state"),
            hint:
                "`rd-state bootstrap --use-existing` sets the policy, which refuses writes without a condition"
                    .to_owned(),
            is_fatal: false,
        });
    }
    if let Some(seconds) = clock_off(clients).await
        && seconds.abs() > CLOCK_OFF
    {
        problems.push(StoreProblem {
            summary: format!("the clock of this machine differs from that of AWS by {seconds} s"),
            hint:
                "set it (`date -u`): AWS refuses requests at 15 minutes; locks do not depend on it"
                    .to_owned(),
            is_fatal: false,
        });
    }
    Ok(problems)
}

/// What is wrong with the conditions of writes, and with the versions that they leave. Writes the probe, an object beside
/// the states, as states are written.
pub(super) async fn of_conditions(clients: &Clients) -> Result<Vec<StoreProblem>> {
    let place = &clients.place;
    let url = place.url(&place.prefix);
    let fatal = |summary: String, hint: &str| StoreProblem {
        summary,
        hint: hint.to_owned(),
        is_fatal: true,
    };
    let keeps_versions = check_versioning(clients).await;
    if let Err(error) = &keeps_versions
        && error.exit == Exit::Refused
    {
        return Ok(vec![of_error(error)]);
    }
    let before = clients.get(&place.probe(), None, PROBE).await?;
    let holds = Some(Condition::of(before.etag()));
    let version = match put(clients, &Timestamp::now().to_string(), holds).await? {
        Put::Written(version) => version,
        Put::Refused => {
            return Ok(vec![fatal(
                format!("a conditional write to {url} was refused, although its condition holds"),
                "S3 does not do that: what answers at its endpoint cannot keep states",
            )]);
        }
        Put::Unknown(error) => {
            return Ok(vec![fatal(
                format!("conditional writes to {url} are refused: {}", error.summary),
                error.hint.as_deref().unwrap_or(NOT_S3),
            )]);
        }
        Put::Denied => {
            return Ok(vec![StoreProblem {
                summary: format!("these credentials may not write to {url}"),
                hint: "they can plan, but not apply; docs/team.md has the policies".to_owned(),
                is_fatal: false,
            }]);
        }
    };
    let mut problems = Vec::new();
    if version.is_none_or(|version| version.is_empty() || version == "null")
        && keeps_versions.is_ok()
    {
        problems.push(of_error(&no_versions(&place.bucket)));
    }
    // Neither condition holds any longer.
    let stale = before
        .etag()
        .unwrap_or("\"00000000000000000000000000000000\"");
    for (name, condition) in [
        ("If-None-Match", Condition::NoObject),
        ("If-Match", Condition::Is(stale.to_owned())),
    ] {
        if let Put::Written(_) = put(clients, name, Some(condition)).await? {
            problems.push(fatal(
                format!("{url} takes a write whose condition does not hold ({name})"),
                NOT_S3,
            ));
        }
    }
    Ok(problems)
}

/// What the probe is called in errors.
const PROBE: &str = "the probe";
/// What to do with a store that does not check conditions.
const NOT_S3: &str = "what answers at its endpoint is not S3, and cannot keep states: two runs could overwrite each other's";

fn of_error(error: &Error) -> StoreProblem {
    StoreProblem {
        summary: error.summary.clone(),
        hint: error.hint.clone().unwrap_or_default(),
        is_fatal: error.exit == Exit::Refused,
    }
}

/// The condition of a write.
enum Condition {
    /// There is no object.
    NoObject,
    /// The object has this ETag.
    Is(String),
}

impl Condition {
    fn of(etag: Option<&str>) -> Self {
        etag.map_or(Self::NoObject, |etag| Self::Is(etag.to_owned()))
    }
}

enum Put {
    /// It is written, as the version with this id.
    Written(Option<String>),
    /// The condition did not hold.
    Refused,
    /// The credentials do not allow it.
    Denied,
    /// The store does not know such a write.
    Unknown(Error),
}

/// Writes the probe, under a condition or without one.
async fn put(clients: &Clients, text: &str, condition: Option<Condition>) -> Result<Put> {
    let kms = clients.place.kms_key.clone();
    let encryption = kms
        .is_some()
        .then_some(aws_sdk_s3::types::ServerSideEncryption::AwsKms);
    let mut call = clients
        .s3
        .put_object()
        .bucket(&clients.place.bucket)
        .key(clients.place.probe())
        .set_server_side_encryption(encryption)
        .set_ssekms_key_id(kms)
        .body(ByteStream::from(text.as_bytes().to_vec()));
    call = match condition {
        Some(Condition::Is(etag)) => call.if_match(etag),
        Some(Condition::NoObject) => call.if_none_match("*"),
        None => call,
    };
    let error = match call.send().await {
        Ok(answer) => return Ok(Put::Written(answer.version_id)),
        Err(error) => error,
    };
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    let error = explained(clients, "write the probe", error).await;
    match status {
        Some(409 | 412) => Ok(Put::Refused),
        Some(404) if !error.is(&["NoSuchBucket"]) => Ok(Put::Refused),
        Some(403) if error.is(&["AccessDenied"]) => Ok(Put::Denied),
        Some(400 | 405 | 501) => Ok(Put::Unknown(error)),
        _ => Err(error),
    }
}

/// By how many seconds the machine's clock is ahead of AWS's, from the date of an answer.
async fn clock_off(clients: &Clients) -> Option<i64> {
    let before = Timestamp::now();
    let probe = clients.place.probe();
    let call = clients
        .s3
        .head_object()
        .bucket(&clients.place.bucket)
        .key(format!("{probe}.none"));
    // An answer without an object has its date, too, and the SDK shows the headers of errors alone.
    let error = call.send().await.err()?;
    let date = error.raw_response()?.headers().get("date")?;
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    Some(before.as_second() - theirs.as_second())
}
