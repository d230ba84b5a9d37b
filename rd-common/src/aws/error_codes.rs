//! What AWS's error codes mean for a retry. The same code can be throttling in one service and a quota in another, so the
//! table is by service: throttling passes in seconds, a quota only when somebody raises it or deletes something.
//!
//! The codes are those of the services' API models, as the SDK has them, and of
//! <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html> and
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>.

use crate::aws::calls::Service;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// What an error code means for a retry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Too many calls at the moment: nothing was done, and a retry after a pause succeeds.
    Throttled,
    /// A limit of the account is reached: a retry fails in the same way.
    Quota,
    /// The service did not get the request in time, and may have carried it out or not.
    TimedOut,
}

/// Codes with the same meaning in every service.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
const EVERYWHERE: [(&str, Meaning); 14] = [
    ("BandwidthLimitExceeded", Meaning::Throttled),
    ("EC2ThrottledException", Meaning::Throttled),
    ("PriorRequestNotComplete", Meaning::Throttled),
    ("ProvisionedThroughputExceededException", Meaning::Throttled),
    ("RequestLimitExceeded", Meaning::Throttled),
    ("RequestThrottled", Meaning::Throttled),
    ("RequestThrottledException", Meaning::Throttled),
    ("RequestTimeout", Meaning::TimedOut),
    ("RequestTimeoutException", Meaning::TimedOut),
    ("SlowDown", Meaning::Throttled),
    ("Throttling", Meaning::Throttled),
    ("ThrottlingException", Meaning::Throttled),
    ("ThrottledException", Meaning::Throttled),
    ("TooManyRequestsException", Meaning::Throttled),
];

/// Codes of one service: its name in the SDK, the codes of throttling, and those of quotas.
type Codes = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

/// The services that rd calls.
const BY_SERVICE: [Codes; 19] = [
    (
        "ACM",
        &[],
        // RequestCertificate has this code for the certificates of a year, and for too many names in one.
        &[
            "LimitExceededException",
            "ServiceQuotaExceededException",
            "TooManyTagsException",
        ],
    ),
    (
        "Application Auto Scaling",
        &[],
        &["LimitExceededException", "TooManyTagsException"],
    ),
    (
        "chatbot",
        &["ServiceUnavailableException"],
        &["LimitExceededException", "TooManyTagsException"],
    ),
    (
        "CloudWatch",
        &[],
        &[
            "LimitExceeded",
            "LimitExceededException",
            "LimitExceededFault",
        ],
    ),
    (
        "CloudWatch Logs",
        &[],
        &[
            "LimitExceededException",
            "ServiceQuotaExceededException",
            "TooManyTagsException",
        ],
    ),
    // "Up to 500 simultaneous table operations": it passes when some of them end.
    // <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
    (
        "DynamoDB",
        &["LimitExceededException", "TransactionInProgressException"],
        &[],
    ),
    (
        "EC2",
        &[],
        &[
            "AddressLimitExceeded",
            "AttachmentLimitExceeded",
            "CustomerGatewayLimitExceeded",
            "FlowLogsLimitExceeded",
            "InternetGatewayLimitExceeded",
            "MaxIOPSLimitExceeded",
            "NatGatewayLimitExceeded",
            "NetworkAclLimitExceeded",
            "NetworkInterfaceLimitExceeded",
            "ResourceLimitExceeded",
            "RouteLimitExceeded",
            "RouteTableLimitExceeded",
            "RulesPerSecurityGroupLimitExceeded",
            "SecurityGroupLimitExceeded",
            "SecurityGroupsPerInstanceLimitExceeded",
            "SecurityGroupsPerInterfaceLimitExceeded",
            "SubnetLimitExceeded",
            "TagLimitExceeded",
            "VpcEndpointLimitExceeded",
            "VpcLimitExceeded",
        ],
    ),
    (
        "ECR",
        &[],
        &["LimitExceededException", "TooManyTagsException"],
    ),
    (
        "ECS",
        &[],
        &["AttributeLimitExceededException", "LimitExceededException"],
    ),
    (
        "Elastic Load Balancing v2",
        &[],
        &[
            "CapacityUnitsLimitExceeded",
            "TargetGroupAssociationLimit",
            "TooManyActions",
            "TooManyCertificates",
            "TooManyListeners",
            "TooManyLoadBalancers",
            "TooManyRegistrationsForTargetId",
            "TooManyRules",
            "TooManyTags",
            "TooManyTargetGroups",
            "TooManyTargets",
            "TooManyUniqueTargetGroupsPerLoadBalancer",
        ],
    ),
    (
        "ElastiCache",
        &[],
        &[
            "CacheParameterGroupQuotaExceeded",
            "CacheSubnetGroupQuotaExceeded",
            "CacheSubnetQuotaExceededFault",
            "ClusterQuotaForCustomerExceeded",
            "NodeGroupsPerReplicationGroupQuotaExceeded",
            "NodeQuotaForClusterExceeded",
            "NodeQuotaForCustomerExceeded",
            "SnapshotQuotaExceededFault",
            "TagQuotaPerResourceExceeded",
        ],
    ),
    ("IAM", &[], &["LimitExceeded", "LimitExceededException"]),
    (
        "RDS",
        &[],
        &[
            "DBInstanceAutomatedBackupQuotaExceeded",
            "DBParameterGroupQuotaExceeded",
            "DBSubnetGroupQuotaExceeded",
            "DBSubnetQuotaExceededFault",
            "InstanceQuotaExceeded",
            "SharedSnapshotQuotaExceeded",
            "SnapshotQuotaExceeded",
            "StorageQuotaExceeded",
        ],
    ),
    (
        "Route 53",
        &[],
        &[
            "LimitsExceeded",
            "TooManyHealthChecks",
            "TooManyHostedZones",
        ],
    ),
    ("S3", &[], &["TooManyBuckets"]),
    ("Secrets Manager", &[], &["LimitExceededException"]),
    (
        "SNS",
        &["KMSThrottling", "Throttled"],
        &[
            "FilterPolicyLimitExceeded",
            "SubscriptionLimitExceeded",
            "TagLimitExceeded",
            "TopicLimitExceeded",
        ],
    ),
    (
        "SSM",
        // Two changes of one parameter at the same time.
        &["TooManyUpdates"],
        &["ParameterLimitExceeded", "ParameterMaxVersionLimitExceeded"],
    ),
    ("STS", &[], &[]),
];

