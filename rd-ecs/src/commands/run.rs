//! `run`: runs a command in a new task, such as a database migration. Prints its output to the last line, and exits with
//! its exit code.

use crate::config::fargate_sizes;
use crate::images::image_ref;
use crate::names::{CONTAINER, last};
use crate::read::TaggedRevision;
use crate::rollout::revision::with_image;
use crate::service_context::ServiceContext;
use crate::tasks::logs::{self, Line, Stream};
use crate::tasks::{self, Task};
use aws_sdk_ecs::types::{
    CapacityProviderStrategyItem, ContainerOverride, KeyValuePair, NetworkConfiguration,
    PropagateTags, TaskOverride,
};
use rd_common::aws::Explain;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
use rd_common::output::printer::{Format, print_warning};
use rd_common::resource::patience::MAX_ATTEMPTS;
use rd_common::resource::progress::Step;
use rd_common::resource::wait::{Deadline, backoff};
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
    /// How long to wait for more output after the task has stopped, because logs arrive late
    #[arg(long, default_value = "6s", value_parser = duration, value_name = "TIME")]
    log_wait: Duration,
    /// The program to run, with its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

/// The pause between two reads of the task.
const POLL_INTERVAL: Duration = Duration::from_millis(1500);

/// The value of `startedBy` in these tasks, by which rd-ecs tasks shows them.
const STARTED_BY: &str = "rd-ecs run";

fn variable(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("not in the form NAME=VALUE".to_owned()),
    }
}

/// Why this program stopped the task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stopped {
    TimedOut,
    Interrupted,
}

/// Runs the command. Its output goes to stdout unchanged, also in a pipe; with `--format json` as records.
pub async fn run(context: &Context, args: &RunArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    let live = service.read().await?;
    let mut revision = service.running_revision(&live).await?;
    let image = match (&args.image, &args.tag) {
        (Some(image), _) => Some(image_ref::resolve(&service, image).await?),
        (None, Some(tag)) => Some(image_ref::resolve_tag(&service, tag).await?),
        (None, None) => None,
    };
    if let Some(image) = image {
        // A task always has the image of its revision: this registers the revision that a deployment of the image would use.
        let arn = with_image(context, &service, &revision, &image).await?;
        revision = service.revision(&arn).await?;
    }
    let overrides = overrides(args, &revision)?;
    let network = live
        .network_configuration()
        .cloned()
        .ok_or_else(|| Error::failed("the service has no network").hint("run rd-ecs apply"))?;
    let arn = start(&service, &revision, &overrides, &network).await?;
    let running = Running {
        context,
        service: &service,
        arn: &arn,
        records: context.flags.format == Some(Format::Json),
        step: context.progress.step(last(&arn), false),
    };
    let stream = logs::stream(&revision.definition, CONTAINER, last(&arn));
    running.follow(stream, args).await
}

/// The command, the variables and the size of the task, in place of those of the revision.
fn overrides(args: &RunArgs, revision: &TaggedRevision) -> Result<TaskOverride> {
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
        .name(CONTAINER)
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

/// A started task whose output is printed.
struct Running<'a> {
    context: &'a Context,
    service: &'a ServiceContext,
    arn: &'a str,
    records: bool,
    step: Step,
}

