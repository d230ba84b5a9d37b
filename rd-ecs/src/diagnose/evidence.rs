//! All that tells why tasks do not start, read at once: AWS forgets stopped tasks after an hour.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html>

use super::redact::Redact;
use super::targets::{self, Target};
use crate::kinds::service::deployments::{self, Deployment};
use crate::names::{CONTAINER, last};
use crate::read::Described;
use crate::service_context::ServiceContext;
use crate::tasks::logs::{self, Line};
use crate::tasks::{self, Of, Task};
use crate::time::timestamp;
use crate::verify;
use aws_sdk_ecs::types::Service;
use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use rd_common::Result;
use rd_common::context::Context;
use rd_common::output::check_report::CheckStep;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many deployments are kept.
const DEPLOYMENTS: i32 = 5;
/// How many streams are read at once.
const STREAMS_AT_ONCE: usize = 8;
/// How many lines of a task are kept.
const LINES: i32 = 100;
/// The tasks whose logs are read: of more, the newest.
const MOST_TASKS: usize = 50;

/// A task with what it printed last.
#[derive(Clone, Debug, Serialize)]
pub struct Watched {
    /// It.
    #[serde(flatten)]
    pub task: Task,
    /// Its last lines.
    pub last_lines: Vec<Line>,
    /// Why there are none, where they cannot be read.
    pub lines_unread: Option<String>,
}

/// An event of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// What.
    pub message: String,
}

/// How the service is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ServiceState {
    /// Its ARN.
    pub arn: String,
    /// AWS's word: `ACTIVE`, `DRAINING`.
    pub status: String,
    /// The revision: a task definition's ARN.
    pub task_definition: String,
    /// How many tasks are wanted.
    pub desired: i32,
    /// How many run.
    pub running: i32,
    /// How many start.
    pub pending: i32,
    /// The least that runs during a deployment, in per cent.
    pub minimum_healthy_percent: Option<i32>,
    /// The most that runs during a deployment, in per cent.
    pub maximum_percent: Option<i32>,
    /// Whether a shell can be had.
    pub exec: bool,
}

/// What a revision runs, without values.
#[derive(Clone, Debug, Serialize)]
pub struct Revision {
    /// Its ARN.
    pub arn: String,
    /// The image.
    pub image: String,
    /// CPU units.
    pub cpu: String,
    /// Memory in MiB.
    pub memory: String,
    /// The processor.
    pub architecture: Option<String>,
    /// The variables that it sets, by name.
    pub environment: Vec<String>,
    /// What it is given: by variable, a secret's or parameter's ARN.
    pub secrets: BTreeMap<String, String>,
}

/// Everything.
#[derive(Clone, Debug, Serialize)]
pub struct Evidence {
    /// When it was read.
    pub taken_at: Timestamp,
    /// The cluster.
    pub cluster: String,
    /// The service.
    pub service: ServiceState,
    /// What it runs.
    pub revision: Revision,
    /// Its newest deployments, the newest first.
    pub deployments: Vec<Deployment>,
    /// Its events since the newest deployment began, the newest first.
    pub events: Vec<Event>,
    /// Tasks that run, and those that stopped.
    pub tasks: Vec<Watched>,
    /// The load balancer's targets.
    pub targets: Vec<Target>,
    /// What a start needs, yes or no.
    pub checks: Vec<CheckStep>,
    /// What could not be read, and why.
    pub unread: Vec<String>,
}

