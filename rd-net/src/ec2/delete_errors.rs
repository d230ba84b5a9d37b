//! What EC2's error codes mean for a delete: already deleted, still in use, or a failure.

use rd_common::{Error, Result, Retry};

/// The codes of deletes that succeed once another resource is gone, often by itself: a network interface that a load
/// balancer, endpoint or task leaves behind for minutes, an address that is still associated.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
const IN_USE: [&str; 5] = [
    "DependencyViolation",
    "InvalidIPAddress.InUse",
    "AuthFailure.InUse",
    "ResourceInUse",
    "InvalidNetworkInterface.InUse",
];

/// The result of a delete: success where the resource does not exist any more, an error to retry later where it is in
/// use.
pub fn deleted<T>(result: Result<T>) -> Result<()> {
    match result {
        Ok(_) => Ok(()),
        Err(error) if is_not_found(&error) => Ok(()),
        Err(error) if error.is(&IN_USE) => Err(error.retry(Retry::Later)),
        Err(error) => Err(error),
    }
}

fn is_not_found(error: &Error) -> bool {
    error.code.as_deref().is_some_and(|code| {
        code.ends_with(".NotFound") || code.ends_with("NotFound") || code == "Gateway.NotAttached"
    })
}
