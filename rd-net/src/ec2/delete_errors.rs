//! What EC2's error codes mean for a delete: already deleted, still in use, or a failure.

use rd_common::{Deletion, Error, Result, Retry};

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

/// The result of a delete: whether AWS knows the resource, by its own codes `not_found`; an error to retry later where it
/// is in use, or where AWS does not find something else, such as the network interface that an address was associated
/// with.
pub fn deleted<T>(answer: Result<T>, not_found: &[&str]) -> Result<Deletion> {
    Deletion::of(answer, not_found).map_err(|error| {
        if error.is(&IN_USE) || is_not_found(&error) {
            error.retry(Retry::Later)
        } else {
            error
        }
    })
}

fn is_not_found(error: &Error) -> bool {
    let code = error.code.as_deref();
    code.is_some_and(|code| code.ends_with("NotFound"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_of_the_deleted_resource_means_that_it_is_gone() {
        let release = |code: &str| {
            let answer: Result<()> =
                Err(Error::failed("refused").with_code(Some(code.to_owned()), None));
            deleted(answer, &["InvalidAllocationID.NotFound"])
        };
        let gone = release("InvalidAllocationID.NotFound");
        assert_eq!(gone.unwrap(), Deletion::NotFound);
        for code in [
            "InvalidNetworkInterfaceID.NotFound",
            "InvalidIPAddress.InUse",
        ] {
            assert_eq!(release(code).unwrap_err().retry, Retry::Later);
        }
        assert_eq!(
            release("UnauthorizedOperation").unwrap_err().retry,
            Retry::Never
        );
    }
}