/// Which tasks.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// All of the cluster.
    All,
    /// These, with the service's state but without looking at what a start needs.
    Tasks(&'a [Task]),
    /// One, with everything.
    One(&'a Task),
}

/// Reads it.
pub async fn collect(
    context: &Context,
    service_context: &ServiceContext,
    scope: Scope<'_>,
) -> Result<Evidence> {
    let ctx = service_context.ctx();
    let service = service_context.read().await?;
    let runs = service_context.runs(&service).await?;
    let (deployments, targets, tasks, checks, values) = tokio::join!(
        deployments::newest(ctx, &service_context.service, DEPLOYMENTS),
        targets::read(service_context, &service),
        watched(service_context, scope),
        checks(context, service_context, &runs, scope),
        verify::secret_values(service_context, &runs.definition),
    );
    let redact = Redact::new(values);
    let mut unread = Vec::new();
    let deployments = kept("deployments", deployments, &mut unread);
    let tasks = kept("tasks", tasks, &mut unread);
    Ok(Evidence {
        taken_at: Timestamp::now(),
        cluster: service_context.cluster.clone(),
        service: state(&service),
        revision: revision(&runs),
        events: events(&service, deployments.first(), scope, &redact),
        deployments,
        tasks: tasks.into_iter().map(|one| clean(one, &redact)).collect(),
        targets: kept("targets", targets, &mut unread),
        checks: kept("what a start needs", checks, &mut unread),
        unread,
    })
}

/// What was read. What was not must not keep the rest from being told: it is gone in an hour.
fn kept<T: Default>(what: &str, read: Result<T>, unread: &mut Vec<String>) -> T {
    read.unwrap_or_else(|error| {
        unread.push(format!("{what}: {error}"));
        T::default()
    })
}

async fn checks(
    context: &Context,
    service_context: &ServiceContext,
    runs: &Described,
    scope: Scope<'_>,
) -> Result<Vec<CheckStep>> {
    if matches!(scope, Scope::Tasks(_)) {
        return Ok(Vec::new());
    }
    let image = verify::image_of(&runs.definition);
    verify::verify(context, service_context, runs, image).await
}

async fn watched(service_context: &ServiceContext, scope: Scope<'_>) -> Result<Vec<Watched>> {
    let tasks = match scope {
        Scope::All => {
            tasks::list(
                service_context.ctx(),
                &service_context.cluster,
                Of::Cluster,
                true,
            )
            .await?
        }
        Scope::Tasks(tasks) => tasks.to_vec(),
        Scope::One(task) => vec![task.clone()],
    };
    let with_logs = tasks.into_iter().enumerate().map(async |(index, task)| {
        let lines = match index < MOST_TASKS {
            true => last_lines(service_context, &task).await,
            false => Ok(Vec::new()),
        };
        let lines_unread = lines.as_ref().err().map(ToString::to_string);
        Watched {
            task,
            last_lines: lines.unwrap_or_default(),
            lines_unread,
        }
    });
    let all = stream::iter(with_logs).buffered(STREAMS_AT_ONCE);
    Ok(all.collect().await)
}

async fn last_lines(service_context: &ServiceContext, task: &Task) -> Result<Vec<Line>> {
    let ctx = service_context.ctx();
    let read = ctx.clients.reads.definition(&task.task_definition).await?;
    let stream = read.and_then(|read| logs::stream(&read.definition, CONTAINER, &task.id));
    match stream {
        Some(stream) => stream.last(ctx, LINES).await,
        None => Ok(Vec::new()),
    }
}

fn clean(mut watched: Watched, redact: &Redact) -> Watched {
    for line in &mut watched.last_lines {
        line.message = redact.text(&line.message);
    }
    for reason in [
        &mut watched.task.stopped_reason,
        &mut watched.task.container_reason,
    ] {
        *reason = reason.as_deref().map(|text| redact.text(text));
    }
    watched
}

/// Events since the newest deployment began; for one task those that name it.
fn events(
    service: &Service,
    latest: Option<&Deployment>,
    scope: Scope<'_>,
    redact: &Redact,
) -> Vec<Event> {
    let since = latest.map(|latest| latest.created_at);
    let mut events: Vec<Event> = service
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

fn state(service: &Service) -> ServiceState {
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let deployment = service.deployment_configuration();
    ServiceState {
        arn: text(service.service_arn()),
        status: text(service.status()),
        task_definition: text(service.task_definition()),
        desired: service.desired_count(),
        running: service.running_count(),
        pending: service.pending_count(),
        minimum_healthy_percent: deployment
            .and_then(aws_sdk_ecs::types::DeploymentConfiguration::minimum_healthy_percent),
        maximum_percent: deployment
            .and_then(aws_sdk_ecs::types::DeploymentConfiguration::maximum_percent),
        exec: service.enable_execute_command(),
    }
}

fn revision(runs: &Described) -> Revision {
    let definition = &runs.definition;
    let containers = definition.container_definitions();
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let platform = definition.runtime_platform();
    let processor = platform.and_then(|platform| platform.cpu_architecture());
    Revision {
        arn: text(definition.task_definition_arn()),
        image: verify::image_of(definition).to_owned(),
        cpu: text(definition.cpu()),
        memory: text(definition.memory()),
        architecture: processor.map(|one| one.as_str().to_owned()),
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
    /// The service's name.
    pub fn name(&self) -> &str {
        last(&self.service.arn)
    }
}
