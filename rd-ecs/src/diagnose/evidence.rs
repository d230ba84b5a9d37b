//! Reads everything that may explain why tasks do not start, at once: AWS forgets stopped tasks after an hour.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html>

use super::redact::Redact;
use super::targets::{self, Target};
use crate::kinds::service::deployments::{self, Deployment};
use crate::names::{Names, last};
use crate::read::TaggedRevision;
use crate::service_context::ServiceContext;
use crate::tasks::logs::{self, Line};
use crate::tasks::{self, Task, TaskScope};
use crate::time::timestamp;
use crate::verify;
use aws_sdk_ecs::types::{Service, TaskDefinition};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use rd_common::Result;
use rd_common::context::Context;
use rd_common::output::check_report::CheckStep;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many of the newest deployments are read.
const DEPLOYMENTS: usize = 5;
/// The most log streams that are read at the same time.
const STREAMS_AT_ONCE: usize = 8;
/// How many of a task's last log lines are read.
const LINES: i32 = 100;
/// The most tasks whose logs are read, the newest first.
const MAX_TASKS_WITH_LOGS: usize = 50;

/// A task with its last log lines.
#[derive(Clone, Debug, Serialize)]
pub struct TaskWithLogs {
    /// The task as ECS describes it.
    #[serde(flatten)]
    pub task: Task,
    /// The last lines of the application's container, the oldest first.
    pub last_lines: Vec<Line>,
    /// Why the lines could not be read.
    pub lines_unread: Option<String>,
}

/// An event that ECS reports for the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When AWS recorded the event.
    pub at: Timestamp,
    /// AWS's message, without secrets.
    pub message: String,
}

/// The state of the service.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServiceState {
    /// The ARN of the service.
    pub arn: String,
    /// AWS's status: `ACTIVE` or `DRAINING`.
    pub status: String,
    /// The ARN of the revision that the service runs.
    pub task_definition: String,
    /// The desired number of tasks.
    pub desired: i32,
    /// The number of running tasks.
    pub running: i32,
    /// The number of tasks that are starting.
    pub pending: i32,
    /// The lower limit of running tasks during a deployment, in percent of the desired number.
    pub minimum_healthy_percent: Option<i32>,
    /// The upper limit of running tasks during a deployment, in percent of the desired number.
    pub maximum_percent: Option<i32>,
    /// Whether ECS Exec is enabled for new tasks.
    pub exec: bool,
}

/// The revision that the service runs, without the values of variables.
#[derive(Clone, Debug, Serialize)]
pub struct Revision {
    /// The ARN of the revision.
    pub arn: String,
    /// The reference of the image.
    pub image: String,
    /// CPU units of a task; 1024 are one vCPU.
    pub cpu: String,
    /// Memory of a task, in MiB.
    pub memory: String,
    /// `ARM64` or `X86_64`; none where the revision does not say.
    pub architecture: Option<String>,
    /// The names of the variables that it sets.
    pub environment: Vec<String>,
    /// By variable, the ARN of the secret or parameter that it comes from.
    pub secrets: BTreeMap<String, String>,
}

/// Everything that was read.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// When it was read, by AWS's clock.
    pub taken_at: Timestamp,
    /// The name of the cluster.
    pub cluster: String,
    /// The state of the service.
    pub service: ServiceState,
    /// The revision that the service runs.
    pub revision: Revision,
    /// The service's last deployments, the newest first.
    pub deployments: Vec<Deployment>,
    /// The service's events since the newest deployment began, the newest first.
    pub events: Vec<Event>,
    /// Running tasks, and those that stopped within the last hour.
    pub tasks: Vec<TaskWithLogs>,
    /// The targets of the load balancer.
    pub targets: Vec<Target>,
    /// The steps of `verify`: what a task needs to start.
    pub checks: Vec<CheckStep>,
    /// What could not be read, each with the reason.
    pub unread: Vec<String>,
    /// Whether somebody named the tasks, so that each counts, also one that is not of the service.
    #[serde(skip)]
    pub named: bool,
}

