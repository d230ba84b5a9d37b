//! The names of the stack's resources at AWS, their addresses in the state, and the parts of ARNs.

use aws_sdk_ecs::types::ContainerDefinition;
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

/// The name of the application's container in the task definition, where the settings name no other.
pub const CONTAINER: &str = "api";

/// The public image that runs until the first deployment; it has ARM64 and X86_64 variants.
/// <https://gallery.ecr.aws/nginx/nginx>
pub const PLACEHOLDER: &str = "public.ecr.aws/nginx/nginx:stable-alpine";

/// The tag of the image in a task definition before the first image; rd-ecs push refuses it.
pub const NO_IMAGE_TAG: &str = ":rd-none";

/// The tag of a revision with the commit that its image was built from.
pub const COMMIT_TAG: &str = "rd:commit";

/// The names of the stack's resources at AWS: those of the settings, otherwise those that follow from the stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// The name of the cluster.
    pub cluster: String,
    /// The name of the service, unique in its cluster.
    pub service: String,
    /// The name of the repository in the account's registry.
    pub repository: String,
    /// The family of the task definition.
    pub family: String,
    /// The name of the application's container in the task definition.
    pub container: String,
    /// The name of the container's log group.
    pub log_group: String,
    /// The name of the execution role, without its path.
    pub execution_role: String,
    /// The name of the task role, without its path.
    pub task_role: String,
}

impl Names {
    /// The names that follow from the stack.
    pub fn new(stack: &Stack) -> Self {
        let api = stack.name_of("api");
        Self {
            cluster: stack.name_of("cluster"),
            service: api.clone(),
            repository: api.clone(),
            family: api.clone(),
            container: CONTAINER.to_owned(),
            log_group: format!("/ecs/{api}"),
            execution_role: role::name(stack, "execution"),
            task_role: role::name(stack, "task"),
        }
    }

    /// The registry's host and the repository's name, to which images are pushed.
    pub fn repository_url(&self, stack: &Stack) -> String {
        format!("{}/{}", registry(stack), self.repository)
    }

    /// The resource id of the service at Application Auto Scaling: `service/<cluster>/<service>`.
    pub fn scalable(&self) -> String {
        format!("service/{}/{}", self.cluster, self.service)
    }

    /// The names of the stack of the tests.
    #[cfg(test)]
    pub fn test() -> Self {
        Self::new(&Stack {
            project: "shop".to_owned(),
            environment: "test".to_owned(),
            region: "us-east-1".to_owned(),
            ..Stack::default()
        })
    }

    /// The application's container among those of a task definition; none where none has its name.
    pub fn application<'a>(
        &self,
        containers: &'a [ContainerDefinition],
    ) -> Option<&'a ContainerDefinition> {
        let mut all = containers.iter();
        all.find(|one| one.name() == Some(self.container.as_str()))
    }
}

/// The path at the beginning of every parameter's name, without a slash at the end.
pub fn parameter_path(stack: &Stack) -> String {
    format!("/{}/{}", stack.project, stack.environment)
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

/// The host of the account's registry.
/// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html>
pub fn registry(stack: &Stack) -> String {
    format!(
        "{}.dkr.ecr.{}.{}",
        stack.account(),
        stack.region,
        stack.dns_suffix()
    )
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
    fn names_follow_from_the_stack() {
        let names = Names::test();
        assert_eq!(names.scalable(), "service/shop-test-cluster/shop-test-api");
        assert_eq!(names.log_group, "/ecs/shop-test-api");
    }

    #[test]
    fn parts_of_arns_are_found() {
        let arn = "arn:aws:ecs:us-east-1:1:task-definition/shop-test-api:7";
        assert_eq!(last(arn), "shop-test-api:7");
        assert_eq!(revision(arn), Some(7));
        assert_eq!(revision("shop-test-api"), None);
    }
}
