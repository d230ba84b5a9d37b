//! What things are called: by AWS, and in the state.

use rd_common::Stack;

/// The task definition in the state.
pub const TASK_DEFINITION: &str = "ecs.task_definition.api";
/// The service.
pub const SERVICE: &str = "ecs.service.api";
/// The cluster.
pub const CLUSTER: &str = "ecs.cluster.main";
/// The repository.
pub const REPOSITORY: &str = "ecs.repository.api";

/// The container that is the application.
pub const CONTAINER: &str = "api";

/// The cluster's name.
pub fn cluster(stack: &Stack) -> String {
    stack.name_of("cluster")
}

/// The name of the service, of the task definition's family and of the repository.
pub fn api(stack: &Stack) -> String {
    stack.name_of("api")
}

/// The log group's name.
pub fn log_group(stack: &Stack) -> String {
    format!("/ecs/{}", api(stack))
}

/// What every parameter's name begins with.
pub fn parameter_path(stack: &Stack) -> String {
    format!("/{}/{}", stack.project, stack.environment)
}

/// Where images are pushed to and pulled from.
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

/// The name by which autoscaling knows the service.
pub fn scalable(stack: &Stack) -> String {
    format!("service/{}/{}", cluster(stack), api(stack))
}

/// The last part of an ARN: a task's id, a task definition's `family:revision`.
pub fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The revision that a task definition's ARN ends with.
pub fn revision(arn: &str) -> Option<i32> {
    arn.rsplit(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_taken_apart() {
        let arn = "arn:aws:ecs:us-east-1:1:task-definition/shop-test-api:7";
        assert_eq!(last(arn), "shop-test-api:7");
        assert_eq!(revision(arn), Some(7));
        assert_eq!(revision("shop-test-api"), None);
    }
}