/// Which tasks to read, and how much about them.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// Everything about every task of the cluster.
    All,
    /// These tasks and the service, without the steps of `verify`.
    Tasks(&'a [Task]),
    /// One task, with everything else.
    One(&'a Task),
}

/// Reads the evidence. A part that cannot be read is named in `unread` and does not prevent the rest.
pub async fn collect(
    context: &Context,
    service: &ServiceContext,
    scope: Scope<'_>,
) -> Result<Evidence> {
    let ctx = service.ctx();
    let live = service.read().await?;
    let running = service.running_revision(&live).await?;
    let revisions = [&running.definition];
    let (deployments, targets, tasks, checks, values) = tokio::join!(
        deployments::newest(ctx, &service.arn, DEPLOYMENTS),
        targets::read(service, &live),
        tasks_with_logs(service, scope),
        checks(context, service, &running, scope),
        verify::secret_values(service, &revisions),
    );
    let mut unread = Vec::new();
    let deployments = or_unread("deployments", deployments, &mut unread);
    let tasks = or_unread("tasks", tasks, &mut unread);
    let redact = Redact::new(&[values, other_values(service, &running, &tasks).await].concat());
    Ok(Evidence {
        taken_at: ctx.clients.aws_clock.now(),
        cluster: service.cluster.clone(),
        service: state(&live),
        revision: revision(&service.ctx().clients.names, &running),
        events: events(&live, deployments.first(), scope, &redact),
        deployments,
        tasks: tasks
            .into_iter()
            .map(|one| redacted(one, &redact))
            .collect(),
        targets: or_unread("targets", targets, &mut unread),
        checks: or_unread("what a task needs to start", checks, &mut unread),
        unread,
        named: !matches!(scope, Scope::All),
    })
}

/// The secret values of the revisions of tasks that do not run the service's.
async fn other_values(
    service: &ServiceContext,
    running: &TaggedRevision,
    tasks: &[TaskWithLogs],
) -> Vec<String> {
    let own = running.definition.task_definition_arn().unwrap_or_default();
    let arns = tasks.iter().map(|one| one.task.task_definition.as_str());
    let arns: BTreeSet<&str> = arns.filter(|arn| *arn != own).collect();
    let reads = &service.ctx().clients.reads;
    let read = arns.into_iter().map(|arn| reads.definition(arn));
    let others: Vec<TaggedRevision> = join_all(read)
        .await
        .into_iter()
        .flatten()
        .flatten()
        .collect();
    let others: Vec<&TaskDefinition> = others.iter().map(|one| &one.definition).collect();
    match others.is_empty() {
        true => Vec::new(),
        false => verify::secret_values(service, &others).await,
    }
}

/// What was read. A failure is noted in `unread` and must not hide the rest: stopped tasks are gone in an hour.
fn or_unread<T: Default>(what: &str, read: Result<T>, unread: &mut Vec<String>) -> T {
    read.unwrap_or_else(|error| {
        unread.push(format!("{what}: {error}"));
        T::default()
    })
}

async fn checks(
    context: &Context,
    service: &ServiceContext,
    running: &TaggedRevision,
    scope: Scope<'_>,
) -> Result<Vec<CheckStep>> {
    if matches!(scope, Scope::Tasks(_)) {
        return Ok(Vec::new());
    }
    let image = verify::image_of(&service.ctx().clients.names, &running.definition);
    verify::verify(context, service, running, image).await
}

async fn tasks_with_logs(service: &ServiceContext, scope: Scope<'_>) -> Result<Vec<TaskWithLogs>> {
    let tasks = match scope {
        Scope::All => {
            tasks::list(service.ctx(), &service.cluster, TaskScope::Cluster, true).await?
        }
        Scope::Tasks(tasks) => tasks.to_vec(),
        Scope::One(task) => vec![task.clone()],
    };
    let with_logs = tasks.into_iter().enumerate().map(async |(index, task)| {
        let lines = match index < MAX_TASKS_WITH_LOGS {
            true => last_lines(service, &task).await,
            false => Ok(Vec::new()),
        };
        let lines_unread = lines.as_ref().err().map(ToString::to_string);
        TaskWithLogs {
            task,
            last_lines: lines.unwrap_or_default(),
            lines_unread,
        }
    });
    let all = stream::iter(with_logs).buffered(STREAMS_AT_ONCE);
    Ok(all.collect().await)
}

async fn last_lines(service: &ServiceContext, task: &Task) -> Result<Vec<Line>> {
    let ctx = service.ctx();
    let read = ctx.clients.reads.definition(&task.task_definition).await?;
    let stream = read
        .and_then(|read| logs::stream(&read.definition, &ctx.clients.names.container, &task.id));
    match stream {
        Some(stream) => stream.last(ctx, LINES).await,
        None => Ok(Vec::new()),
    }
}

fn redacted(mut one: TaskWithLogs, redact: &Redact) -> TaskWithLogs {
    for line in &mut one.last_lines {
        line.message = redact.text(&line.message);
    }
    for reason in [&mut one.task.stopped_reason, &mut one.task.container_reason] {
        *reason = reason.as_deref().map(|text| redact.text(text));
    }
    one
}

/// The events since the newest deployment began, without secrets; for one task only those that name it.
fn events(
    live: &Service,
    latest: Option<&Deployment>,
    scope: Scope<'_>,
    redact: &Redact,
) -> Vec<Event> {
    let since = latest.map(|latest| latest.created_at);
    let mut events: Vec<Event> = live
        .events()
        .iter()
        .filter_map(|event| {
            Some(Event {
                at: timestamp(event.created_at())?,
                message: redact.text(event.message()?),
            })
        })
        .filter(|event| since.is_none_or(|since| event.at >= since))
        .filter(|event| match scope {
            Scope::One(task) => event.message.contains(&task.id),
            _ => true,
        })
        .collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events
}

fn state(live: &Service) -> ServiceState {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let deployment = live.deployment_configuration();
    ServiceState {
        arn: text(live.service_arn()),
        status: text(live.status()),
        task_definition: text(live.task_definition()),
        desired: live.desired_count(),
        running: live.running_count(),
        pending: live.pending_count(),
        minimum_healthy_percent: deployment
            .and_then(aws_sdk_ecs::types::DeploymentConfiguration::minimum_healthy_percent),
        maximum_percent: deployment
            .and_then(aws_sdk_ecs::types::DeploymentConfiguration::maximum_percent),
        exec: live.enable_execute_command(),
    }
}

fn revision(names: &Names, running: &TaggedRevision) -> Revision {
    let definition = &running.definition;
    let containers = definition.container_definitions();
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let platform = definition.runtime_platform();
    let architecture = platform.and_then(|platform| platform.cpu_architecture());
    Revision {
        arn: text(definition.task_definition_arn()),
        image: verify::image_of(names, definition).to_owned(),
        cpu: text(definition.cpu()),
        memory: text(definition.memory()),
        architecture: architecture.map(|one| one.as_str().to_owned()),
        environment: containers
            .iter()
            .flat_map(aws_sdk_ecs::types::ContainerDefinition::environment)
            .filter_map(|one| one.name().map(str::to_owned))
            .collect(),
        secrets: containers
            .iter()
            .flat_map(aws_sdk_ecs::types::ContainerDefinition::secrets)
            .map(|one| (one.name().to_owned(), one.value_from().to_owned()))
            .collect(),
    }
}

impl Evidence {
    /// The name of the service, from its ARN.
    pub fn name(&self) -> &str {
        last(&self.service.arn)
    }
}
