//! `run`: runs a command in a new task, such as a database migration. Prints its output to the last line, and exits with
//! its exit code.

mod follow;

use crate::config::fargate_sizes;
use crate::images::image_ref;
use crate::names::last;
use crate::read::TaggedRevision;
use crate::rollout::revision::with_image;
use crate::service_context::ServiceContext;
use crate::tasks::{self, logs};
use aws_sdk_ecs::types::{
    CapacityProviderStrategyItem, ContainerOverride, KeyValuePair, NetworkConfiguration,
    PropagateTags, TaskOverride,
};
use follow::Followed;
use rd_common::aws::Explain;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
use rd_common::output::printer::Format;
use rd_common::resource::patience::MAX_ATTEMPTS;
use rd_common::resource::wait::backoff;
use rd_common::{Error, Exit, Result, Retry};
use rd_iam::propagation;
use serde_json::json;
use std::time::Duration;

/// The flags of `rd-ecs run`.
#[derive(clap::Args, Clone, Debug)]
pub struct RunArgs {
    /// The image, instead of the running one: a reference, or a digest in the stack's repository
    #[arg(long, value_name = "REF", conflicts_with = "tag")]
    image: Option<String>,
    /// The tag of an image in the stack's repository
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// The task's CPU units [default: the service's]
    #[arg(long, value_name = "UNITS")]
    cpu: Option<u32>,
    /// The task's memory in MiB [default: the service's]
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// A variable such as DRY_RUN=1; may be repeated; not for secrets, because it is visible in the task's description
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// Stop the task after this time, and exit with 124
    #[arg(long, value_parser = duration, value_name = "TIME")]
    timeout: Option<Duration>,
    /// How long to wait for output after the task has stopped, because logs arrive late
    #[arg(long, default_value = "25s", value_parser = duration, value_name = "TIME")]
    log_wait: Duration,
    /// Print the id of the task when it was started, and do not wait for it
    #[arg(long, conflicts_with_all = ["timeout", "log_wait"])]
    detach: bool,
    /// Follow a task that runs, by its id or the beginning of it, instead of starting one; Ctrl-C leaves it running
    #[arg(
        long,
        value_name = "ID",
        conflicts_with_all = ["image", "tag", "cpu", "memory", "env", "timeout", "detach", "command"]
    )]
    attach: Option<String>,
    /// The program to run, with its arguments
    #[arg(last = true, required_unless_present = "attach", value_name = "CMD")]
    command: Vec<String>,
}

/// The value of `startedBy` in these tasks, by which rd-ecs tasks shows them. AWS allows letters, digits, `-`, `/` and `_`.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html>
const STARTED_BY: &str = "rd-ecs-run";

fn variable(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("not in the form NAME=VALUE".to_owned()),
    }
}

/// Runs the command. Its output goes to stdout unchanged, also in a pipe; with `--format json` as records.
pub async fn run(context: &Context, args: &RunArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    if let Some(name) = &args.attach {
        return attach(context, &service, name, args.log_wait).await;
    }
    let live = service.read().await?;
    let mut revision = service.running_revision(&live).await?;
    let image = match (&args.image, &args.tag) {
        (Some(image), _) => Some(image_ref::resolve(&service, image).await?),
        (None, Some(tag)) => Some(image_ref::resolve_tag(&service, tag).await?),
        (None, None) => None,
    };
    if let Some(image) = image {
        // A task always has the image of its revision: this registers the revision that a deployment of the image would use.
        let arn = with_image(context, &service, &revision, &image, None).await?;
        revision = service.revision(&arn).await?;
    }
    let overrides = overrides(args, &revision, &service.ctx().clients.names.container)?;
    let network = live
        .network_configuration()
        .cloned()
        .ok_or_else(|| Error::failed("the service has no network").hint("run rd-ecs apply"))?;
    let arn = start(&service, &revision, &overrides, &network).await?;
    let id = last(&arn);
    let records = context.flags.format == Some(Format::Json);
    if args.detach {
        context.printer.text(&match records {
            true => format!("{}\n", json!({"type": "started", "task": id})),
            false => format!("{id}\n"),
        });
        return Ok(Exit::Done);
    }
    let followed = Followed {
        context,
        service: &service,
        arn: &arn,
        id,
        records,
        stop_when_interrupted: true,
        timeout: args.timeout,
        log_wait: args.log_wait,
        step: context.progress.step(id, false),
    };
    let stream = logs::stream(
        &revision.definition,
        &service.ctx().clients.names.container,
        id,
    );
    followed.follow(stream).await
}

