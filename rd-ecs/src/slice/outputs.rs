//! The outputs of the slice.

use super::roles::Roles;
use crate::config::Config;
use rd_common::{Part, Parts, Stack};

/// The resources whose attributes are outputs.
pub struct Resources {
    /// The ECR repository.
    pub repository: Part,
    /// The log group of the container.
    pub logs: Part,
    /// The ECS cluster.
    pub cluster: Part,
    /// The ECS service.
    pub service: Part,
    /// The execution role and the task role.
    pub roles: Roles,
}

/// Adds the outputs that other slices read.
pub fn outputs(parts: &mut Parts, stack: &Stack, config: &Config, resources: &Resources) {
    parts.output("repository_name", resources.repository.id());
    parts.output(
        "repository_url",
        resources.repository.attribute::<String>("url"),
    );
    parts.output("log_group_name", resources.logs.id());
    parts.output("cluster_name", resources.cluster.id());
    parts.output("cluster_arn", resources.cluster.attribute::<String>("arn"));
    parts.output(
        "service_name",
        resources.service.attribute::<String>("name"),
    );
    parts.output("service_arn", resources.service.id());
    parts.output(
        "execution_role_arn",
        resources.roles.execution.attribute::<String>("arn"),
    );
    parts.output(
        "task_role_arn",
        resources.roles.task.attribute::<String>("arn"),
    );
    parts.output("container_insights", config.container_insights(stack));
    // The lowest at any time: a schedule may go below `min_tasks`.
    let scheduled = config.schedules.values().map(|schedule| schedule.min);
    let min = match config.autoscaling {
        true => scheduled.fold(config.min_tasks, i32::min),
        false => config.desired(stack),
    };
    parts.output("min_tasks", min);
}
