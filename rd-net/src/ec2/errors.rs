//! What EC2's refusals mean for a delete.

use rd_common::{Error, Result, Retry};

/// Codes of deletes that go through once something else has gone, most of it by itself: an interface that a load
/// balancer, endpoint or task leaves behind for minutes, an address still mapped.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
const LATER: [&str; 5] = [
    "DependencyViolation",
    "InvalidIPAddress.InUse",
    "AuthFailure.InUse",
    "ResourceInUse",
    "InvalidNetworkInterface.InUse",
];

/// The result of a delete: done where the thing is gone already, to be tried again where something holds it.
pub fn deleted<T>(result: Result<T>) -> Result<()> {
    match result {
        Ok(_) => Ok(()),
        Err(error) if is_gone(&error) => Ok(()),
        Err(error) if error.is(&LATER) => Err(error.retry(Retry::Later)),
        Err(error) => Err(error),
    }
}

fn is_gone(error: &Error) -> bool {
    error.code.as_deref().is_some_and(|code| {
        code.ends_with(".NotFound") || code.ends_with("NotFound") || code == "Gateway.NotAttached"
    })
}

/// An error for an answer without the part that it must have.
pub fn incomplete(what: &str) -> Error {
    Error::failed(format!("AWS answered without the {what}")).retry(Retry::Unknown)
}
