//! Errors of a registry as errors of rd, with hints, and whether the request may be retried.
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>

use oci_client::errors::{OciDistributionError, OciEnvelope};
use rd_common::{Error, Retry};
use std::error::Error as _;

/// The registry's error code and message in the body of a response; none where the body has none.
pub fn registry_code(body: &str) -> Option<(String, String)> {
    let envelope: OciEnvelope = serde_json::from_str(body).ok()?;
    first_error(&envelope)
}

fn first_error(envelope: &OciEnvelope) -> Option<(String, String)> {
    let first = envelope.errors.first()?;
    let code = serde_json::to_value(&first.code).ok()?;
    Some((code.as_str()?.to_owned(), first.message.clone()))
}

/// The error for a response whose status is not success. `doing` completes "cannot", as in "push a layer".
pub fn response_error(doing: &str, status: u16, body: &str) -> Error {
    let (code, message) = registry_code(body).unwrap_or_else(|| {
        let text = body.lines().next().unwrap_or_default().trim();
        let text = if text.is_empty() {
            "it gave no reason"
        } else {
            text
        };
        (format!("HTTP {status}"), text.to_owned())
    });
    let retry = match status {
        429 | 503 => Retry::NotDone,
        408 | 500.. => Retry::Unknown,
        _ => Retry::Never,
    };
    let error = Error::failed(format!(
        "cannot {doing}: the registry answered {code}: {message}"
    ))
    .with_code(Some(code.clone()), None)
    .retry(retry);
    match code.as_str() {
        "NAME_UNKNOWN" => error.hint("run rd-ecs apply, which creates the repository"),
        "DENIED" | "UNAUTHORIZED" | "HTTP 401" | "HTTP 403" => error.hint(
            "these credentials lack permissions: a push needs ecr:GetAuthorizationToken, BatchCheckLayerAvailability, \
             InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage; a pull needs BatchGetImage and \
             GetDownloadUrlForLayer",
        ),
        "HTTP 413" => error.hint("something between this machine and the registry, such as a proxy, rejects requests of this size"),
        _ => error,
    }
}

/// The error for a request that got no response.
pub fn connection_error(doing: &str, error: &reqwest::Error) -> Error {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    let retry = if error.is_connect() {
        Retry::NotDone
    } else {
        Retry::Unknown
    };
    Error::failed(format!("cannot {doing}: cannot reach the registry: {text}"))
        .retry(retry)
        .hint("check the network, then run the same command again")
}

/// The error for a failure that the registry client reports.
pub fn client_error(doing: &str, error: OciDistributionError) -> Error {
    match error {
        OciDistributionError::RequestError(error) => match error.status() {
            Some(status) => response_error(doing, status.as_u16(), ""),
            None => connection_error(doing, &error),
        },
        OciDistributionError::RegistryError { envelope, .. } => match first_error(&envelope) {
            Some((code, message)) => Error::failed(format!(
                "cannot {doing}: the registry answered {code}: {message}"
            ))
            .with_code(Some(code), None),
            None => Error::failed(format!("cannot {doing}: the registry gave no reason")),
        },
        OciDistributionError::ServerError { code, message, .. } => {
            response_error(doing, code, &message)
        }
        OciDistributionError::UnauthorizedError { .. } => {
            response_error(doing, 401, "not authorized")
        }
        OciDistributionError::AuthenticationFailure(reason) => response_error(doing, 401, &reason),
        other => Error::failed(format!("cannot {doing}: {other}")).caused_by(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrys_code_and_message_are_in_the_error() {
        let body = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}"#;
        let error = response_error("push a layer", 404, body);
        assert_eq!(
            error.summary,
            "cannot push a layer: the registry answered NAME_UNKNOWN: no such repository"
        );
        assert!(error.hint.as_deref().unwrap().contains("rd-ecs apply"));
    }

    #[test]
    fn without_an_error_document_the_error_has_the_status() {
        let error = response_error("push a layer", 502, "Bad Gateway\nmore");
        assert!(error.summary.ends_with("HTTP 502: Bad Gateway"), "{error}");
        assert_eq!(error.retry, Retry::Unknown);
    }
}
