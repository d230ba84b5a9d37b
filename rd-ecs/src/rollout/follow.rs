//! Following a deployment to its end: tasks by state, events and stopped tasks as they come.

use crate::kinds::service::deployments::{self, Deployment};
use crate::names::{api, revision};
use crate::service_context::ServiceContext;
use crate::tasks::{self, Of, Task};
use crate::time::timestamp;
use jiff::Timestamp;
use rd_common::context::Context;
use rd_common::output::style::{DIM, ERROR, OK, paint};
use rd_common::{Error, Result};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The shortest pause between two looks.
const PAUSE: Duration = Duration::from_secs(2);

/// How following ended.
pub enum Ending {
    /// The deployment is over.
    Over(Deployment),
    /// It goes on; the user asked to stop.
    Interrupted(Deployment),
    /// It goes on; the time is up.
    TimedOut(Deployment),
}

/// A deployment that is followed.
pub struct Follow<'a> {
    context: &'a Context,
    service_context: &'a ServiceContext,
    /// From when on events count.
    since: Timestamp,
    events: BTreeSet<String>,
    stopped: BTreeSet<String>,
    /// Tasks that stopped of the followed revision.
    pub failed: Vec<Task>,
}

impl<'a> Follow<'a> {
    /// Follows what began at `since`.
    pub fn new(
        context: &'a Context,
        service_context: &'a ServiceContext,
        since: Timestamp,
    ) -> Self {
        Self {
            context,
            service_context,
            since,
            events: BTreeSet::new(),
            stopped: BTreeSet::new(),
            failed: Vec::new(),
        }
    }

    /// Until it is over, or `limit` is, or the user asks to stop; the last not where `to_the_end`.
    pub async fn until_over(
        &mut self,
        arn: &str,
        limit: Duration,
        to_the_end: bool,
    ) -> Result<Ending> {
        let ctx = self.service_context.ctx();
        let deadline = ctx.clock.deadline(limit);
        let step = self.context.progress.step(&api(&ctx.stack), false);
        loop {
            let read = deployments::read(ctx, vec![arn.to_owned()]).await?;
            let now = read
                .into_iter()
                .next()
                .ok_or_else(|| Error::failed("AWS knows the deployment no more"))?;
            let states = self.look(&now).await?;
            step.say(&line(&now, &states));
            if now.is_over() {
                return Ok(Ending::Over(now));
            }
            if deadline.is_over() {
                return Ok(Ending::TimedOut(now));
            }
            let pause = deadline.pause_from(PAUSE);
            if to_the_end {
                ctx.clock.sleep(pause).await;
            } else if ctx.pause(pause).await.is_err() {
                return Ok(Ending::Interrupted(now));
            }
        }
    }

    /// Tells what is new, and counts the tasks of the deployment by their state.
    async fn look(&mut self, deployment: &Deployment) -> Result<BTreeMap<String, usize>> {
        let (ctx, service_context) = (self.service_context.ctx(), self.service_context);
        let service = service_context.read().await?;
        let mut events: Vec<_> = service
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
            self.tell(
                &json!({"type": "event", "at": at, "message": message}),
                &format!("{}  {message}", paint(DIM, clock(at))),
            );
        }
        let of = Of::Service(&service_context.family);
        let gone = tasks::ids(ctx, &service_context.cluster, of, true).await?;
        let new: Vec<String> = gone
            .into_iter()
            .filter(|arn| self.stopped.insert(arn.clone()))
            .collect();
        for task in tasks::read(ctx, &service_context.cluster, &new).await? {
            let begun = task.created_at.is_some_and(|at| at >= self.since);
            if !begun || task.task_definition != deployment.task_definition {
                continue;
            }
            let why = task.why();
            self.tell(
                &json!({"type": "task", "task": task.id, "status": task.last_status, "exit_code": task.exit_code, "why": why}),
                &format!("{}  task {} stopped: {why}", paint(ERROR, "✗"), task.id),
            );
            self.failed.push(task);
        }
        let mut states: BTreeMap<String, usize> = BTreeMap::new();
        for task in tasks::list(ctx, &service_context.cluster, of, false).await? {
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

    fn tell(&self, record: &serde_json::Value, text: &str) {
        let line = match self.context.printer.is_json() {
            true => record.to_string(),
            false => text.to_owned(),
        };
        self.context.printer.text(&format!("{line}\n"));
    }

    /// Tells that it goes on without us.
    pub fn print_started(&self, deployment: &Deployment) {
        let number = number(deployment);
        self.tell(
            &record(deployment),
            &format!("revision {number} is being deployed: rd-ecs wait follows it"),
        );
    }

    /// Tells how it ended.
    pub fn print_end(&self, deployment: &Deployment) {
        let mark = match deployment.succeeded() {
            true => paint(OK, "✓"),
            false => paint(ERROR, "✗"),
        };
        let number = number(deployment);
        let text = match deployment.succeeded() {
            true => format!(
                "{mark}  revision {number} runs: {} tasks",
                deployment.running
            ),
            false => format!("{mark}  revision {number}: {}", deployment.why()),
        };
        self.tell(&record(deployment), &text);
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

fn clock(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system())
        .strftime("%H:%M:%S")
        .to_string()
}

fn line(now: &Deployment, states: &BTreeMap<String, usize>) -> String {
    let mut parts = vec![now.status.to_lowercase().replace('_', " ")];
    let states = states
        .iter()
        .map(|(state, count)| format!("{count} {state}"));
    parts.push(format!("{} of {} run", now.running, now.requested));
    parts.extend(states);
    if now.failed > 0 {
        parts.push(match now.threshold {
            0 => format!("{} failed", now.failed),
            threshold => format!("{} failed, given up at {threshold}", now.failed),
        });
    }
    parts.join(" · ")
}
