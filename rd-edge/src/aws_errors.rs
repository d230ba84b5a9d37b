//! What the errors of Elastic Load Balancing mean, and the error of an incomplete answer.

use rd_common::{Deletion, Error, Result, Retry};

/// Whether AWS says that the resource does not exist: `LoadBalancerNotFound`, `TargetGroupNotFound`,
/// `ListenerNotFound`, `RuleNotFound`.
pub fn is_not_found(error: &Error) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    code.ends_with("NotFound") || code.ends_with("NotFoundException")
}

/// The result of a delete: whether AWS knows the resource, by its own codes `not_found`, and an error to retry if it is in
/// use.
pub fn deleted<T>(answer: Result<T>, not_found: &[&str]) -> Result<Deletion> {
    Deletion::of(answer, not_found).map_err(retry_if_temporary)
}

/// Marks an error to be retried later if its cause is temporary: what uses the resource is being deleted, or what it
/// uses was created a moment ago. Elastic Load Balancing learns late of certificates that ACM has just issued, of subnets,
/// security groups and VPCs of EC2, and even of its own target groups, load balancers, listeners and
/// rules.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/19920>
///
/// `InvalidSubnet` and `ValidationError` have other causes, too, so the text decides: "VPC vpc-… has no internet gateway"
/// (<https://github.com/hashicorp/terraform/issues/1283>,
/// <https://github.com/openshift/installer/issues/1110>), "The VPC ID 'vpc-…' is not found".
pub fn retry_if_temporary(error: Error) -> Error {
    const TEMPORARY: [&str; 18] = [
        "ResourceInUse",
        "ResourceInUseException",
        "CertificateNotFound",
        "CertificateNotFoundException",
        "UnsupportedCertificate",
        "OperationInProgress",
        "TargetGroupNotFound",
        "TargetGroupNotFoundException",
        "LoadBalancerNotFound",
        "LoadBalancerNotFoundException",
        "ListenerNotFound",
        "ListenerNotFoundException",
        "RuleNotFound",
        "RuleNotFoundException",
        "SubnetNotFound",
        "SubnetNotFoundException",
        "InvalidSecurityGroup",
        "InvalidSecurityGroupException",
    ];
    let says = |code: &str, text: &str| error.is(&[code]) && error.summary.contains(text);
    let is_temporary = error.is(&TEMPORARY)
        || says("InvalidSubnet", "internet gateway")
        || says("ValidationError", "is not found");
    if error.retry == Retry::Never && is_temporary {
        error.retry(Retry::Later)
    } else {
        error
    }
}

/// The attribute that AWS refuses because this partition, region or type of load balancer does not have it: "Load balancer
/// attribute key 'waf.fail_open.enabled' is not recognized", or "is not supported"
/// (<https://github.com/hashicorp/terraform-provider-aws/issues/22037>).
pub fn unknown_attribute(error: &Error) -> Option<&str> {
    let is_refused = error.is(&["ValidationError", "InvalidConfigurationRequest"]);
    let (_, rest) = error
        .summary
        .split_once("attribute key '")
        .filter(|_| is_refused)?;
    let (key, rest) = rest.split_once('\'')?;
    let is_unknown = rest.contains("is not recognized") || rest.contains("is not supported");
    is_unknown.then_some(key)
}

/// An answer of AWS without a member that it must have, such as "listener's ARN".
pub fn incomplete_answer(member: impl std::fmt::Display) -> Error {
    Error::failed(format!("AWS's answer has no {member}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: &str, summary: &str) -> Error {
        Error::failed(summary.to_owned()).with_code(Some(code.to_owned()), None)
    }

    #[test]
    fn what_was_just_created_is_temporary_and_what_is_wrong_is_not() {
        for (code, summary) in [
            ("TargetGroupNotFound", "Target groups '…' not found"),
            ("RuleNotFound", "Rule '…' not found"),
            ("CertificateNotFound", "Certificate '…' not found"),
            ("UnsupportedCertificate", "must have a supported key size"),
            ("InvalidSubnet", "VPC vpc-1 has no internet gateway"),
            ("ValidationError", "The VPC ID 'vpc-1' is not found"),
            ("ResourceInUse", "is currently in use by a listener"),
        ] {
            let error = retry_if_temporary(refused(code, summary));
            assert_eq!(error.retry, Retry::Later, "{code}");
        }
        for (code, summary) in [
            ("InvalidSubnet", "not enough IP space available in subnet-1"),
            ("ValidationError", "Health check path must begin with '/'"),
            ("DuplicateLoadBalancerName", "exists"),
        ] {
            let error = retry_if_temporary(refused(code, summary));
            assert_eq!(error.retry, Retry::Never, "{code}");
        }
    }

    #[test]
    fn an_attribute_that_the_partition_lacks_is_named() {
        let text = "cannot set: ValidationError: Load balancer attribute key 'waf.fail_open.enabled' is not recognized";
        let error = refused("ValidationError", text);
        assert_eq!(unknown_attribute(&error), Some("waf.fail_open.enabled"));
        let error = refused(
            "InvalidConfigurationRequest",
            "Access Denied for bucket: logs. Please check S3bucket permission",
        );
        assert_eq!(unknown_attribute(&error), None);
    }
}
