//! What the errors of CloudWatch Logs mean: when to try again, and what to do.

use rd_common::{Error, Retry};

/// The code with which CloudWatch Logs says that a group does not exist.
pub(crate) const NOT_FOUND: &str = "ResourceNotFoundException";

/// The code of a create whose name is taken.
pub(crate) const EXISTS: &str = "ResourceAlreadyExistsException";

/// Adds to an error of a change what to do about it, or when to retry.
pub(crate) fn explain(error: Error) -> Error {
    match error.code.as_deref() {
        // Another call changes the group: "please try again". https://github.com/aws/aws-cdk/issues/17546
        Some("OperationAbortedException") => error.retry(Retry::Later),
        // No other code tells a key's policy from the caller's, or a key that does not exist.
        // https://github.com/hashicorp/terraform-provider-aws/issues/29282
        Some("AccessDeniedException" | "InvalidParameterException")
            if error.summary.to_lowercase().contains("kms key") =>
        {
            error.hint(
                "check that the key exists in this region and is enabled, and that its key policy allows \
                 logs.<region>.amazonaws.com to use it for this log group",
            )
        }
        // IAM does not see the tags of a new group at once, where policies are bound to tags.
        // https://github.com/hashicorp/terraform-provider-aws/issues/27028
        Some("AccessDeniedException") if error.summary.contains("no identity-based policy allows") => {
            error.retry(Retry::NotDone)
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(code: &str, message: &str) -> Error {
        explain(
            Error::failed(format!("cannot create the log group: {message}"))
                .with_code(Some(code.to_owned()), None),
        )
    }

    #[test]
    fn a_refused_key_names_its_policy() {
        for (code, message) in [
            (
                "AccessDeniedException",
                "The specified KMS key does not exist or is not allowed to be used with Arn 'arn:aws:logs:…'",
            ),
            (
                "InvalidParameterException",
                "The specified KMS Key Id could not be found.",
            ),
        ] {
            let error = explained(code, message);
            assert!(
                error
                    .hint
                    .as_deref()
                    .is_some_and(|hint| hint.contains("key policy"))
            );
            assert_eq!(error.retry, Retry::Never);
        }
    }

    #[test]
    fn what_passes_is_repeated() {
        let aborted = explained("OperationAbortedException", "Please try again.");
        assert_eq!(aborted.retry, Retry::Later);
        let tags = explained(
            "AccessDeniedException",
            "not authorized: no identity-based policy allows the logs:PutRetentionPolicy action",
        );
        assert_eq!(tags.retry, Retry::NotDone);
        let other = explained(
            "AccessDeniedException",
            "explicit deny in an identity-based policy",
        );
        assert_eq!(other.retry, Retry::Never);
    }
}
