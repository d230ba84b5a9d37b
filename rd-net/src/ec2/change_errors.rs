//! What EC2's error codes mean for a call that creates, changes or tags something: not yet, or a failure.

use rd_common::aws::Explain;
use rd_common::{Error, Result, Retry};

/// The codes of calls that succeed a moment later, beside those of what is not found: another change of the endpoint is
/// still running; a route of which EC2 does not know all parts yet.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/42875>
/// <https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ec2/vpc_route.go>
const FOR_NOW: [&str; 2] = ["OperationInProgress", "InvalidParameterException"];

/// Texts of refusals for now whose code is a general one: a route to an internet gateway whose attachment is a moment old;
/// a NAT gateway in a subnet that is.
/// <https://github.com/giantswarm/aws-operator/issues/611>
/// <https://github.com/hashicorp/terraform-provider-aws/issues/2443>
const FOR_NOW_TEXTS: [(&str, &str); 2] = [
    ("InvalidParameterValue", "belong to different networks"),
    ("InvalidSubnet", "was not found"),
];

/// Explains the errors of calls that create, change or tag something.
pub trait ExplainChange<T> {
    /// As [`Explain::doing`]. What EC2 does not find is one of ours that was created a moment ago, since a plan names
    /// nothing that it has not seen: such a call is tried again for minutes, as is what EC2 refuses only for now.
    /// <https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html>
    fn changing(self, doing: &str) -> Result<T>;
}

impl<T, R: Explain<T>> ExplainChange<T> for R {
    fn changing(self, doing: &str) -> Result<T> {
        self.doing(doing).map_err(explain)
    }
}

/// Decides what an error of a change means, also of one that an answer with status 200 lists.
pub fn explain(error: Error) -> Error {
    if super::is_not_found(&error) {
        return error.retry(Retry::Later).hint(
            "if it does not exist any more, it was deleted outside of rd: run plan again, which finds out",
        );
    }
    let refused_for_now = error.is(&FOR_NOW)
        || FOR_NOW_TEXTS
            .iter()
            .any(|(code, text)| error.is(&[code]) && error.summary.contains(text));
    if refused_for_now {
        return error.retry(Retry::Later);
    }
    match reason(&error) {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// What to do about a refusal whose own text does not say it.
fn reason(error: &Error) -> Option<&'static str> {
    let text = error.summary.to_lowercase();
    if text.contains("encryption control") {
        return Some(
            "VPC encryption controls of the VPC or the account are in enforce mode, which refuses gateways that take \
             unencrypted traffic: exclude internet and NAT gateways, or set the mode to monitor (VPC console, \
             Encryption controls)",
        );
    }
    if text.contains("block public access") || text.contains("blockpublicaccess") {
        return Some(
            "VPC Block Public Access of the account refuses it: add an exclusion for the VPC (VPC console, Settings)",
        );
    }
    if text.contains("conflicting dns domain") {
        return Some(
            "another endpoint of the VPC has the service's private DNS name: delete it, or remove the service from \
             net.endpoints",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_found_or_busy_is_tried_again_and_what_is_wrong_is_not() {
        let explained = |code: &str, text: &str| {
            explain(
                Error::failed(format!("cannot create it: {code}: {text}"))
                    .with_code(Some(code.to_owned()), None),
            )
        };
        for (code, text) in [
            ("InvalidVpcID.NotFound", ""),
            ("InvalidSubnetID.NotFound", ""),
            ("InvalidGroup.NotFound", ""),
            ("InvalidRouteTableID.NotFound", ""),
            ("InvalidInternetGatewayID.NotFound", ""),
            ("InvalidElasticIpID.NotFound", ""),
            ("InvalidAllocationID.NotFound", ""),
            ("NatGatewayNotFound", ""),
            ("InvalidGatewayID.NotFound", ""),
            ("InvalidVpcEndpointId.NotFound", ""),
            (
                "OperationInProgress",
                "VpcEndpoint modify operation in progress",
            ),
            ("InvalidParameterException", ""),
            (
                "InvalidParameterValue",
                "route table rtb-0 and network gateway igw-0 belong to different networks",
            ),
            ("InvalidSubnet", "Subnet subnet-0 was not found"),
        ] {
            assert_eq!(explained(code, text).retry, Retry::Later, "{code}");
        }
        for (code, text) in [
            ("InvalidParameterValue", "Value (x) is invalid"),
            ("InvalidSubnet.Conflict", ""),
            ("InvalidVpcEndpointService.NotSupported", ""),
            ("UnauthorizedOperation", ""),
            ("VpcLimitExceeded", ""),
        ] {
            assert_eq!(explained(code, text).retry, Retry::Never, "{code}");
        }
        let blocked = explained(
            "OperationNotPermitted",
            "not allowed by VPC Encryption Control in enforce mode",
        );
        assert!(blocked.hint.as_deref().unwrap().contains("monitor"));
    }
}
