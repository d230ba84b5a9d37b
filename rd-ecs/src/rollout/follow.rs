//! Follows a deployment to its end: prints the number of tasks in each state, and events and stopped tasks as they arrive.

use crate::kinds::service::deployments::{self, Deployment};
use crate::names::revision;
use crate::service_context::ServiceContext;
use crate::tasks::{self, Task, TaskScope};
use crate::time::timestamp;
use jiff::Timestamp;
use rd_common::context::Context;
use rd_common::output::style::{DIM, ERROR, OK, paint};
use rd_common::{Error, Result};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The shortest pause between two reads.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);

/// How long AWS may take to say why the last tasks of a failed deployment stopped.
const REASONS_WITHIN: Duration = Duration::from_secs(60);

/// Why the following ended.
pub enum Ending {
    /// The deployment has ended.
    Over(Deployment),
    /// The user interrupted; the deployment continues.
    Interrupted(Deployment),
    /// The time limit is over; the deployment continues.
    TimedOut(Deployment),
}

/// Follows one deployment, and remembers what it has printed.
pub struct Follow<'a> {
    context: &'a Context,
    service: &'a ServiceContext,
    /// Events and tasks before this time belong to earlier deployments.
    since: Timestamp,
    events: BTreeSet<String>,
    stopped: BTreeSet<String>,
    /// Whether tasks of the deployment are stopping, and AWS does not say yet why.
    has_unexplained: bool,
    /// The tasks of the deployment that have stopped.
    pub failed: Vec<Task>,
}

impl<'a> Follow<'a> {
    /// For a deployment that began at `since`, by AWS's clock.
    pub fn new(context: &'a Context, service: &'a ServiceContext, since: Timestamp) -> Self {
        Self {
            context,
            service,
            since,
            events: BTreeSet::new(),
            stopped: BTreeSet::new(),
            has_unexplained: false,
            failed: Vec::new(),
        }
    }

    /// Follows until the deployment ends, `limit` is over, or the user interrupts. With `ignore_interrupts`, an interrupt does
    /// not end it.
    pub async fn until_over(
        &mut self,
        arn: &str,
        limit: Duration,
        ignore_interrupts: bool,
    ) -> Result<Ending> {
        let ctx = self.service.ctx();
        let deadline = ctx.clock.deadline(limit);
        let step = self
            .context
            .progress
            .step(&ctx.clients.names.service, false);
        loop {
            let read = deployments::read(ctx, vec![arn.to_owned()]).await?;
            let now = read
                .into_iter()
                .next()
                .ok_or_else(|| Error::failed("AWS has no record of the deployment"))?;
            let states = self.print_news(&now).await?;
            step.say(&line(&now, &states));
            if now.is_over() {
                if !now.succeeded() {
                    self.wait_for_reasons(&now).await?;
                }
                return Ok(Ending::Over(now));
            }
            if deadline.is_over() {
                return Ok(Ending::TimedOut(now));
            }
            let pause = deadline.pause_from(SHORTEST_PAUSE);
            if ignore_interrupts {
                ctx.clock.sleep(pause).await;
            } else if ctx.pause(pause).await.is_err() {
                return Ok(Ending::Interrupted(now));
            }
        }
    }

    /// Reads on until AWS says why each task of a failed deployment stopped.
    async fn wait_for_reasons(&mut self, deployment: &Deployment) -> Result<()> {
        let clock = &self.service.ctx().clock;
        let deadline = clock.deadline(REASONS_WITHIN);
        while self.has_unexplained && !deadline.is_over() {
            clock.sleep(deadline.pause_from(SHORTEST_PAUSE)).await;
            self.print_news(deployment).await?;
        }
        Ok(())
    }

