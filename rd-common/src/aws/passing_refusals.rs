//! Refusals that pass by themselves: something else is still going on, or what was created a moment ago is not known
//! everywhere yet. Only what means this in every call of a service is here; what means it in one call is with that call.
//!
//! Sources are threads of <https://github.com/hashicorp/terraform-provider-aws> and what that provider repeats.

/// The name of a service in the SDK, an error code, and a part of the message; an empty part is in every message.
type Refusal = (&'static str, &'static str, &'static str);

const REFUSALS: [Refusal; 22] = [
    // Two policies put on one target at once (17915), a role that CloudWatch does not know yet (920), and a target or
    // service that was registered a moment ago (terraform 10737).
    ("Application Auto Scaling", "ConcurrentUpdateException", ""),
    (
        "Application Auto Scaling",
        "FailedResourceAccessException",
        "",
    ),
    (
        "Application Auto Scaling",
        "ObjectNotFoundException",
        "No scalable target registered",
    ),
    (
        "Application Auto Scaling",
        "ValidationException",
        "Unable to assume IAM role",
    ),
    (
        "Application Auto Scaling",
        "ValidationException",
        "ECS service doesn't exist",
    ),
    // retryClusterCreate, retryServiceCreate, terraform 32908, spinnaker 5476; resourceServiceDelete;
    // retryClusterCapacityProvidersPut; 9777.
    ("ECS", "ClusterContainsContainerInstancesException", ""),
    ("ECS", "ClusterContainsServicesException", ""),
    ("ECS", "ClusterContainsTasksException", ""),
    ("ECS", "UpdateInProgressException", ""),
    ("ECS", "ClientException", "Cluster was not ACTIVE"),
    (
        "ECS",
        "ClientException",
        "Too many concurrent attempts to create a new revision",
    ),
    ("ECS", "InvalidParameterException", "still Draining"),
    (
        "ECS",
        "InvalidParameterException",
        "does not have an associated load balancer",
    ),
    (
        "ECS",
        "InvalidParameterException",
        "Unable to assume the service linked role",
    ),
    (
        "ECS",
        "InvalidParameterException",
        "verify that the ECS service role",
    ),
    (
        "ECS",
        "InvalidParameterException",
        "cannot be stopped while deployments are active",
    ),
    ("ECS", "DependencyViolation", "has a dependent object"),
    // attachPolicyToRole; deleteRole: what was detached a moment ago still counts.
    ("IAM", "ConcurrentModification", ""),
    ("IAM", "ConcurrentModificationException", ""),
    ("IAM", "DeleteConflict", ""),
    ("IAM", "DeleteConflictException", ""),
    // 26041: a role in a policy that was created a moment ago.
    ("SNS", "InvalidParameter", "PrincipalNotFound"),
];

/// Whether a service's refusal passes by itself.
pub(super) fn passes(service: &str, code: &str, message: &str) -> bool {
    REFUSALS
        .iter()
        .any(|(name, known, part)| (*name, *known) == (service, code) && message.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_service_and_text_decide() {
        assert!(passes("IAM", "DeleteConflict", "Cannot delete entity."));
        assert!(!passes("EC2", "DeleteConflict", "Cannot delete entity."));
        let text =
            "The target group with targetGroupArn x does not have an associated load balancer.";
        assert!(passes("ECS", "InvalidParameterException", text));
        assert!(!passes("ECS", "InvalidParameterException", "Invalid port"));
        assert!(!passes("ECS", "ClientException", text));
    }

    #[test]
    fn autoscaling_refuses_for_now_by_code_and_text() {
        let passes = |code, text| passes("Application Auto Scaling", code, text);
        for (code, text) in [
            (
                "ConcurrentUpdateException",
                "You already have a pending update.",
            ),
            (
                "FailedResourceAccessException",
                "Unable to retrieve alarms: Rate exceeded",
            ),
            (
                "FailedResourceAccessException",
                "The security token included in the request is invalid",
            ),
            (
                "ObjectNotFoundException",
                "No scalable target registered for service namespace: ecs, resource ID: service/a/b",
            ),
            (
                "ValidationException",
                "Unable to assume IAM role: arn:aws:iam::1:role/x",
            ),
            (
                "ValidationException",
                "ECS service doesn't exist: service/a/b",
            ),
        ] {
            assert!(passes(code, text), "{code} {text}");
        }
        for (code, text) in [
            (
                "ObjectNotFoundException",
                "No scaling policy found for service namespace: ecs",
            ),
            (
                "ValidationException",
                "Maximum capacity cannot be less than minimum capacity",
            ),
            ("ValidationException", "Tag values cannot be empty or blank"),
            (
                "LimitExceededException",
                "The scalable target has 50 scaling policies",
            ),
        ] {
            assert!(!passes(code, text), "{code} {text}");
        }
    }
}
