//! What the errors of Elastic Load Balancing mean, and the error of an incomplete answer.

use rd_common::{Error, Result, Retry};

/// Whether AWS says that the resource does not exist: `LoadBalancerNotFound`, `TargetGroupNotFound`,
/// `ListenerNotFound`.
pub fn is_not_found(error: &Error) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.ends_with("NotFound") || code.ends_with("NotFoundException")
}

/// The result of a delete: success if the resource was gone already, and an error to retry if it is in use.
pub fn delete_result(answer: Result<()>) -> Result<()> {
    match answer {
        Err(error) if is_not_found(&error) => Ok(()),
        other => other.map_err(retry_if_temporary),
    }
}

/// Marks an error to be retried later if its cause is temporary: what uses the resource is being deleted, or what it
/// uses was created a moment ago, such as a certificate that was just issued.
///
/// `InvalidSubnet` has other causes than a gateway that was just attached, so the text decides: "VPC vpc-… has no
/// internet gateway" (<https://github.com/hashicorp/terraform/issues/1283>,
/// <https://github.com/openshift/installer/issues/1110>).
pub fn retry_if_temporary(error: Error) -> Error {
    const TEMPORARY: [&str; 5] = [
        "ResourceInUse",
        "ResourceInUseException",
        "CertificateNotFound",
        "UnsupportedCertificate",
        "OperationInProgress",
    ];
    let gateway = error.is(&["InvalidSubnet"]) && error.summary.contains("internet gateway");
    if error.retry == Retry::Never && (error.is(&TEMPORARY) || gateway) {
        error.retry(Retry::Later)
    } else {
        error
    }
}

/// An answer of AWS without a member that it must have, such as "listener's ARN".
pub fn incomplete_answer(member: impl std::fmt::Display) -> Error {
    Error::failed(format!("AWS's answer has no {member}"))
}
