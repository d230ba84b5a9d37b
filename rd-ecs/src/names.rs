//! The names of the stack's resources at AWS, their addresses in the state, and the parts of ARNs.

use rd_common::Stack;
use rd_common::arn::{Arn, last_part};
use rd_iam::role;

/// The address of the task definition in the state.
pub const TASK_DEFINITION: &str = "ecs.task_definition.api";
/// The address of the service in the state.
pub const SERVICE: &str = "ecs.service.api";
/// The address of the cluster in the state.
pub const CLUSTER: &str = "ecs.cluster.main";
/// The address of the repository in the state.
pub const REPOSITORY: &str = "ecs.repository.api";

/// The name of the application's container in the task definition.
pub const CONTAINER: &str = "api";

/// The public image that runs until the first deployment; it has ARM64 and X86_64 variants.
/// <https://gallery.ecr.aws/nginx/nginx>
pub const PLACEHOLDER: &str = "public.ecr.aws/nginx/nginx:stable-alpine";

/// The tag of the image in a task definition before the first image; rd-ecs push refuses it.
pub const NO_IMAGE_TAG: &str = ":rd-none";

/// The name of the cluster.
pub fn cluster(stack: &Stack) -> String {
    stack.name_of("cluster")
}

/// The name of the service, of the task definition's family and of the repository.
pub fn api(stack: &Stack) -> String {
    stack.name_of("api")
}

/// The name of the container's log group.
pub fn log_group(stack: &Stack) -> String {
    format!("/ecs/{}", api(stack))
}

/// The path at the beginning of every parameter's name, without a slash at the end.
pub fn parameter_path(stack: &Stack) -> String {
    format!("/{}/{}", stack.project, stack.environment)
}

/// The names of the execution role and of the task role.
pub fn roles(stack: &Stack) -> [String; 2] {
    ["execution", "task"].map(|role| role::name(stack, role))
}

/// The ARN of AWS's managed policy for execution roles: pull images, write logs.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html>
pub fn managed_execution(stack: &Stack) -> String {
    let policy = "policy/service-role/AmazonECSTaskExecutionRolePolicy";
    // AWS's managed policies have the account `aws`.
    let arn = Arn {
        account: "aws".to_owned(),
        ..Arn::global(stack, "iam", policy)
    };
    arn.to_string()
}

/// The document that forwards a local port through a container to a host that the container reaches.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-sessions-start.html>
pub const FORWARDING_DOCUMENT: &str = "AWS-StartPortForwardingSessionToRemoteHost";

/// The ARN of [`FORWARDING_DOCUMENT`], which has no account, since it is AWS's.
pub fn forwarding_document(stack: &Stack) -> String {
    let document = format!("document/{FORWARDING_DOCUMENT}");
    let arn = Arn {
        account: String::new(),
        ..Arn::regional(stack, "ssm", document)
    };
    arn.to_string()
}

/// The registry's host and the repository's name, to which images are pushed.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
pub fn repository_url(stack: &Stack) -> String {
    format!(
        "{}.dkr.ecr.{}.{}/{}",
        stack.account(),
        stack.region,
        stack.dns_suffix(),
        api(stack)
    )
}

/// The resource id of the service at Application Auto Scaling: `service/<cluster>/<service>`.
pub fn scalable(stack: &Stack) -> String {
    format!("service/{}/{}", cluster(stack), api(stack))
}

/// The last part of an ARN: a task's id, or a task definition's `family:revision`.
pub fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The number of the revision at the end of a task definition's ARN.
pub fn revision(arn: &str) -> Option<i32> {
    last_part(arn).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_arns_are_found() {
        let arn = "arn:aws:ecs:us-east-1:1:task-definition/shop-test-api:7";
        assert_eq!(last(arn), "shop-test-api:7");
        assert_eq!(revision(arn), Some(7));
        assert_eq!(revision("shop-test-api"), None);
    }
}
