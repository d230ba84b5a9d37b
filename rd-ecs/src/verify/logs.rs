//! The log groups of the containers: the awslogs driver does not start a task whose group is missing.

use super::not_checked;
use crate::service_context::ServiceContext;
use crate::simulation::is_denied;
use aws_sdk_ecs::types::{LogDriver, TaskDefinition};
use futures_util::future::try_join_all;
use rd_common::arn::Arn;
use rd_common::aws::Explain;
use rd_common::output::check_report::CheckStep;
use rd_common::{Result, Stack};
use std::collections::BTreeMap;

/// The CloudWatch Logs destination of a container's output.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogDestination {
    /// The name of the container.
    pub container: String,
    /// The name of the log group.
    pub group: String,
    /// The region of the log group.
    pub region: String,
    /// The beginning of the stream names.
    pub prefix: Option<String>,
    /// Whether the log driver creates a missing group.
    pub creates_group: bool,
}

/// The destinations of all containers that log to CloudWatch Logs.
pub fn destinations(definition: &TaskDefinition, stack: &Stack) -> Vec<LogDestination> {
    let mut all = Vec::new();
    for container in definition.container_definitions() {
        let log = container.log_configuration();
        let log = log.filter(|log| *log.log_driver() == LogDriver::Awslogs);
        let Some(options) = log.and_then(|log| log.options()) else {
            continue;
        };
        let Some(group) = options.get("awslogs-group") else {
            continue;
        };
        let region = options.get("awslogs-region");
        all.push(LogDestination {
            container: container.name().unwrap_or_default().to_owned(),
            group: group.clone(),
            region: region.unwrap_or(&stack.region).clone(),
            prefix: options.get("awslogs-stream-prefix").cloned(),
            creates_group: options
                .get("awslogs-create-group")
                .is_some_and(|v| v == "true"),
        });
    }
    all
}

/// The ARNs of the log streams, with `task` in place of a task's id: enough to check a role's permissions.
pub fn stream_arns(definition: &TaskDefinition, stack: &Stack) -> Vec<String> {
    let mut arns: Vec<String> = destinations(definition, stack)
        .iter()
        .map(|one| {
            let prefix = one.prefix.as_deref().unwrap_or_default();
            let stream = format!("{prefix}/{}/task", one.container);
            let resource = format!("log-group:{}:log-stream:{stream}", one.group);
            let arn = Arn {
                region: one.region.clone(),
                ..Arn::regional(stack, "logs", resource)
            };
            arn.to_string()
        })
        .collect();
    arns.sort();
    arns.dedup();
    arns
}

/// A step for each log group.
pub async fn check(
    service: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let destinations = destinations(definition, &service.ctx().stack);
    let groups: BTreeMap<String, LogDestination> = destinations
        .into_iter()
        .map(|one| (one.group.clone(), one))
        .collect();
    try_join_all(groups.values().map(|one| group(service, one))).await
}

async fn group(service: &ServiceContext, destination: &LogDestination) -> Result<CheckStep> {
    let (what, name) = ("log group", &destination.group);
    let ctx = service.ctx();
    if destination.region != ctx.stack.region {
        return Ok(not_checked(
            what,
            &format!("{name} is in {}", destination.region),
        ));
    }
    let call = ctx.clients.logs.describe_log_groups();
    let call = call.log_group_name_prefix(name).send();
    let answer = match call.await.doing("read the log group") {
        Err(error) if is_denied(&error) => {
            let why = "these credentials lack logs:DescribeLogGroups";
            return Ok(not_checked(what, why));
        }
        other => other?,
    };
    // AWS sorts by name: the group itself comes before longer names with the same beginning, so it is on the first page.
    let mut groups = answer.log_groups().iter();
    let exists = groups.any(|one| one.log_group_name() == Some(name));
    Ok(match (exists, destination.creates_group) {
        (true, _) => CheckStep::new(what, true, name),
        (false, true) => CheckStep::new(what, true, format!("the first task creates {name}")),
        (false, false) => CheckStep::new(
            what,
            false,
            format!("{name} does not exist, and tasks do not start without it: run rd-ecs apply"),
        ),
    })
}
