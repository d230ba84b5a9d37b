//! `run`: a command in a task of its own, such as a database migration. Its output is our output to the last line, and
//! its exit code is our exit code.

use crate::config::fargate_sizes;
use crate::images::image_ref;
use crate::names::{CONTAINER, last};
use crate::read::Described;
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
use rd_common::resource::ctx::MAX_ATTEMPTS;
use rd_common::resource::progress::Step;
use rd_common::resource::wait::{Deadline, backoff};
use rd_common::{Error, Exit, Result, Retry};
use rd_iam::propagation;
use serde_json::json;
use std::time::Duration;

/// Flags of `run`.
#[derive(clap::Args, Clone, Debug)]
pub struct RunArgs {
    /// Another image than the one that runs: a reference, or a digest in the stack's repository
    #[arg(long, value_name = "REF", conflicts_with = "tag")]
    image: Option<String>,
    /// A tag in the stack's repository
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// CPU units of the task; else as the service has
    #[arg(long, value_name = "UNITS")]
    cpu: Option<u32>,
    /// Memory of the task in MiB; else as the service has
    #[arg(long, value_name = "MIB")]
    memory: Option<u32>,
    /// A variable for the command, such as DRY_RUN=1; may be repeated. It can be read in the task's description: no secrets
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// Stop the task after this time, and exit with 124
    #[arg(long, value_parser = duration, value_name = "TIME")]
    timeout: Option<Duration>,
    /// How long to wait for more output once the task has stopped: logs come late
    #[arg(long, default_value = "6s", value_parser = duration, value_name = "TIME")]
    log_wait: Duration,
    /// What to run
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<String>,
}

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(1500);

/// What `started_by` says of such tasks.
const STARTED_BY: &str = "rd-ecs run";

fn variable(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a variable is written like NAME=VALUE".to_owned()),
    }
}

/// Why the task was stopped by us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stopped {
    TimedOut,
    Interrupted,
}

/// Runs it. The command's output goes to stdout as it is, in a pipe as well; `--format json` makes records of it.
pub async fn run(context: &Context, args: &RunArgs) -> Result<Exit> {
    let service_context = ServiceContext::open(context).await?;
    let service = service_context.read().await?;
    let mut runs = service_context.runs(&service).await?;
    let image = match (&args.image, &args.tag) {
        (Some(image), _) => Some(image_ref::resolve(&service_context, image).await?),
        (None, Some(tag)) => Some(image_ref::tagged(&service_context, tag).await?),
        (None, None) => None,
    };
    if let Some(image) = image {
        // A task has the image of a revision, and nothing else: the one that a deployment of it will take as well.
        let revision = with_image(context, &service_context, &runs, &image).await?;
        runs = service_context.revision(&revision).await?;
    }
    let overrides = overrides(args, &runs)?;
    let network = service
        .network_configuration()
        .cloned()
        .ok_or_else(|| Error::failed("the service has no network").hint("run rd-ecs apply"))?;
    let arn = start(&service_context, &runs, &overrides, &network).await?;
    let running = Running {
        context,
        service_context: &service_context,
        arn: &arn,
        records: context.flags.format == Some(Format::Json),
        step: context.progress.step(last(&arn), false),
    };
    let stream = logs::stream(&runs.definition, CONTAINER, last(&arn));
    running.to_the_end(stream, args).await
}

