//! Errors of the AWS SDK as [`Error`]s: what failed, why, whether to retry, and what to do about it.

use crate::aws::calls::{Operation, Service};
use crate::aws::change_guard::LockLost;
use crate::aws::error_codes::{Meaning, meaning};
use crate::aws::passing_refusals::passes;
use crate::error::{Error, Result, Retry, texts};
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use hyper_util::client::legacy::Error as HttpClientError;
use std::error::Error as StdError;
use std::fmt;

/// What a call of the SDK returns: its output, or an SDK error with the HTTP response.
pub type SdkResult<T, E> = std::result::Result<T, SdkError<E, HttpResponse>>;

/// Turns an SDK error into an [`Error`]. `doing` is what was attempted, such as `create the VPC`.
fn error<E>(doing: &str, error: &SdkError<E, HttpResponse>) -> Error
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
                return no_error_code(doing, status, service.err())
                    .with_code(None, request_id)
                    .caused_by_sdk(error);
            };
            let service = error.raw_response().and_then(HttpResponse::extension);
            let service = service.map_or("", |Service(name)| name.as_str());
            let operation = error
                .raw_response()
                .and_then(HttpResponse::extension::<Operation>);
            let needed = DENIED
                .contains(&code)
                .then(|| operation?.needed(service, message))
                .flatten();
            let meaning = meaning(service, code);
            let retry = match status {
                _ if meaning == Some(Meaning::Throttled) => Retry::NotDone,
                _ if meaning == Some(Meaning::Quota) => Retry::Never,
                _ if meaning == Some(Meaning::TimedOut) => Retry::Unknown,
                Some(429 | 503) => Retry::NotDone,
                Some(500..) => Retry::Unknown,
                _ if passes(service, code, message) => Retry::Later,
                _ => Retry::Never,
            };
            // Without a source: code, message and request id are all that AWS says.
            let ours = Error::failed(format!("cannot {doing}: {code}: {message}"))
                .with_code(Some(code.to_owned()), request_id)
                .retry(retry);
            let known =
                hint(code, message).or((meaning == Some(Meaning::Quota)).then_some(QUOTA_HINT));
            match needed.or(known.map(str::to_owned)) {
                Some(hint) => ours.hint(hint),
                None => ours,
            }
        }
        _ if find::<LockLost>(error).is_some() => Error::lock_lost(),
        SdkError::ConstructionFailure(_) => not_sent(doing, error),
        SdkError::DispatchFailure(_) if find::<CredentialsError>(error).is_some() => {
            not_sent(doing, error)
        }
        SdkError::DispatchFailure(_) => {
            // Without a connection nothing was sent. Name lookup and TLS are part of connecting.
            let unsent = find::<HttpClientError>(error).is_some_and(HttpClientError::is_connect);
            let retry = if unsent {
                Retry::NotDone
            } else {
                Retry::Unknown
            };
            no_response(doing, &root_cause(error), retry).caused_by_sdk(error)
        }
        SdkError::TimeoutError(_) => {
            no_response(doing, "no response in time", Retry::Unknown).caused_by_sdk(error)
        }
        SdkError::ResponseError(_) => {
            let why = "the response was cut off or unreadable";
            no_response(doing, why, Retry::Unknown).caused_by_sdk(error)
        }
        other => Error::failed(format!("cannot {doing}: {other}")),
    }
}

/// The request could not be built or signed.
fn not_sent(doing: &str, error: &(dyn StdError + 'static)) -> Error {
    match find::<CredentialsError>(error) {
        Some(credentials) => Error::failed(format!(
            "cannot {doing}: the AWS credentials cannot be used: {}",
            all_texts(credentials)
        ))
        .hint(CREDENTIALS_HINT),
        None => Error::failed(format!(
            "cannot {doing}: the request could not be built: {}",
            root_cause(error)
        )),
    }
    .caused_by_sdk(error)
}

fn root_cause(error: &(dyn StdError + 'static)) -> String {
    texts(Some(error)).last().unwrap_or_default()
}

/// The error of type `T` among an error and its sources.
fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|one| one.downcast_ref())
}

/// A response without an error code is not an error document of AWS, except where AWS sends no body (S3's to HEAD).
fn no_error_code(doing: &str, status: Option<u16>, error: &(dyn StdError + 'static)) -> Error {
    let status = status.unwrap_or_default();
    let what = match status {
        200..300 => format!("the response cannot be read: {}", all_texts(error)),
        _ => format!("HTTP status {status} without a reason"),
    };
    let retry = match status {
        429 | 503 => Retry::NotDone,
        500.. | 200..300 => Retry::Unknown,
        _ => Retry::Never,
    };
    Error::failed(format!("cannot {doing}: {what}"))
        .retry(retry)
        .hint(
            "check what answers in place of AWS: a proxy, a login page, or another AWS_ENDPOINT_URL",
        )
}

fn no_response(doing: &str, why: &str, retry: Retry) -> Error {
    Error::failed(format!("cannot {doing}: AWS could not be reached: {why}"))
        .retry(retry)
        .hint(
            "check the network, the region's name, and AWS_ENDPOINT_URL if it is set; then run the same command again",
        )
}

const CREDENTIALS_HINT: &str = "set up credentials as for the AWS CLI: `aws sso login` or `aws configure`, \
     AWS_PROFILE or --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `plan --offline` needs none";

/// The error of a credential chain that found no usable credentials. `profile` is the profile in use.
pub(super) fn no_credentials(error: &CredentialsError, profile: Option<&str>) -> Error {
    let summary = match error {
        CredentialsError::CredentialsNotLoaded(_) => match profile {
            Some(profile) => format!("no AWS credentials were found for the profile `{profile}`"),
            None => "no AWS credentials were found".to_owned(),
        },
        other => format!("the AWS credentials cannot be used: {}", all_texts(other)),
    };
    Error::failed(summary).hint(CREDENTIALS_HINT)
}

const QUOTA_HINT: &str =
    "an account limit is reached: raise it in Service Quotas, or delete what is not needed";

/// The codes with which services refuse a call for which a permission is missing.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/CommonErrors.html>
const DENIED: [&str; 5] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "NotAuthorized",
    "UnauthorizedOperation",
];

