//! The log group, made before a task writes to it.

use super::{is_denied, not_checked};
use crate::service_context::ServiceContext;
use aws_sdk_ecs::types::{LogDriver, TaskDefinition};
use futures_util::future::try_join_all;
use rd_common::aws::Explain;
use rd_common::output::check_report::CheckStep;
use rd_common::{Result, Stack};
use std::collections::BTreeMap;

/// Where a container's output goes, in CloudWatch Logs.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The container.
    pub container: String,
    /// The log group.
    pub group: String,
    /// Its region.
    pub region: String,
    /// What a stream's name begins with.
    pub prefix: Option<String>,
    /// Whether a task makes the group.
    pub makes_group: bool,
}

/// Where the containers' output goes.
pub fn targets(definition: &TaskDefinition, stack: &Stack) -> Vec<Target> {
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
        all.push(Target {
            container: container.name().unwrap_or_default().to_owned(),
            group: group.clone(),
            region: region.unwrap_or(&stack.region).clone(),
            prefix: options.get("awslogs-stream-prefix").cloned(),
            makes_group: options
                .get("awslogs-create-group")
                .is_some_and(|v| v == "true"),
        });
    }
    all
}

/// The ARNs under which a role is allowed to write to them.
pub fn stream_arns(definition: &TaskDefinition, stack: &Stack) -> Vec<String> {
    let mut arns: Vec<String> = targets(definition, stack)
        .iter()
        .map(|one| {
            format!(
                "arn:{}:logs:{}:{}:log-group:{}:log-stream:{}/{}/task",
                stack.partition(),
                one.region,
                stack.account(),
                one.group,
                one.prefix.as_deref().unwrap_or_default(),
                one.container
            )
        })
        .collect();
    arns.sort();
    arns.dedup();
    arns
}

/// A line for each group.
pub async fn check(
    service_context: &ServiceContext,
    definition: &TaskDefinition,
) -> Result<Vec<CheckStep>> {
    let targets = targets(definition, &service_context.ctx().stack);
    let groups: BTreeMap<String, Target> = targets
        .into_iter()
        .map(|one| (one.group.clone(), one))
        .collect();
    try_join_all(groups.values().map(|one| group(service_context, one))).await
}

async fn group(service_context: &ServiceContext, target: &Target) -> Result<CheckStep> {
    let (what, name) = ("log group", &target.group);
    let ctx = service_context.ctx();
    if target.region != ctx.stack.region {
        return Ok(not_checked(
            what,
            &format!("{name} is in {}", target.region),
        ));
    }
    let call = ctx.clients.logs.describe_log_groups();
    let call = call.log_group_name_prefix(name).send();
    let answer = match call.await.doing("look for the log group") {
        Err(error) if is_denied(&error) => {
            let why = "these credentials may not look (logs:DescribeLogGroups)";
            return Ok(not_checked(what, why));
        }
        other => other?,
    };
    // One of this name sorts before all that only begin with it, so it is in the first page.
    let mut groups = answer.log_groups().iter();
    let is_there = groups.any(|one| one.log_group_name() == Some(name));
    Ok(match (is_there, target.makes_group) {
        (true, _) => CheckStep::new(what, true, name),
        (false, true) => CheckStep::new(what, true, format!("{name} is made by the first task")),
        (false, false) => CheckStep::new(
            what,
            false,
            format!("{name} is not there, and tasks do not start without: run rd-ecs apply"),
        ),
    })
}
