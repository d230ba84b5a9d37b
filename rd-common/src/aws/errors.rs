//! What the SDK says went wrong, as an error with what to do about it.

use crate::error::{Error, Result, Retry};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use std::error::Error as StdError;

/// What a call of the SDK returns.
pub type SdkResult<T, E> = std::result::Result<T, SdkError<E, HttpResponse>>;

/// Codes with which AWS refuses a call that comes too fast; it has not been carried out.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
const THROTTLED: [&str; 12] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
];

/// An SDK error as ours. `doing` is what was tried, as in "create the VPC".
pub fn error<E>(doing: &str, error: &SdkError<E, HttpResponse>) -> Error
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    let status = error
        .raw_response()
        .map(|response| response.status().as_u16());
    let request_id = error.raw_response().and_then(|response| {
        ["x-amzn-requestid", "x-amz-request-id", "x-amzn-request-id"]
            .iter()
            .find_map(|name| response.headers().get(*name))
            .map(str::to_owned)
    });
    match error {
        SdkError::ServiceError(service) => {
            let metadata = service.err().meta();
            let message = metadata.message().unwrap_or("AWS gave no reason");
            let Some(code) = metadata.code() else {
                return not_aws(doing, status, service.err()).with_code(None, request_id);
            };
            let retry = match status {
                _ if THROTTLED.contains(&code) => Retry::NotDone,
                Some(429 | 503) => Retry::NotDone,
                Some(500..) => Retry::Unknown,
                _ => Retry::Never,
            };
            let ours = Error::failed(format!("cannot {doing}: {code}: {message}"))
                .with_code(Some(code.to_owned()), request_id)
                .retry(retry);
            match hint(code) {
                Some(hint) => ours.hint(hint),
                None => ours,
            }
        }
        SdkError::TimeoutError(_) => no_answer(doing, "no answer in time", Retry::Unknown),
        SdkError::ResponseError(_) => no_answer(
            doing,
            "the answer was cut off or unreadable",
            Retry::Unknown,
        ),
        SdkError::ConstructionFailure(_) => explain_unsent(doing, &chain(error)),
        SdkError::DispatchFailure(_) => {
            let text = chain(error);
            if text.contains("credentials") {
                return explain_unsent(doing, &text);
            }
            // hyper says "(Connect)" where it got no connection: then nothing was sent.
            let unsent = text.contains("(Connect)") || text.contains("dns error");
            let retry = if unsent {
                Retry::NotDone
            } else {
                Retry::Unknown
            };
            no_answer(doing, &text, retry)
        }
        other => Error::failed(format!("cannot {doing}: {other}")),
    }
}

/// An answer without an error code is no error document of AWS's, but for those without a body (S3's to HEAD).
fn not_aws(doing: &str, status: Option<u16>, error: &(dyn StdError + 'static)) -> Error {
    let status = status.unwrap_or_default();
    let what = match status {
        200..300 => format!("the answer cannot be read: {}", chain(error)),
        _ => format!("the answer is HTTP status {status} without a reason"),
    };
    let retry = match status {
        429 | 503 => Retry::NotDone,
        500.. | 200..300 => Retry::Unknown,
        _ => Retry::Never,
    };
    Error::failed(format!("cannot {doing}: {what}"))
        .retry(retry)
        .hint("does something other than AWS answer: a proxy, a login page, another AWS_ENDPOINT_URL?")
}

fn no_answer(doing: &str, why: &str, retry: Retry) -> Error {
    Error::failed(format!("cannot {doing}: AWS could not be reached: {why}"))
        .retry(retry)
        .hint(
            "check the network, the region's name, and AWS_ENDPOINT_URL if it is set; then run the same command again",
        )
}

fn explain_unsent(doing: &str, text: &str) -> Error {
    let error = Error::failed(format!(
        "cannot {doing}: the request could not be made: {text}"
    ));
    if text.contains("credentials") {
        return error.hint(CREDENTIALS_HINT);
    }
    error
}

const CREDENTIALS_HINT: &str = "give credentials as for the AWS CLI: `aws sso login` or `aws configure`, AWS_PROFILE or --profile, or \
     AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `plan --offline` needs none";

/// The credential chain found nothing that works.
pub(super) fn no_credentials(error: &CredentialsError, profile: Option<&str>) -> Error {
    let summary = match error {
        CredentialsError::CredentialsNotLoaded(_) => match profile {
            Some(profile) => format!("no AWS credentials were found for the profile `{profile}`"),
            None => "no AWS credentials were found".to_owned(),
        },
        other => format!("the AWS credentials cannot be used: {}", chain(other)),
    };
    Error::failed(summary).hint(CREDENTIALS_HINT)
}

fn hint(code: &str) -> Option<&'static str> {
    Some(match code {
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "the credentials have expired: log in again (`aws sso login`), or the machine's clock is off: compare `date -u`"
        }
        "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "RequestTimeTooSkewed"
        | "AuthFailure"
        | "RequestInTheFuture" => {
            "the secret key does not fit, the region is not enabled for this account, or the machine's clock is off: \
             compare `date -u` with the time, and check the credentials"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
            "AWS does not know this access key: check --profile, AWS_PROFILE and AWS_ACCESS_KEY_ID"
        }
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => {
            "the credentials may not do this: ask for the permission named above"
        }
        "OptInRequired" => {
            "the region or service is not enabled for this account: enable it in the console"
        }
        code if code.ends_with("LimitExceeded") || code.ends_with("LimitExceededException") => {
            "an account limit is reached: raise it in Service Quotas, or delete what is not needed"
        }
        _ => return None,
    })
}

/// An error with its causes, shortest first part first.
fn chain(error: &dyn StdError) -> String {
    let mut texts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !texts.iter().any(|t| t.contains(&text)) {
            texts.push(text);
        }
        source = cause.source();
    }
    texts.join(": ")
}

/// Adds `doing` to whatever the SDK returns.
pub trait Explain<T> {
    /// The value, or the error as ours.
    fn doing(self, doing: &str) -> Result<T>;
}

impl<T, E> Explain<T> for SdkResult<T, E>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn doing(self, doing: &str) -> Result<T> {
        self.map_err(|e| error(doing, &e))
    }
}
