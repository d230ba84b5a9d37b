//! Which task, and which container in it.

use crate::names::CONTAINER;
use crate::service_context::ServiceContext;
use crate::tasks::{self, Of, Task};
use rd_common::aws::Explain;
use rd_common::{Error, Result};
use std::cmp::Reverse;

/// A container of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its id at its runtime: a session names it.
    pub runtime_id: Option<String>,
    /// How the agent is that gives the shell; none where there is none.
    pub agent: Option<String>,
    /// AWS's reason for that.
    pub agent_reason: Option<String>,
}

/// The task that the user names; else of the service's that run the newest that is well and has a shell to give.
pub async fn choose(service_context: &ServiceContext, named: Option<&str>) -> Result<Task> {
    let ctx = service_context.ctx();
    if let Some(name) = named {
        return tasks::named(ctx, &service_context.cluster, name).await;
    }
    let tasks = tasks::list(
        ctx,
        &service_context.cluster,
        Of::Service(&service_context.family),
        false,
    )
    .await?;
    best(tasks).ok_or_else(|| {
        Error::failed(format!("no task of {} runs", service_context.family)).hint(
            "rd-ecs diagnose says why none starts; rd-ecs scale starts some where none are wanted; a task that is no service's is named with --task",
        )
    })
}

fn best(tasks: Vec<Task>) -> Option<Task> {
    let running = tasks.into_iter().filter(|task| !task.has_stopped());
    running.min_by_key(|task| {
        let runs = task.last_status == "RUNNING" && task.desired_status == "RUNNING";
        let gives = task.exec && task.agent.as_deref() == Some("RUNNING");
        let health = match task.health.as_str() {
            "HEALTHY" => 0,
            "UNHEALTHY" => 2,
            _ => 1,
        };
        (!runs, !gives, health, Reverse(task.created_at))
    })
}

/// The container that the user names; else the application's.
pub async fn container(
    service_context: &ServiceContext,
    task: &Task,
    name: Option<&str>,
) -> Result<Container> {
    let name = name.unwrap_or(CONTAINER);
    let call = service_context.ctx().clients.ecs.describe_tasks();
    let call = call
        .cluster(&service_context.cluster)
        .tasks(&task.arn)
        .send();
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
    fn the_newest_that_is_well_and_has_a_shell() {
        let mut starting = task("starting", 9);
        starting.last_status = "PENDING".to_owned();
        let mut ill = task("ill", 8);
        ill.health = "UNHEALTHY".to_owned();
        let mut mute = task("mute", 7);
        mute.agent = Some("PENDING".to_owned());
        let all = vec![
            starting.clone(),
            ill.clone(),
            mute,
            task("new", 3),
            task("old", 1),
        ];
        assert_eq!(best(all).map(|one| one.id).as_deref(), Some("new"));
        let rest = best(vec![starting.clone(), ill]).map(|one| one.id);
        assert_eq!(rest.as_deref(), Some("ill"));
        assert_eq!(
            best(vec![starting]).map(|one| one.id).as_deref(),
            Some("starting")
        );
        assert_eq!(best(Vec::new()), None);
    }
}
