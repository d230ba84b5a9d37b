//! The outputs of the slice.

use super::roles::Roles;
use crate::clients::Clients;
use crate::config::Config;
use crate::kinds::cluster::Cluster;
use crate::kinds::repository::Repository;
use crate::kinds::service::Service;
use rd_common::outputs::ecs;
use rd_common::{Part, Parts, Stack};
use rd_iam::role::Role;

/// The resources whose attributes are outputs.
pub struct Resources {
    /// The repository for the stack's images.
    pub repository: Part,
    /// The log group of the container.
    pub logs: Part,
    /// The cluster of the service.
    pub cluster: Part,
    /// The service that runs the application.
    pub service: Part,
    /// The execution role and the task role.
    pub roles: Roles,
}

/// Adds the outputs that other slices read.
pub fn outputs(parts: &mut Parts, stack: &Stack, config: &Config, resources: &Resources) {
    parts.output(ecs::REPOSITORY_NAME, resources.repository.id());
    parts.output(
        ecs::REPOSITORY_URL,
        resources.repository.attribute(Repository::URL),
    );
    parts.output(ecs::LOG_GROUP_NAME, resources.logs.id());
    parts.output(ecs::CLUSTER_NAME, resources.cluster.id());
    parts.output(ecs::CLUSTER_ARN, resources.cluster.attribute(Cluster::ARN));
    parts.output(
        ecs::SERVICE_NAME,
        resources.service.attribute(Service::NAME_IN_CLUSTER),
    );
    parts.output(ecs::SERVICE_ARN, resources.service.id());
    parts.output(
        ecs::EXECUTION_ROLE_ARN,
        resources.roles.execution.attribute(Role::<Clients>::ARN),
    );
    parts.output(
        ecs::TASK_ROLE_ARN,
        resources.roles.task.attribute(Role::<Clients>::ARN),
    );
    parts.output(ecs::CONTAINER_INSIGHTS, config.container_insights(stack));
    // The lowest at any time: a schedule may go below `min_tasks`.
    let scheduled = config.schedules.values().map(|schedule| schedule.min);
    let min = match config.autoscaling {
        true => scheduled.fold(config.min_tasks, i32::min),
        false => config.desired(stack),
    };
    parts.output(ecs::MIN_TASKS, min);
}
