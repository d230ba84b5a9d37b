//! ECS tasks: the facts that rd-ecs shows, and finding one by its id.

use crate::clients::Clients;
use crate::names::{Names, last};
use crate::time::timestamp;
use aws_sdk_ecs::types::{Container, DesiredStatus, Task as AwsTask};
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
use serde::Serialize;

/// The most tasks that one call describes.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>
const MAX_PER_CALL: usize = 100;

/// One task, running or stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    /// The id of the task.
    pub id: String,
    /// The ARN of the task.
    pub arn: String,
    /// AWS's status of the task: `PENDING`, `RUNNING`, `STOPPED`, …
    pub last_status: String,
    /// The status that AWS is bringing it to: `RUNNING` or `STOPPED`.
    pub desired_status: String,
    /// The result of the container's health check: `HEALTHY`, `UNHEALTHY` or `UNKNOWN`.
    pub health: String,
    /// The ARN of the revision that it runs.
    pub task_definition: String,
    /// `service:<name>` for a task of a service, otherwise `family:<name>`.
    pub group: String,
    /// What started it: the id of a deployment, or `rd-ecs run`.
    pub started_by: Option<String>,
    /// Its private IP address.
    pub private_ip: Option<String>,
    /// The availability zone that it runs in.
    pub zone: Option<String>,
    /// Its capacity provider, such as `FARGATE_SPOT`.
    pub capacity: Option<String>,
    /// When AWS accepted the request for it.
    pub created_at: Option<Timestamp>,
    /// When it started to run.
    pub started_at: Option<Timestamp>,
    /// When it was stopped.
    pub stopped_at: Option<Timestamp>,
    /// AWS's code for the reason of the stop.
    pub stop_code: Option<String>,
    /// AWS's reason for the stop.
    pub stopped_reason: Option<String>,
    /// The exit code of the application's container; none if it never ran.
    pub exit_code: Option<i32>,
    /// AWS's reason for the container's exit.
    pub container_reason: Option<String>,
    /// The reference of the container's image.
    pub image: Option<String>,
    /// The container's id at its runtime, which names the target of a session.
    pub runtime_id: Option<String>,
    /// Whether ECS Exec is enabled for it.
    pub exec: bool,
    /// The status of the ECS Exec agent; none where it has none.
    pub agent: Option<String>,
}

impl Task {
    /// Whether it has stopped for good.
    pub fn has_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }

    /// Whether AWS says why it stops, or it has stopped. The reason comes a moment after the desired status, and long before
    /// AWS has cleaned up and the task is `STOPPED`.
    /// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html>
    pub fn is_explained(&self) -> bool {
        let exited = self.stop_code.as_deref() == Some("EssentialContainerExited");
        self.has_stopped()
            || self.exit_code.is_some()
            || self.container_reason.is_some()
            || (self.stopped_reason.is_some() && !exited)
    }

    /// Why it stopped, in AWS's words: the container's reason, the exit code, the task's reason. Empty where AWS gives none.
    pub fn why(&self) -> String {
        let exit = self.exit_code.map(|code| format!("exit code {code}"));
        let reasons = [
            self.container_reason.clone(),
            exit,
            self.stopped_reason.clone(),
        ];
        let mut texts: Vec<String> = Vec::new();
        for reason in reasons.into_iter().flatten() {
            if !texts.iter().any(|text| text.contains(&reason)) {
                texts.push(reason);
            }
        }
        texts.join("; ")
    }
}