fn overrides(args: &RunArgs, runs: &Described) -> Result<TaskOverride> {
    let own = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
    let cpu = args.cpu.unwrap_or_else(|| own(runs.definition.cpu()));
    let memory = args.memory.unwrap_or_else(|| own(runs.definition.memory()));
    fargate_sizes::check(cpu, memory).map_err(|allowed| {
        Error::usage(format!(
            "Fargate has no tasks of {cpu} CPU and {memory} MiB"
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

/// Starts the task once: its token is the same for every attempt.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html>
async fn start(
    service_context: &ServiceContext,
    runs: &Described,
    overrides: &TaskOverride,
    network: &NetworkConfiguration,
) -> Result<String> {
    let ctx = service_context.ctx();
    let token = uuid::Uuid::new_v4().to_string();
    // One that is in the middle of a migration is not to be taken away: no Spot.
    let fargate = CapacityProviderStrategyItem::builder()
        .capacity_provider("FARGATE")
        .weight(1)
        .build()
        .map_err(|e| Error::failed(format!("the capacity is incomplete: {e}")))?;
    let definition = runs.definition.task_definition_arn().unwrap_or_default();
    let once = async || {
        let call = ctx
            .clients
            .ecs_once
            .run_task()
            .cluster(&service_context.cluster)
            .task_definition(definition)
            .client_token(&token)
            .count(1)
            .started_by(STARTED_BY)
            .overrides(overrides.clone())
            .network_configuration(network.clone())
            .capacity_provider_strategy(fargate.clone())
            .enable_ecs_managed_tags(true)
            .enable_execute_command(service_context.slice_context.config.exec)
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
        .hint("no capacity passes: run it again; rd-ecs diagnose knows other reasons"))
    };
    for attempt in 0..MAX_ATTEMPTS {
        match propagation::waited_out(ctx, once).await {
            Err(error) if error.retry != Retry::Never && attempt + 1 < MAX_ATTEMPTS => {
                ctx.pause(backoff(attempt)).await?;
            }
            done => return done,
        }
    }
    Err(Error::interrupted())
}

struct Running<'a> {
    context: &'a Context,
    service_context: &'a ServiceContext,
    arn: &'a str,
    records: bool,
    step: Step,
}

impl Running<'_> {
    async fn to_the_end(&self, mut stream: Option<Stream>, args: &RunArgs) -> Result<Exit> {
        let ctx = self.service_context.ctx();
        let deadline = args.timeout.map(|limit| ctx.clock.deadline(limit));
        let mut stopped = None;
        let mut lost = false;
        let task = loop {
            self.print(&mut stream, &mut lost).await;
            let task = self.look().await?;
            if let Some(task) = task.as_ref().filter(|task| task.has_stopped()) {
                break task.clone();
            }
            self.step.say(&task.map_or_else(
                || "asked for".to_owned(),
                |task| task.last_status.to_lowercase(),
            ));
            if stopped.is_some() {
                ctx.clock.sleep(PAUSE).await;
            } else if deadline.as_ref().is_some_and(Deadline::is_over) {
                stopped = Some(Stopped::TimedOut);
                self.stop("rd-ecs run: the time is up").await?;
            } else if ctx.pause(PAUSE).await.is_err() {
                stopped = Some(Stopped::Interrupted);
                self.stop("rd-ecs run: interrupted").await?;
            }
        };
        self.last_lines(&mut stream, &mut lost, &task, args.log_wait)
            .await;
        if lost {
            print_warning(
                "some of the output could not be read",
                &format!("it is in the log group: rd-logs tail --task {}", task.id),
            );
        }
        self.end(&task, stopped)
    }

    /// Lines come for some seconds after a task has stopped: reads until none has come for a while.
    async fn last_lines(
        &self,
        stream: &mut Option<Stream>,
        lost: &mut bool,
        task: &Task,
        wait: Duration,
    ) {
        // What never ran has printed nothing.
        if task.exit_code.is_none() {
            return self.print(stream, lost).await;
        }
        let clock = self.service_context.ctx().clock;
        let mut quiet = clock.deadline(wait);
        loop {
            if self.count(stream, lost).await > 0 {
                quiet = clock.deadline(wait);
            }
            if quiet.is_over() {
                return;
            }
            self.step.say("stopped; waiting for its last lines");
            clock.sleep(PAUSE.min(wait)).await;
        }
    }

    async fn print(&self, stream: &mut Option<Stream>, lost: &mut bool) {
        self.count(stream, lost).await;
    }

    /// Prints what is new, and says how many lines. What cannot be read now is read the next time.
    async fn count(&self, stream: &mut Option<Stream>, lost: &mut bool) -> usize {
        let Some(stream) = stream else {
            return 0;
        };
        match stream.more(self.service_context.ctx()).await {
            Ok(lines) => {
                *lost = false;
                let text: String = lines.iter().map(|line| self.line(line)).collect();
                if !text.is_empty() {
                    self.context.printer.text(&text);
                }
                lines.len()
            }
            Err(error) => {
                *lost = true;
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

    async fn look(&self) -> Result<Option<Task>> {
        let arns = [self.arn.to_owned()];
        Ok(tasks::read(
            self.service_context.ctx(),
            &self.service_context.cluster,
            &arns,
        )
        .await?
        .pop())
    }

    async fn stop(&self, reason: &str) -> Result<()> {
        let call = self.service_context.ctx().clients.ecs.stop_task();
        let call = call.cluster(&self.service_context.cluster).task(self.arn);
        call.reason(reason)
            .send()
            .await
            .doing("stop the task")
            .map(|_| ())
    }

    fn end(&self, task: &Task, stopped: Option<Stopped>) -> Result<Exit> {
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
                    "the time was up: the task was stopped",
                    "give it more with --timeout",
                );
                Ok(Exit::TimedOut)
            }
            (Some(Stopped::Interrupted), _) => {
                Err(Error::interrupted().hint("the task was stopped"))
            }
            (None, Some(0)) => Ok(Exit::Done),
            // 1 to 255 are all that a process has.
            (None, Some(code)) => Ok(Exit::Code(u8::try_from(code).unwrap_or(1))),
            (None, None) => Err(Error::failed(format!(
                "the command never ran, or ended without an exit code: {}",
                task.why()
            ))
            .hint(format!(
                "rd-ecs diagnose --task {} says what to do",
                task.id
            ))),
        }
    }
}
