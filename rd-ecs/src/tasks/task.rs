//! Tasks, in our words, and why they stopped.

use crate::clients::Clients;
use crate::names::{CONTAINER, last};
use crate::time::timestamp;
use aws_sdk_ecs::types::{Container, DesiredStatus, Task as AwsTask};
use jiff::Timestamp;
use rd_common::aws::Explain;
use rd_common::{Ctx, Error, Result};
use serde::Serialize;

/// How many tasks one call tells.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html>
const AT_ONCE: usize = 100;

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Task {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// AWS's word for how far it is: `RUNNING`, `STOPPED`, …
    pub last_status: String,
    /// Where it is to get.
    pub desired_status: String,
    /// AWS's word for whether its container is well.
    pub health: String,
    /// The revision that it runs: the task definition's ARN.
    pub task_definition: String,
    /// The service that it is of: `service:<name>`, else `family:<name>`.
    pub group: String,
    /// Who started it.
    pub started_by: Option<String>,
    /// Its address.
    pub private_ip: Option<String>,
    /// Its zone.
    pub zone: Option<String>,
    /// What it runs on.
    pub capacity: Option<String>,
    /// When it was asked for.
    pub created_at: Option<Timestamp>,
    /// When it began to run.
    pub started_at: Option<Timestamp>,
    /// When it stopped.
    pub stopped_at: Option<Timestamp>,
    /// AWS's code for why.
    pub stop_code: Option<String>,
    /// AWS's reason for that.
    pub stopped_reason: Option<String>,
    /// What our container ended with; none where it never ran.
    pub exit_code: Option<i32>,
    /// AWS's reason for that.
    pub container_reason: Option<String>,
    /// The image that it runs.
    pub image: Option<String>,
    /// The container's id at its runtime: a session names it.
    pub runtime_id: Option<String>,
    /// Whether a shell can be had in it.
    pub exec: bool,
    /// How the agent is that gives the shell; none where there is none.
    pub agent: Option<String>,
}

impl Task {
    /// Whether it is over.
    pub fn has_stopped(&self) -> bool {
        self.last_status == "STOPPED"
    }

    /// Why it stopped, in AWS's words; the container's own reason first, which says more.
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

fn task(one: &AwsTask) -> Task {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let owned = |value: Option<&str>| value.map(str::to_owned);
    let containers = one.containers();
    let ours = containers
        .iter()
        .find(|container| container.name() == Some(CONTAINER))
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
        exit_code: ours.and_then(Container::exit_code),
        container_reason: owned(ours.and_then(Container::reason)),
        image: owned(ours.and_then(Container::image)),
        runtime_id: owned(ours.and_then(Container::runtime_id)),
        exec: one.enable_execute_command(),
        agent: ours
            .and_then(|container| container.managed_agents().first())
            .and_then(|agent| agent.last_status())
            .map(str::to_owned),
    }
}

/// Tasks by their ids or ARNs; those that AWS knows no more are left out.
pub async fn read(ctx: &Ctx<Clients>, cluster: &str, ids: &[String]) -> Result<Vec<Task>> {
    let mut tasks = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let call = ctx.clients.ecs.describe_tasks().cluster(cluster);
        let answer = call.set_tasks(Some(some.to_vec())).send().await;
        let answer = answer.doing("read the tasks")?;
        tasks.extend(answer.tasks().iter().map(task));
    }
    Ok(tasks)
}

/// Whose tasks.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// A service's.
    Service(&'a str),
    /// All of the cluster.
    Cluster,
}

/// The ids of tasks that run, or, with `stopped`, of those that stopped: AWS knows them for an hour.
pub async fn ids(
    ctx: &Ctx<Clients>,
    cluster: &str,
    of: Of<'_>,
    stopped: bool,
) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut next = None;
    loop {
        let call = ctx
            .clients
            .ecs
            .list_tasks()
            .cluster(cluster)
            .desired_status(match stopped {
                true => DesiredStatus::Stopped,
                false => DesiredStatus::Running,
            })
            .set_service_name(match of {
                Of::Service(name) => Some(name.to_owned()),
                Of::Cluster => None,
            })
            .set_next_token(next);
        let answer = call.send().await.doing("list the tasks")?;
        ids.extend(answer.task_arns.unwrap_or_default());
        next = answer.next_token;
        if next.is_none() {
            return Ok(ids);
        }
    }
}

/// The tasks, running ones first, and of each the newest first.
pub async fn list(
    ctx: &Ctx<Clients>,
    cluster: &str,
    of: Of<'_>,
    stopped: bool,
) -> Result<Vec<Task>> {
    let mut all = ids(ctx, cluster, of, false).await?;
    if stopped {
        all.extend(ids(ctx, cluster, of, true).await?);
    }
    let mut tasks = read(ctx, cluster, &all).await?;
    tasks.sort_by_key(|one| (one.has_stopped(), std::cmp::Reverse(one.created_at)));
    Ok(tasks)
}

/// The one task that a user names: by its id, the beginning of it, or its ARN.
pub async fn named(ctx: &Ctx<Clients>, cluster: &str, name: &str) -> Result<Task> {
    let name = last(name);
    let tasks = list(ctx, cluster, Of::Cluster, true).await?;
    let mut fits: Vec<Task> = tasks
        .into_iter()
        .filter(|task| task.id.starts_with(name))
        .collect();
    if fits.len() > 1 {
        let ids: Vec<&str> = fits.iter().map(|task| task.id.as_str()).collect();
        return Err(
            Error::usage(format!("`{name}` begins more than one task's id"))
                .hint(format!("give more of it: {}", ids.join(", "))),
        );
    }
    fits.pop().ok_or_else(|| {
        Error::failed(format!("there is no task `{name}` in {cluster}"))
            .hint("rd-ecs tasks --stopped lists them; AWS forgets a stopped task after an hour")
    })
}
