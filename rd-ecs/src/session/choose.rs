//! Chooses the task and the container for a session.

use crate::service_context::ServiceContext;
use crate::tasks::{self, Task, TaskScope};
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use std::cmp::Reverse;

/// A container of a running task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The container's name in the task definition.
    pub name: String,
    /// The container's id at its runtime, which names the target of a session.
    pub runtime_id: Option<String>,
    /// The status of the container's ECS Exec agent, such as `RUNNING`; none where it has no agent.
    pub agent: Option<String>,
    /// AWS's reason for the agent's status.
    pub agent_reason: Option<String>,
}

/// The task that the user names; otherwise the service's newest task that is running, healthy and has a running agent.
pub async fn choose_task(service: &ServiceContext, named: Option<&str>) -> Result<Task> {
    let ctx = service.ctx();
    if let Some(name) = named {
        return tasks::named(ctx, &service.cluster, name).await;
    }
    let tasks = tasks::list(
        ctx,
        &service.cluster,
        TaskScope::Service(&service.name),
        false,
    )
    .await?;
    best(tasks).ok_or_else(|| {
        Error::failed(format!("no task of {} is running", service.name)).hint(
            "rd-ecs diagnose shows why none starts; if the desired count is 0, rd-ecs scale N starts some; --task ID chooses a task outside of the service",
        )
    })
}

/// Prefers tasks that are running, then those with a running agent, then healthy ones, then the newest.
fn best(tasks: Vec<Task>) -> Option<Task> {
    let running = tasks.into_iter().filter(|task| !task.has_stopped());
    running.min_by_key(|task| {
        let runs = task.last_status == "RUNNING" && task.desired_status == "RUNNING";
        let has_agent = task.exec && task.agent.as_deref() == Some("RUNNING");
        let health = match task.health.as_str() {
            "HEALTHY" => 0,
            "UNHEALTHY" => 2,
            _ => 1,
        };
        (!runs, !has_agent, health, Reverse(task.created_at))
    })
}

/// The container that the user names; otherwise the application's.
pub async fn choose_container(
    service: &ServiceContext,
    task: &Task,
    name: Option<&str>,
) -> Result<Container> {
    let name = name.unwrap_or(&service.ctx().clients.names.container);
    let call = service.ctx().clients.ecs.describe_tasks();
    let call = call.cluster(&service.cluster).tasks(&task.arn).send();
    let answer = call.await.doing("read the task")?;
    let containers = answer
        .tasks()
        .iter()
        .flat_map(aws_sdk_ecs::types::Task::containers);
    let all: Vec<Container> = containers
        .map(|one| {
            let agent = one.managed_agents().first();
            Container {
                name: one.name().unwrap_or_default().to_owned(),
                runtime_id: one.runtime_id().map(str::to_owned),
                agent: agent.and_then(|one| one.last_status()).map(str::to_owned),
                agent_reason: agent.and_then(|one| one.reason()).map(str::to_owned),
            }
        })
        .collect();
    let names: Vec<String> = all.iter().map(|one| one.name.clone()).collect();
    let found = all.into_iter().find(|one| one.name == name);
    found.ok_or_else(|| {
        Error::usage(format!("task {} has no container `{name}`", task.id))
            .hint(format!("it has {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn task(id: &str, second: i64) -> Task {
        Task {
            id: id.to_owned(),
            arn: String::new(),
            last_status: "RUNNING".to_owned(),
            desired_status: "RUNNING".to_owned(),
            health: "HEALTHY".to_owned(),
            task_definition: String::new(),
            group: "service:api".to_owned(),
            started_by: None,
            private_ip: None,
            zone: None,
            capacity: None,
            created_at: Timestamp::from_second(second).ok(),
            started_at: None,
            stopped_at: None,
            stop_code: None,
            stopped_reason: None,
            exit_code: None,
            container_reason: None,
            image: None,
            runtime_id: None,
            exec: true,
            agent: Some("RUNNING".to_owned()),
        }
    }

    #[test]
    fn the_newest_healthy_task_with_an_agent_is_chosen() {
        let mut starting = task("starting", 9);
        starting.last_status = "PENDING".to_owned();
        let mut unhealthy = task("unhealthy", 8);
        unhealthy.health = "UNHEALTHY".to_owned();
        let mut agentless = task("agentless", 7);
        agentless.agent = Some("PENDING".to_owned());
        let all = vec![
            starting.clone(),
            unhealthy.clone(),
            agentless,
            task("new", 3),
            task("old", 1),
        ];
        assert_eq!(best(all).map(|one| one.id).as_deref(), Some("new"));
        let rest = best(vec![starting.clone(), unhealthy]).map(|one| one.id);
        assert_eq!(rest.as_deref(), Some("unhealthy"));
        assert_eq!(
            best(vec![starting]).map(|one| one.id).as_deref(),
            Some("starting")
        );
        assert_eq!(best(Vec::new()), None);
    }
}
