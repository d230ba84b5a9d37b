//! The errors of the shared store: each way in which AWS refuses has one text that says what to do.

use super::connection::Clients;
use crate::aws::Explain;
use crate::aws::SdkResult;
use crate::error::Error;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error as StdError;

/// The header with the region of a bucket, in the answer to whoever asked in another one.
const REGION_HEADER: &str = "x-amz-bucket-region";

/// An SDK error of a call to the store as an [`Error`]. `doing` is what was attempted, such as `read the state s3://…`.
pub(super) async fn explained<E>(
    clients: &Clients,
    doing: &str,
    error: SdkError<E, HttpResponse>,
) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let response = error.raw_response();
    let status = response.map_or(0, |response| response.status().as_u16());
    let region = response
        .and_then(|response| response.headers().get(REGION_HEADER))
        .map(str::to_owned);
    let message = match &error {
        SdkError::ServiceError(service) => service.err().meta().message().map(str::to_owned),
        _ => None,
    };
    let result: SdkResult<(), E> = Err(error);
    let Err(error) = result.doing(doing) else {
        return Error::failed(format!("cannot {doing}"));
    };
    let place = &clients.place;
    let message = message.unwrap_or_default();
    let code = error.code.clone().unwrap_or_default();
    if code.starts_with("KMS.") || code.starts_with("KMS") || message.contains("kms:") {
        let key = match &place.kms_key {
            Some(key) => format!("the key {key} of [state]"),
            None => "the bucket's default key".to_owned(),
        };
        return error.hint(format!(
            "{key} must be enabled, and allow these credentials kms:Decrypt and kms:GenerateDataKey"
        ));
    }
    match (status, code.as_str()) {
        (_, "NoSuchBucket") => error.hint(format!(
            "check `bucket` in [state] ({}); `rd-state bootstrap` creates the bucket; one that was created a moment \
             ago can be unknown for two minutes",
            place.bucket
        )),
        (301 | 307, _)
        | (_, "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") => {
            error.hint(match region.filter(|region| *region != place.region) {
                Some(region) => format!(
                    "the bucket {} is in the region {region}: write `region = \"{region}\"` in [state]",
                    place.bucket
                ),
                None => format!(
                    "the bucket {} is not in the region {}: check `region` in [state]",
                    place.bucket, place.region
                ),
            })
        }
        (_, "ResourceNotFoundException") => error.hint(format!(
            "there is no table {} in {}: check `table` and `region` in [state]; `rd-state bootstrap` creates it",
            place.table.as_deref().unwrap_or_default(),
            place.region
        )),
        (403, "AccessDenied" | "AllAccessDisabled" | "AccountProblem") | (403, "") => {
            let who = identity(clients).await;
            error.hint(format!(
                "{who}; they need s3:GetObject, s3:GetObjectVersion and s3:PutObject on {}/*, and s3:ListBucket and \
                 s3:GetBucketVersioning on the bucket: without s3:ListBucket, AWS says 403 for a state that does not \
                 exist, so this is no sign that there is none (docs/team.md has the policies)",
                place.url(&place.prefix)
            ))
        }
        (400 | 403, "AccessDeniedException") => {
            let who = identity(clients).await;
            error.hint(format!(
                "{who}; they need dynamodb:GetItem and dynamodb:PutItem on the table {} (docs/team.md has the policies)",
                place.table.as_deref().unwrap_or_default()
            ))
        }
        (501, _) | (_, "NotImplemented" | "XAmzContentSHA256Mismatch" | "MissingContentLength") => error.hint(
            "S3 does not answer so: another store at its endpoint lacks what rd relies on. One that does not know checksums \
             works with AWS_REQUEST_CHECKSUM_CALCULATION=when_required; `rd-state doctor` tries the rest",
        ),
        _ => error,
    }
}

/// Whose credentials were refused, from STS, which needs no permission. A bucket in another account is refused like one
/// without permission.
async fn identity(clients: &Clients) -> String {
    match clients.sts.get_caller_identity().send().await {
        Ok(answer) => {
            let bucket = &clients.place.bucket;
            let account = answer.account().unwrap_or_default();
            let other = account_in(bucket).filter(|named| *named != account);
            let other = other.map_or(String::new(), |named| {
                format!(", and the bucket's name has the account {named}: check the profile")
            });
            format!(
                "the credentials are those of {}{other}",
                answer.arn().unwrap_or("an unknown identity")
            )
        }
        Err(_) => "the credentials may be of another account".to_owned(),
    }
}

/// The account at the end of a bucket's name, as `rd-state bootstrap` names buckets.
fn account_in(bucket: &str) -> Option<&str> {
    let (_, end) = bucket.rsplit_once('-')?;
    (end.len() == 12 && end.bytes().all(|b| b.is_ascii_digit())).then_some(end)
}
