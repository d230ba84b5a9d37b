//! What EC2's error codes mean for a delete: already deleted, still in use, or a failure.

use super::is_not_found;
use rd_common::{Deletion, Error, Result, Retry};

/// The codes of deletes that succeed once another resource is gone, often by itself: a network interface that a load
/// balancer, endpoint or task leaves behind for minutes, an address that is still associated; and those of what EC2 cannot
/// do at this moment.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_route.go>
const IN_USE: [&str; 7] = [
    "DependencyViolation",
    "InvalidGroup.InUse",
    "InvalidIPAddress.InUse",
    "ResourceInUse",
    "InvalidNetworkInterface.InUse",
    "InvalidParameterException",
    "OperationInProgress",
];

/// The result of a delete: whether AWS knows the resource, by its own codes `not_found`; an error to retry later where it
/// is in use, or where AWS does not find something else, such as the network interface that an address was associated
/// with.
pub fn deleted<T>(answer: Result<T>, not_found: &[&str]) -> Result<Deletion> {
    Deletion::of(answer, not_found).map_err(|error| {
        if error.is(&IN_USE) || is_not_found(&error) || is_held_by_nat_gateway(&error) {
            error.retry(Retry::Later)
        } else {
            error
        }
    })
}

/// Whether ReleaseAddress is refused because a NAT gateway has the address, or had it until a moment ago. The code is that
/// of wrong credentials, the text is not.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/2968>
fn is_held_by_nat_gateway(error: &Error) -> bool {
    error.is(&["AuthFailure"])
        && error
            .summary
            .contains("permission to access the specified resource")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_code_of_the_deleted_resource_means_that_it_is_gone() {
        let refused = |code: &str, text: &str| {
            let error = Error::failed(format!("cannot release it: {code}: {text}"));
            let answer: Result<()> = Err(error.with_code(Some(code.to_owned()), None));
            deleted(answer, &["InvalidAllocationID.NotFound"])
        };
        let release = |code: &str| refused(code, "");
        let gone = release("InvalidAllocationID.NotFound");
        assert_eq!(gone.unwrap(), Deletion::NotFound);
        for code in [
            "InvalidNetworkInterfaceID.NotFound",
            "InvalidIPAddress.InUse",
            "InvalidGroup.InUse",
            "InvalidParameterException",
        ] {
            assert_eq!(release(code).unwrap_err().retry, Retry::Later);
        }
        let held = "You do not have permission to access the specified resource.";
        let wrong_key = "AWS was not able to validate the provided access credentials";
        for (code, text, retry) in [
            ("UnauthorizedOperation", "", Retry::Never),
            ("AuthFailure", held, Retry::Later),
            ("AuthFailure", wrong_key, Retry::Never),
        ] {
            let error = refused(code, text).unwrap_err();
            assert_eq!(error.retry, retry, "{code} {text}");
        }
    }
}