impl Running<'_> {
    /// Prints the output until the task has stopped. Stops it after `--timeout`, or when the user interrupts.
    async fn follow(&self, mut stream: Option<Stream>, args: &RunArgs) -> Result<Exit> {
        let ctx = self.service.ctx();
        let deadline = args.timeout.map(|limit| ctx.clock.deadline(limit));
        let mut stopped = None;
        let mut unread = false;
        let task = loop {
            self.print_new_lines(&mut stream, &mut unread).await;
            let task = self.read_task().await?;
            if let Some(task) = task.as_ref().filter(|task| task.has_stopped()) {
                break task.clone();
            }
            self.step.say(&task.map_or_else(
                || "requested".to_owned(),
                |task| task.last_status.to_lowercase(),
            ));
            if stopped.is_some() {
                ctx.clock.sleep(POLL_INTERVAL).await;
            } else if deadline.as_ref().is_some_and(Deadline::is_over) {
                stopped = Some(Stopped::TimedOut);
                self.stop("rd-ecs run: timed out").await?;
            } else if ctx.pause(POLL_INTERVAL).await.is_err() {
                stopped = Some(Stopped::Interrupted);
                self.stop("rd-ecs run: interrupted").await?;
            }
        };
        self.print_last_lines(&mut stream, &mut unread, &task, args.log_wait)
            .await;
        if unread {
            print_warning(
                "part of the output could not be read",
                &format!(
                    "the log group has all of it: rd-logs tail --task {}",
                    task.id
                ),
            );
        }
        self.report_exit(&task, stopped)
    }

    /// Lines arrive for some seconds after a task has stopped: prints until none has arrived for `wait`.
    async fn print_last_lines(
        &self,
        stream: &mut Option<Stream>,
        unread: &mut bool,
        task: &Task,
        wait: Duration,
    ) {
        // A container that never ran has printed nothing.
        if task.exit_code.is_none() {
            self.print_new_lines(stream, unread).await;
            return;
        }
        let clock = self.service.ctx().clock;
        let mut quiet = clock.deadline(wait);
        loop {
            if self.print_new_lines(stream, unread).await > 0 {
                quiet = clock.deadline(wait);
            }
            if quiet.is_over() {
                return;
            }
            self.step.say("stopped; waiting for its last lines");
            clock.sleep(POLL_INTERVAL.min(wait)).await;
        }
    }

    /// Prints the new lines and returns their number. If they cannot be read, `unread` is set, and the next call reads them.
    async fn print_new_lines(&self, stream: &mut Option<Stream>, unread: &mut bool) -> usize {
        let Some(stream) = stream else {
            return 0;
        };
        match stream.read_new(self.service.ctx()).await {
            Ok(lines) => {
                *unread = false;
                let text: String = lines.iter().map(|line| self.line(line)).collect();
                if self.records {
                    self.context.printer.text(&text);
                } else {
                    self.context.printer.log(&text);
                }
                self.context.printer.room().await;
                lines.len()
            }
            Err(error) => {
                *unread = true;
                self.step.say(&error.summary);
                0
            }
        }
    }

    fn line(&self, line: &Line) -> String {
        match self.records {
            true => format!(
                "{}\n",
                json!({"type": "log", "at": line.at, "message": line.message})
            ),
            false => format!("{}\n", line.message),
        }
    }

    async fn read_task(&self) -> Result<Option<Task>> {
        let arns = [self.arn.to_owned()];
        Ok(
            tasks::read(self.service.ctx(), &self.service.cluster, &arns)
                .await?
                .pop(),
        )
    }

    async fn stop(&self, reason: &str) -> Result<()> {
        let call = self.service.ctx().clients.ecs.stop_task();
        let call = call.cluster(&self.service.cluster).task(self.arn);
        let call = call.reason(reason);
        // Not with a pause of the context, which ends at once where the user has asked to stop.
        let mut attempt = 0;
        loop {
            match call.clone().send().await.doing("stop the task") {
                Err(error) if error.retry != Retry::Never && attempt < MAX_ATTEMPTS => {
                    self.service.ctx().clock.sleep(backoff(attempt)).await;
                    attempt += 1;
                }
                done => return done.map(|_| ()),
            }
        }
    }

    /// Prints the exit record, and returns the exit code of the command.
    fn report_exit(&self, task: &Task, stopped: Option<Stopped>) -> Result<Exit> {
        if self.records {
            let record = json!({
                "type": "exit", "task": task.id, "exit_code": task.exit_code, "why": task.why(),
                "timed_out": stopped == Some(Stopped::TimedOut),
            });
            self.context.printer.text(&format!("{record}\n"));
        }
        match (stopped, task.exit_code) {
            (Some(Stopped::TimedOut), _) => {
                print_warning(
                    "timed out: the task was stopped",
                    "raise --timeout if it needs longer",
                );
                Ok(Exit::TimedOut)
            }
            (Some(Stopped::Interrupted), _) => {
                Err(Error::interrupted().hint("the task was stopped"))
            }
            (None, Some(0)) => Ok(Exit::Done),
            // A process exits with 0 to 255.
            (None, Some(code)) => Ok(Exit::Code(u8::try_from(code).unwrap_or(1))),
            (None, None) => Err(Error::failed(format!(
                "the command never ran, or exited without an exit code: {}",
                task.why()
            ))
            .hint(format!(
                "rd-ecs diagnose --task {} shows what to do",
                task.id
            ))),
        }
    }
}
