//! What a registry said went wrong.
//! <https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes>

use oci_client::errors::{OciDistributionError, OciEnvelope};
use rd_common::{Error, Retry};
use std::error::Error as _;

/// Its code and its words, where the body has them.
pub fn told(body: &str) -> Option<(String, String)> {
    let envelope: OciEnvelope = serde_json::from_str(body).ok()?;
    first(&envelope)
}

fn first(envelope: &OciEnvelope) -> Option<(String, String)> {
    let first = envelope.errors.first()?;
    let code = serde_json::to_value(&first.code).ok()?;
    Some((code.as_str()?.to_owned(), first.message.clone()))
}

/// An answer that is no success, as an error. `doing` is what was tried, as in "push a layer".
pub fn refused(doing: &str, status: u16, body: &str) -> Error {
    let (code, message) = told(body).unwrap_or_else(|| {
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
        "NAME_UNKNOWN" => error.hint("run rd-ecs apply, which makes the repository"),
        "DENIED" | "UNAUTHORIZED" | "HTTP 401" | "HTTP 403" => error.hint(
            "these credentials may not do this: pushing takes ecr:GetAuthorizationToken, BatchCheckLayerAvailability, \
             InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload and PutImage; pulling takes BatchGetImage and \
             GetDownloadUrlForLayer",
        ),
        "HTTP 413" => error.hint("something between here and the registry takes no requests of this size: a proxy?"),
        _ => error,
    }
}

/// A request that got no answer, as an error.
pub fn unanswered(doing: &str, error: &reqwest::Error) -> Error {
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
    Error::failed(format!(
        "cannot {doing}: the registry could not be reached: {text}"
    ))
    .retry(retry)
    .hint("check the network, then run the same command again")
}

/// What the client says, as an error of ours.
pub fn explain(doing: &str, error: OciDistributionError) -> Error {
    match error {
        OciDistributionError::RequestError(error) => match error.status() {
            Some(status) => refused(doing, status.as_u16(), ""),
            None => unanswered(doing, &error),
        },
        OciDistributionError::RegistryError { envelope, .. } => match first(&envelope) {
            Some((code, message)) => Error::failed(format!(
                "cannot {doing}: the registry answered {code}: {message}"
            ))
            .with_code(Some(code), None),
            None => Error::failed(format!("cannot {doing}: the registry gave no reason")),
        },
        OciDistributionError::ServerError { code, message, .. } => refused(doing, code, &message),
        OciDistributionError::UnauthorizedError { .. } => refused(doing, 401, "not authorized"),
        OciDistributionError::AuthenticationFailure(reason) => refused(doing, 401, &reason),
        other => Error::failed(format!("cannot {doing}: {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registrys_words_are_told() {
        let body = r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository"}]}"#;
        let error = refused("push a layer", 404, body);
        assert_eq!(
            error.summary,
            "cannot push a layer: the registry answered NAME_UNKNOWN: no such repository"
        );
        assert!(error.hint.as_deref().unwrap().contains("rd-ecs apply"));
    }

    #[test]
    fn what_is_no_error_document_is_told_by_its_status() {
        let error = refused("push a layer", 502, "Bad Gateway\nmore");
        assert!(error.summary.ends_with("HTTP 502: Bad Gateway"), "{error}");
        assert_eq!(error.retry, Retry::Unknown);
    }
}