fn hint(code: &str, message: &str) -> Option<&'static str> {
    Some(match code {
        // EC2 has this code also for what belongs to another account, or is being released.
        "AuthFailure" if message.contains("permission to access the specified resource") => {
            return None;
        }
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            "log in again (`aws sso login`): the credentials have expired; if they have not, \
             compare the machine's clock (`date -u`)"
        }
        "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "RequestTimeTooSkewed"
        | "AuthFailure"
        | "RequestInTheFuture" => {
            "the secret key is wrong, the region is not enabled for this account, or the machine's clock is off: \
             check the credentials, and compare `date -u` with the time"
        }
        "InvalidClientTokenId" | "UnrecognizedClientException" | "InvalidAccessKeyId" => {
            "AWS does not know this access key: check --profile, AWS_PROFILE and AWS_ACCESS_KEY_ID"
        }
        code if DENIED.contains(&code) => {
            "ask for the permission named above: the credentials do not have it"
        }
        "OptInRequired" => {
            "the region or service is not enabled for this account: enable it in the AWS console"
        }
        _ => return None,
    })
}

/// An error and its sources in one line, without those whose text an earlier one contains.
fn all_texts(error: &(dyn StdError + 'static)) -> String {
    let mut all: Vec<String> = Vec::new();
    for text in texts(Some(error)) {
        if !all.iter().any(|earlier| earlier.contains(&text)) {
            all.push(text);
        }
    }
    all.join(": ")
}

/// The texts of an SDK error's sources, nearest first. The SDK error itself is not kept: it holds the HTTP response,
/// whose body may be a secret.
#[derive(Debug)]
struct SdkCause {
    text: String,
    source: Option<Box<SdkCause>>,
}

impl fmt::Display for SdkCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for SdkCause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
    }
}

impl Error {
    /// Sets the sources of an SDK error as the source. The SDK error's own text, such as `dispatch failure`, says less
    /// than the summary.
    fn caused_by_sdk(self, error: &(dyn StdError + 'static)) -> Self {
        let all: Vec<String> = texts(error.source()).collect();
        let chain = all.into_iter().rev().fold(None, |source, text| {
            let source = source.map(Box::new);
            Some(SdkCause { text, source })
        });
        match chain {
            Some(cause) => self.caused_by(cause),
            None => self,
        }
    }
}

/// Explains the errors of SDK calls.
pub trait Explain<T> {
    /// The output, or an [`Error`] that says what could not be done. `doing` completes "cannot …", as in
    /// `create the VPC`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::body::SdkBody;
    use std::io;

    type StsError = SdkError<GetCallerIdentityError, HttpResponse>;

    fn explained(sdk: &StsError) -> Error {
        error("ask STS", sdk)
    }

    #[test]
    fn a_lost_connection_may_have_carried_the_call() {
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        let text = reset.to_string();
        let error = explained(&SdkError::dispatch_failure(ConnectorError::io(
            reset.into(),
        )));
        assert_eq!(error.retry, Retry::Unknown);
        assert!(error.summary.ends_with(&text), "{error}");
        assert_eq!(error.causes(), ["io error"]);
    }

    #[tokio::test]
    async fn without_a_connection_nothing_was_sent() {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
            .region(aws_sdk_sts::config::Region::new("us-east-1"))
            .credentials_provider(aws_credential_types::Credentials::for_tests())
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .http_client(crate::aws::http_client())
            // A port on which nothing listens.
            .endpoint_url("http://127.0.0.1:1")
            .build();
        let sts = aws_sdk_sts::Client::from_conf(config);
        let sent = sts.get_caller_identity().send().await;
        let error = sent.doing("ask STS").unwrap_err();
        assert_eq!(error.retry, Retry::NotDone);
        assert!(error.summary.contains("refused"), "{error}");
        assert!(
            error.causes().iter().any(|cause| cause.contains("connect")),
            "{:?}",
            error.causes()
        );
    }

    #[test]
    fn missing_credentials_are_known_by_their_type() {
        let missing = CredentialsError::not_loaded("the sign-in has expired");
        let failed = ConnectorError::other(missing.into(), None);
        let error = explained(&SdkError::dispatch_failure(failed));
        assert_eq!(error.retry, Retry::Never);
        assert!(error.summary.contains("the sign-in has expired"), "{error}");
        assert_eq!(error.hint.as_deref(), Some(CREDENTIALS_HINT));
    }

    #[test]
    fn a_response_is_not_part_of_an_error() {
        let response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from("hunter2"));
        let cut_off = io::Error::other("unexpected end");
        let error = explained(&SdkError::response_error(cut_off, response));
        assert_eq!(error.causes(), ["unexpected end"]);
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