/// The meaning of an error code of a service, by its name in the SDK; none where it says nothing about retries.
pub(super) fn meaning(service: &str, code: &str) -> Option<Meaning> {
    let own = BY_SERVICE.iter().find(|(name, ..)| *name == service);
    if let Some((_, throttled, quota)) = own {
        if throttled.contains(&code) {
            return Some(Meaning::Throttled);
        }
        if quota.contains(&code) {
            return Some(Meaning::Quota);
        }
    }
    EVERYWHERE
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, meaning)| *meaning)
}

/// Whether the response of a service, whole or its headers, has a code that means a quota.
fn has_quota_code(service: &str, text: &[u8]) -> bool {
    let own = BY_SERVICE.iter().find(|(name, ..)| *name == service);
    own.is_some_and(|(_, _, quota)| {
        let has = |code: &&str| text.windows(code.len()).any(|part| part == code.as_bytes());
        quota.iter().any(has)
    })
}

/// Forbids the SDK to retry a call that a quota has refused: the SDK takes `LimitExceededException` for throttling, in
/// every service. It learns the code only from the text of the response, since the SDK hides the type of the error.
#[derive(Debug)]
pub struct QuotasAreFinal;

impl ClassifyRetry for QuotasAreFinal {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let quota = context.response().is_some_and(|response| {
            let Some(Service(service)) = response.extension::<Service>() else {
                return false;
            };
            let kind = response.headers().get("x-amzn-errortype");
            !response.status().is_success()
                && (has_quota_code(service, kind.unwrap_or_default().as_bytes())
                    || has_quota_code(service, response.body().bytes().unwrap_or_default()))
        });
        if quota {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "QuotasAreFinal"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_runtime_api::client::interceptors::context::Input;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_types::body::SdkBody;
    use std::collections::BTreeSet;

    #[test]
    fn the_same_code_is_a_quota_in_one_service_and_throttling_in_another() {
        for service in [
            "ACM",
            "Application Auto Scaling",
            "CloudWatch",
            "CloudWatch Logs",
            "ECR",
            "ECS",
            "IAM",
            "Secrets Manager",
        ] {
            let meaning = meaning(service, "LimitExceededException");
            assert_eq!(meaning, Some(Meaning::Quota), "{service}");
        }
        assert_eq!(
            meaning("DynamoDB", "LimitExceededException"),
            Some(Meaning::Throttled)
        );
        assert_eq!(meaning("RDS", "LimitExceededException"), None);
        for (service, ..) in BY_SERVICE {
            for code in ["RequestLimitExceeded", "Throttling", "ThrottlingException"] {
                assert_eq!(
                    meaning(service, code),
                    Some(Meaning::Throttled),
                    "{service}"
                );
            }
        }
        assert_eq!(meaning("EC2", "VpcLimitExceeded"), Some(Meaning::Quota));
        assert_eq!(meaning("EC2", "DependencyViolation"), None);
        assert_eq!(
            meaning("RDS", "InstanceQuotaExceeded"),
            Some(Meaning::Quota)
        );
    }

    /// A response as a JSON service sends it.
    fn response(service: &str, code: &str) -> InterceptorContext {
        let body = format!(r#"{{"__type":"com.amazonaws#{code}","message":"enough"}}"#);
        let mut response = HttpResponse::new(400.try_into().unwrap(), SdkBody::from(body));
        response.add_extension(Service(service.to_owned()));
        let mut context = InterceptorContext::new(Input::doesnt_matter());
        context.set_response(response);
        context
    }

    #[test]
    fn the_sdk_retries_throttling_and_no_quota() {
        for (service, code, action) in [
            ("ECR", "LimitExceededException", RetryAction::RetryForbidden),
            (
                "DynamoDB",
                "LimitExceededException",
                RetryAction::NoActionIndicated,
            ),
            ("ECR", "ThrottlingException", RetryAction::NoActionIndicated),
        ] {
            let decided = QuotasAreFinal.classify_retry(&response(service, code));
            assert_eq!(decided, action, "{service} {code}");
        }
    }

    #[test]
    fn no_code_has_two_meanings_in_one_service() {
        for (service, throttled, quota) in BY_SERVICE {
            for code in quota {
                let everywhere = EVERYWHERE.iter().any(|(known, _)| known == code);
                assert!(
                    !throttled.contains(code) && !everywhere,
                    "{service}: {code}"
                );
            }
        }
        let names: BTreeSet<&str> = BY_SERVICE.iter().map(|(name, ..)| *name).collect();
        assert_eq!(names.len(), BY_SERVICE.len());
    }
}