fn task(one: &AwsTask, names: &Names) -> Task {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let owned = |value: Option<&str>| value.map(str::to_owned);
    let containers = one.containers();
    let application = containers
        .iter()
        .find(|container| container.name() == Some(names.container.as_str()))
        .or(containers.first());
    let details = one
        .attachments()
        .iter()
        .flat_map(aws_sdk_ecs::types::Attachment::details);
    let ip = details
        .filter(|detail| detail.name() == Some("privateIPv4Address"))
        .find_map(|detail| detail.value());
    Task {
        id: last(one.task_arn().unwrap_or_default()).to_owned(),
        arn: text(one.task_arn()),
        last_status: text(one.last_status()),
        desired_status: text(one.desired_status()),
        health: one
            .health_status()
            .map(|health| health.as_str().to_owned())
            .unwrap_or_default(),
        task_definition: text(one.task_definition_arn()),
        group: text(one.group()),
        started_by: owned(one.started_by()),
        private_ip: owned(ip),
        zone: owned(one.availability_zone()),
        capacity: owned(one.capacity_provider_name())
            .or(one.launch_type().map(|kind| kind.as_str().to_owned())),
        created_at: timestamp(one.created_at()),
        started_at: timestamp(one.started_at()),
        stopped_at: timestamp(one.stopped_at()),
        stop_code: one.stop_code().map(|code| code.as_str().to_owned()),
        stopped_reason: owned(one.stopped_reason()),
        exit_code: application.and_then(Container::exit_code),
        container_reason: owned(application.and_then(Container::reason)),
        image: owned(application.and_then(Container::image)),
        runtime_id: owned(application.and_then(Container::runtime_id)),
        exec: one.enable_execute_command(),
        agent: application
            .and_then(|container| container.managed_agents().first())
            .and_then(|agent| agent.last_status())
            .map(str::to_owned),
    }
}

/// Reads tasks by their ids or ARNs; those that AWS has forgotten are left out.
pub async fn read(ctx: &Ctx<Clients>, cluster: &str, ids: &[String]) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for some in ids.chunks(MAX_PER_CALL) {
        let call = ctx.clients.ecs.describe_tasks().cluster(cluster);
        let answer = call.set_tasks(Some(some.to_vec())).send().await;
        let answer = answer.doing("read the tasks")?;
        tasks.extend(
            answer
                .tasks()
                .iter()
                .map(|one| task(one, &ctx.clients.names)),
        );
    }
    Ok(tasks)
}

/// Which tasks of a cluster to list.
#[derive(Clone, Copy, Debug)]
pub enum TaskScope<'a> {
    /// The tasks of the service with this name.
    Service(&'a str),
    /// All tasks of the cluster.
    Cluster,
}

/// The ARNs of running tasks or, with `stopped`, of stopped ones, which AWS keeps for an hour.
pub async fn ids(
    ctx: &Ctx<Clients>,
    cluster: &str,
    scope: TaskScope<'_>,
    stopped: bool,
) -> Result<Vec<String>> {
    let call = ctx
        .clients
        .ecs
        .list_tasks()
        .cluster(cluster)
        .desired_status(match stopped {
            true => DesiredStatus::Stopped,
            false => DesiredStatus::Running,
        })
        .set_service_name(match scope {
            TaskScope::Service(name) => Some(name.to_owned()),
            TaskScope::Cluster => None,
        });
    let mut pages = call.into_paginator().send();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        ids.extend(page.doing("list the tasks")?.task_arns.unwrap_or_default());
    }
    Ok(ids)
}

/// Lists the tasks: running ones first, the newest first.
pub async fn list(
    ctx: &Ctx<Clients>,
    cluster: &str,
    scope: TaskScope<'_>,
    stopped: bool,
) -> Result<Vec<Task>> {
    let mut all = ids(ctx, cluster, scope, false).await?;
    if stopped {
        all.extend(ids(ctx, cluster, scope, true).await?);
    }
    let mut tasks = read(ctx, cluster, &all).await?;
    tasks.sort_by_key(|one| (one.has_stopped(), std::cmp::Reverse(one.created_at)));
    Ok(tasks)
}

/// The task that a user names by its id, the beginning of its id, or its ARN. Fails if none or several match.
pub async fn named(ctx: &Ctx<Clients>, cluster: &str, name: &str) -> Result<Task> {
    let name = last(name);
    let tasks = list(ctx, cluster, TaskScope::Cluster, true).await?;
    let mut matches: Vec<Task> = tasks
        .into_iter()
        .filter(|task| task.id.starts_with(name))
        .collect();
    if matches.len() > 1 {
        let ids: Vec<&str> = matches.iter().map(|task| task.id.as_str()).collect();
        return Err(
            Error::usage(format!("more than one task's id begins with `{name}`"))
                .hint(format!("pass more of the id: {}", ids.join(", "))),
        );
    }
    matches.pop().ok_or_else(|| {
        Error::failed(format!("{cluster} has no task `{name}`")).hint(
            "rd-ecs tasks --stopped lists the tasks; AWS deletes a stopped task after an hour",
        )
    })
}
