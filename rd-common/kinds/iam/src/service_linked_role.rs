//! Service-linked roles, with which AWS's services work in an account. A new account may lack them; rd creates them,
//! but never deletes them, because they belong to the account rather than to a stack.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>

use aws_sdk_iam::Client;
use rd_common::aws::Explain;
use rd_common::{Error, Result, Retry};

/// The service-linked role of one AWS service.
#[derive(Clone, Copy, Debug)]
pub struct ServiceLinkedRole {
    /// The service that uses the role, such as `rds.amazonaws.com`.
    pub service: &'static str,
    /// The name that AWS gives the role.
    pub name: &'static str,
}

/// The role of RDS.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html>
pub const RDS: ServiceLinkedRole = ServiceLinkedRole {
    service: "rds.amazonaws.com",
    name: "AWSServiceRoleForRDS",
};
/// The role of ElastiCache.
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/using-service-linked-roles.html>
pub const ELASTICACHE: ServiceLinkedRole = ServiceLinkedRole {
    service: "elasticache.amazonaws.com",
    name: "AWSServiceRoleForElastiCache",
};
/// The role of Elastic Load Balancing.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html>
pub const ELASTIC_LOAD_BALANCING: ServiceLinkedRole = ServiceLinkedRole {
    service: "elasticloadbalancing.amazonaws.com",
    name: "AWSServiceRoleForElasticLoadBalancing",
};

/// The role of ECS.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles-for-clusters.html>
pub const ECS: ServiceLinkedRole = ServiceLinkedRole {
    service: "ecs.amazonaws.com",
    name: "AWSServiceRoleForECS",
};
/// The role of Application Auto Scaling for ECS services.
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html>
pub const ECS_AUTOSCALING: ServiceLinkedRole = ServiceLinkedRole {
    service: "ecs.application-autoscaling.amazonaws.com",
    name: "AWSServiceRoleForApplicationAutoScaling_ECSService",
};

/// The role of AWS Chatbot.
/// <https://docs.aws.amazon.com/chatbot/latest/adminguide/slr-permissions.html>
pub const CHATBOT: ServiceLinkedRole = ServiceLinkedRole {
    service: "management.chatbot.amazonaws.com",
    name: "AWSServiceRoleForAWSChatbot",
};

/// The codes with which IAM says that the role exists already.
const EXISTS: [&str; 4] = [
    "InvalidInput",
    "InvalidInputException",
    "EntityAlreadyExists",
    "EntityAlreadyExistsException",
];

/// Creates the role if the account has none. Credentials that may not read IAM are no error: the role may exist, and if
/// it does not, the service itself reports it.
pub async fn ensure(iam: &Client, role: ServiceLinkedRole) -> Result<()> {
    let role_read = iam.get_role().role_name(role.name).send().await;
    match role_read.doing("read the service-linked role") {
        Ok(_) => return Ok(()),
        Err(error) if error.is(&["AccessDenied", "AccessDeniedException"]) => return Ok(()),
        Err(error) if error.is(&["NoSuchEntity", "NoSuchEntityException"]) => {}
        Err(error) => return Err(retryable(error)),
    }
    let created = iam
        .create_service_linked_role()
        .aws_service_name(role.service)
        .send()
        .await;
    match created.doing(&format!("create the service-linked role {}", role.name)) {
        // Another program, or AWS itself, has created it in the meantime.
        Err(error) if error.is(&EXISTS) => Ok(()),
        other => other.map(|_| ()).map_err(retryable),
    }
}

/// Adds what to do to the error with which a service refuses its role. A role that was created a moment ago is refused for
/// some time, which the engine waits out.
pub fn explained(role: ServiceLinkedRole, error: Error) -> Error {
    if is_refusal(&error.summary) {
        error.hint(format!(
            "if this lasts, see whether the account's role {} exists (aws iam get-role --role-name {}) and whether a policy \
             of the organization stops it; without the role: aws iam create-service-linked-role --aws-service-name {}",
            role.name, role.name, role.service
        ))
    } else {
        error
    }
}

/// Whether the text of an error says that a service cannot use its service-linked role.
pub fn is_refusal(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("assume the service linked role")
        || (text.contains("unable to assume iam role") && text.contains("aws-service-role"))
}

/// A failure here has created nothing of the resource that the caller is about to create, so that its create may be
/// retried.
fn retryable(error: Error) -> Error {
    if error.retry == Retry::Unknown {
        error.retry(Retry::NotDone)
    } else {
        error
    }
}