/// Follows a task that runs, or that has stopped within the last hour, from the beginning of its output.
async fn attach(
    context: &Context,
    service: &ServiceContext,
    name: &str,
    log_wait: Duration,
) -> Result<Exit> {
    let ctx = service.ctx();
    let task = tasks::named(ctx, &service.cluster, name).await?;
    let revision = ctx.clients.reads.definition(&task.task_definition).await?;
    let stream = revision.and_then(|revision| {
        logs::stream(&revision.definition, &ctx.clients.names.container, &task.id)
    });
    let followed = Followed {
        context,
        service,
        arn: &task.arn,
        id: &task.id,
        records: context.flags.format == Some(Format::Json),
        stop_when_interrupted: false,
        timeout: None,
        log_wait,
        step: context.progress.step(&task.id, false),
    };
    followed.follow(stream).await
}

/// The command, the variables and the size of the task, in place of those of the revision.
fn overrides(args: &RunArgs, revision: &TaggedRevision, container: &str) -> Result<TaskOverride> {
    let own = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
    let cpu = args.cpu.unwrap_or_else(|| own(revision.definition.cpu()));
    let memory = args
        .memory
        .unwrap_or_else(|| own(revision.definition.memory()));
    fargate_sizes::check(cpu, memory).map_err(|allowed| {
        Error::usage(format!(
            "Fargate has no task size of {cpu} CPU and {memory} MiB"
        ))
        .hint(allowed)
    })?;
    let environment = args
        .env
        .iter()
        .map(|(name, value)| KeyValuePair::builder().name(name).value(value).build());
    let container = ContainerOverride::builder()
        .name(container)
        .set_command(Some(args.command.clone()))
        .set_environment(Some(environment.collect()));
    Ok(TaskOverride::builder()
        .set_cpu(args.cpu.map(|cpu| cpu.to_string()))
        .set_memory(args.memory.map(|memory| memory.to_string()))
        .container_overrides(container.build())
        .build())
}

/// Starts the task exactly once: the idempotency token is the same for every attempt.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html>
async fn start(
    service: &ServiceContext,
    revision: &TaggedRevision,
    overrides: &TaskOverride,
    network: &NetworkConfiguration,
) -> Result<String> {
    let ctx = service.ctx();
    let token = uuid::Uuid::new_v4().to_string();
    // Not on Spot: AWS must not interrupt a migration.
    let fargate = CapacityProviderStrategyItem::builder()
        .capacity_provider("FARGATE")
        .weight(1)
        .build()
        .map_err(|e| {
            Error::failed(format!("the capacity provider strategy is incomplete: {e}")).caused_by(e)
        })?;
    let definition = revision
        .definition
        .task_definition_arn()
        .unwrap_or_default();
    let once = async || {
        let call = ctx
            .clients
            .ecs
            .run_task()
            .cluster(&service.cluster)
            .task_definition(definition)
            .client_token(&token)
            .count(1)
            .started_by(STARTED_BY)
            .overrides(overrides.clone())
            .network_configuration(network.clone())
            .capacity_provider_strategy(fargate.clone())
            .enable_ecs_managed_tags(true)
            .enable_execute_command(service.slice.config.exec)
            .propagate_tags(PropagateTags::TaskDefinition);
        let answer = call.send().await.doing("start the task")?;
        if let Some(arn) = answer.tasks().first().and_then(|task| task.task_arn()) {
            return Ok(arn.to_owned());
        }
        let failure = answer.failures().first();
        let reason = failure.and_then(|failure| failure.reason());
        Err(Error::failed(format!(
            "cannot start the task: {}",
            reason.unwrap_or("AWS gave no reason")
        ))
        .hint("if AWS has no capacity, run it again later; rd-ecs diagnose explains other reasons"))
    };
    for attempt in 0..MAX_ATTEMPTS {
        match propagation::retry_while_refused(ctx, once).await {
            Err(error) if error.retry != Retry::Never && attempt + 1 < MAX_ATTEMPTS => {
                ctx.pause(backoff(attempt)).await?;
            }
            done => return done,
        }
    }
    Err(Error::interrupted())
}