    /// Prints new events and stopped tasks, and counts the deployment's tasks by their state.
    async fn print_news(&mut self, deployment: &Deployment) -> Result<BTreeMap<String, usize>> {
        let (ctx, service) = (self.service.ctx(), self.service);
        let live = service.read().await?;
        let mut events: Vec<_> = live
            .events()
            .iter()
            .filter_map(|event| {
                let at = timestamp(event.created_at())?;
                Some((at, event.id()?.to_owned(), event.message()?.to_owned()))
            })
            .filter(|(at, id, _)| {
                let over = deployment.finished_at.is_some_and(|end| *at > end);
                *at >= self.since && !over && !self.events.contains(id)
            })
            .collect();
        events.sort();
        for (at, id, message) in events {
            self.events.insert(id);
            self.print(
                &json!({"type": "event", "at": at, "message": message}),
                &format!("{}  {message}", paint(DIM, clock(at))),
            );
        }
        let scope = TaskScope::Service(&service.name);
        let stopped = tasks::ids(ctx, &service.cluster, scope, true).await?;
        let new: Vec<String> = stopped
            .into_iter()
            .filter(|arn| !self.stopped.contains(arn))
            .collect();
        self.has_unexplained = false;
        for task in tasks::read(ctx, &service.cluster, &new).await? {
            let is_new = task.created_at.is_some_and(|at| at >= self.since);
            if !is_new || task.task_definition != deployment.task_definition {
                self.stopped.insert(task.arn);
                continue;
            }
            if !task.is_explained() {
                self.has_unexplained = true;
                continue;
            }
            self.stopped.insert(task.arn.clone());
            let why = task.why();
            self.print(
                &json!({"type": "task", "task": task.id, "status": task.last_status, "exit_code": task.exit_code, "why": why}),
                &format!("{}  task {} stopped: {why}", paint(ERROR, "✗"), task.id),
            );
            self.failed.push(task);
        }
        let mut states: BTreeMap<String, usize> = BTreeMap::new();
        for task in tasks::list(ctx, &service.cluster, scope, false).await? {
            if task.task_definition == deployment.task_definition {
                let health = match task.health.as_str() {
                    "HEALTHY" | "UNHEALTHY" => format!(" {}", task.health.to_lowercase()),
                    _ => String::new(),
                };
                let state = format!("{}{health}", task.last_status.to_lowercase());
                *states.entry(state).or_default() += 1;
            }
        }
        Ok(states)
    }

    fn print(&self, record: &serde_json::Value, text: &str) {
        let line = match self.context.printer.is_json() {
            true => record.to_string(),
            false => text.to_owned(),
        };
        self.context.printer.text(&format!("{line}\n"));
    }

    /// Prints that the deployment has started, for `--no-wait`.
    pub fn print_started(&self, deployment: &Deployment) {
        let number = number(deployment);
        self.print(
            &record(deployment),
            &format!("revision {number} is being deployed; rd-ecs wait follows it"),
        );
    }

    /// Prints how the deployment ended.
    pub fn print_end(&self, deployment: &Deployment) {
        let mark = match deployment.succeeded() {
            true => paint(OK, "✓"),
            false => paint(ERROR, "✗"),
        };
        let number = number(deployment);
        let text = match deployment.succeeded() {
            true => format!("{mark}  revision {number}: {} running", deployment.running),
            false => format!("{mark}  revision {number}: {}", deployment.why()),
        };
        self.print(&record(deployment), &text);
    }
}

fn number(deployment: &Deployment) -> String {
    revision(&deployment.task_definition).map_or_else(|| "?".to_owned(), |n| n.to_string())
}

fn record(deployment: &Deployment) -> serde_json::Value {
    let mut record = json!({
        "type": "deployment",
        "revision": revision(&deployment.task_definition),
        "ok": deployment.succeeded(),
    });
    if let (Some(members), serde_json::Value::Object(more)) =
        (record.as_object_mut(), json!(deployment))
    {
        members.extend(more);
    }
    record
}

/// The local time of day.
fn clock(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%H:%M:%S")
        .to_string()
}

/// The progress of a deployment in one line.
fn line(now: &Deployment, states: &BTreeMap<String, usize>) -> String {
    let mut parts = vec![now.status.to_lowercase().replace('_', " ")];
    let states = states
        .iter()
        .map(|(state, count)| format!("{count} {state}"));
    parts.push(format!(
        "desired {}, running {}",
        now.requested, now.running
    ));
    parts.extend(states);
    if now.failed > 0 {
        parts.push(match now.threshold {
            0 => format!("{} failed", now.failed),
            threshold => format!("{} failed, rollback at {threshold}", now.failed),
        });
    }
    parts.join(" · ")
}
