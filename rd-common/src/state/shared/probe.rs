//! Whether the bucket is what the store relies on: it keeps versions, and S3, or what answers in its place, checks the
//! conditions of writes.

use super::connection::Clients;
use super::objects::Read;
use super::refusals::explained;
use crate::error::{Error, Result};
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
            let error = explained(clients, "read the versioning of the state bucket", error).await;
            return match error.is(&["AccessDenied"]) {
                true => Ok(()),
                false => Err(error),
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

/// What is wrong with the bucket.
pub(super) async fn problems(clients: &Clients) -> Result<Vec<StoreProblem>> {
    let mut problems = Vec::new();
    if let Err(error) = check_versioning(clients).await {
        problems.push(of_error(&error));
    }
    let place = &clients.place;
    let url = place.url(&place.prefix);
    let first = put(clients, Some(&Timestamp::now().to_string())).await?;
    match first {
        Put::Written => {}
        Put::Refused => problems.push(StoreProblem {
            summary: format!(
                "a conditional write to {url} was refused, although its condition holds"
            ),
            hint: "S3 does not do that: what answers at its endpoint cannot keep states".to_owned(),
        }),
        Put::Denied => problems.push(StoreProblem {
            summary: format!("these credentials may not write to {url}"),
            hint: "they can plan, but not apply; docs/team.md has the policies".to_owned(),
        }),
    }
    if matches!(first, Put::Written) {
        // The condition of the second write is that of the first, which no longer holds.
        if let Put::Written = put_again(clients).await? {
            problems.push(StoreProblem {
                summary: format!("{url} takes a write whose condition does not hold"),
                hint: "what answers at its endpoint is not S3, and cannot keep states: two runs could overwrite each \
                       other's"
                    .to_owned(),
            });
        }
        if let Put::Written = put(clients, None).await? {
            problems.push(StoreProblem {
                summary: format!("the policy of the bucket {} lets anybody overwrite a state", place.bucket),
                hint: "`rd-state bootstrap --use-existing` sets the policy, which refuses writes without a condition"
                    .to_owned(),
            });
        }
    }
    if let Some(seconds) = clock_off(clients).await
        && seconds.abs() > CLOCK_OFF
    {
        problems.push(StoreProblem {
            summary: format!("the clock of this machine differs from that of AWS by {seconds} s"),
            hint:
                "set it (`date -u`): AWS refuses requests at 15 minutes; locks do not depend on it"
                    .to_owned(),
        });
    }
    Ok(problems)
}

fn of_error(error: &Error) -> StoreProblem {
    StoreProblem {
        summary: error.summary.clone(),
        hint: error.hint.clone().unwrap_or_default(),
    }
}

enum Put {
    Written,
    /// The condition did not hold.
    Refused,
    Denied,
}

/// Writes the probe under the condition that holds, or without one where there is no `text`.
async fn put(clients: &Clients, text: Option<&str>) -> Result<Put> {
    let object = clients.place.probe();
    let read = clients.get(&object, None, "the probe").await?;
    let etag = read.etag().map(str::to_owned);
    match text {
        Some(text) => send(clients, text, Some(etag)).await,
        None => send(clients, "unconditional", None).await,
    }
}

/// Writes the probe under a condition that held before it was written.
async fn put_again(clients: &Clients) -> Result<Put> {
    let object = clients.place.probe();
    match clients.get(&object, None, "the probe").await? {
        Read::Found(_) => send(clients, "again", Some(None)).await,
        Read::Missing | Read::Deleted => Ok(Put::Refused),
    }
}

async fn send(clients: &Clients, text: &str, condition: Option<Option<String>>) -> Result<Put> {
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
        Some(Some(etag)) => call.if_match(etag),
        Some(None) => call.if_none_match("*"),
        None => call,
    };
    let error = match call.send().await {
        Ok(_) => return Ok(Put::Written),
        Err(error) => error,
    };
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    let error = explained(clients, "write the probe", error).await;
    match status {
        Some(409 | 412) => Ok(Put::Refused),
        Some(403) if error.is(&["AccessDenied"]) => Ok(Put::Denied),
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
