//! Roles with which AWS's services work in an account. A new account may lack them; they are made once, belong to the
//! account rather than to a stack, and are never deleted here.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html>

use aws_sdk_iam::Client;
use rd_common::aws::Explain;
use rd_common::{Result, Retry};

/// A service's role.
#[derive(Clone, Copy, Debug)]
pub struct ServiceLinkedRole {
    /// The service that uses it: `rds.amazonaws.com`.
    pub service: &'static str,
    /// The name that AWS gives it.
    pub name: &'static str,
}

/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAM.ServiceLinkedRoles.html>
pub const RDS: ServiceLinkedRole = ServiceLinkedRole {
    service: "rds.amazonaws.com",
    name: "AWSServiceRoleForRDS",
};
/// <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/using-service-linked-roles.html>
pub const ELASTICACHE: ServiceLinkedRole = ServiceLinkedRole {
    service: "elasticache.amazonaws.com",
    name: "AWSServiceRoleForElastiCache",
};
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/elb-service-linked-roles.html>
pub const ELASTIC_LOAD_BALANCING: ServiceLinkedRole = ServiceLinkedRole {
    service: "elasticloadbalancing.amazonaws.com",
    name: "AWSServiceRoleForElasticLoadBalancing",
};

/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles-for-clusters.html>
pub const ECS: ServiceLinkedRole = ServiceLinkedRole {
    service: "ecs.amazonaws.com",
    name: "AWSServiceRoleForECS",
};
/// <https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html>
pub const ECS_AUTOSCALING: ServiceLinkedRole = ServiceLinkedRole {
    service: "ecs.application-autoscaling.amazonaws.com",
    name: "AWSServiceRoleForApplicationAutoScaling_ECSService",
};

/// How IAM says that there is one already.
const TAKEN: [&str; 4] = [
    "InvalidInput",
    "InvalidInputException",
    "EntityAlreadyExists",
    "EntityAlreadyExistsException",
];

/// Makes it where the account has none. Credentials that may not look into IAM go on: the role may be there, and where
/// it is not, the service says so itself.
pub async fn ensure(iam: &Client, role: ServiceLinkedRole) -> Result<()> {
    let scan = iam.get_role().role_name(role.name).send().await;
    match scan.doing("look for the service-linked role") {
        Ok(_) => return Ok(()),
        Err(error) if error.is(&["AccessDenied", "AccessDeniedException"]) => return Ok(()),
        Err(error) if error.is(&["NoSuchEntity", "NoSuchEntityException"]) => {}
        Err(error) => return Err(unanswered(error)),
    }
    let made = iam
        .create_service_linked_role()
        .aws_service_name(role.service)
        .send()
        .await;
    match made.doing(&format!("create the service-linked role {}", role.name)) {
        // Another program, or AWS itself, made it meanwhile.
        Err(error) if error.is(&TAKEN) => Ok(()),
        other => other.map(|_| ()).map_err(unanswered),
    }
}

/// A question or a role that went wrong for the moment made nothing of what the caller is about to make.
fn unanswered(error: rd_common::Error) -> rd_common::Error {
    if error.retry == Retry::Unknown {
        error.retry(Retry::NotDone)
    } else {
        error
    }
}
