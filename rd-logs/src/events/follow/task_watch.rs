//! Asks `rd-ecs tasks`, again and again, whether an ECS task has stopped. Only rd-ecs calls ECS.

use rd_common::context::Context;
use rd_common::other_program;
use rd_common::resource::wait::Clock;
use rd_common::{Error, Result};
use serde::Deserialize;
use std::process::Stdio;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// The pause between two runs of rd-ecs.
const ASK_EVERY: Duration = Duration::from_secs(5);
/// The number of failed runs in a row after which the tail fails.
const MAX_FAILURES: u32 = 5;

/// The members that are used of a task in the output of `rd-ecs tasks --task ID --format json`.
#[derive(Clone, Debug, Deserialize)]
struct Task {
    last_status: String,
    #[serde(default)]
    stopped_at: Option<jiff::Timestamp>,
}

/// The time at which the task stopped, in milliseconds since 1970; none while it runs.
type StoppedAt = Result<Option<i64>>;

/// Watches one ECS task.
pub struct TaskWatch {
    command: Box<dyn Fn() -> Result<std::process::Command>>,
    task: String,
    last_run: Option<Instant>,
    answer: Option<oneshot::Receiver<StoppedAt>>,
    stopped_at: Option<i64>,
    failures: u32,
}

impl TaskWatch {
    /// How long after the stop of a task its last events may become visible.
    pub const LAST_EVENTS: Duration = Duration::from_secs(15);

    /// Watches a task, given by its id or ARN. Fails if rd-ecs is not installed.
    pub fn new(context: &Context, task: &str) -> Result<Self> {
        let arguments = ["tasks", "--task", task, "--format", "json"];
        let prepared = other_program::command(context, "ecs", &arguments)?;
        Ok(Self {
            command: Box::new(move || {
                let mut command = std::process::Command::new(prepared.get_program());
                command.args(prepared.get_args());
                Ok(command)
            }),
            task: task.to_owned(),
            last_run: None,
            answer: None,
            stopped_at: None,
            failures: 0,
        })
    }

    /// The time at which the task stopped, in milliseconds since 1970; none while it runs. Returns at once: rd-ecs runs
    /// in the background.
    pub async fn stopped_at(&mut self, clock: Clock) -> StoppedAt {
        if self.stopped_at.is_some() {
            return Ok(self.stopped_at);
        }
        if let Some(answer) = &mut self.answer {
            match answer.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => return Ok(None),
                Err(oneshot::error::TryRecvError::Closed) => {}
                Ok(Ok(stopped_at)) => {
                    self.failures = 0;
                    self.stopped_at = stopped_at;
                }
                Ok(Err(error)) => {
                    self.failures += 1;
                    if self.failures >= MAX_FAILURES {
                        return Err(error);
                    }
                }
            }
            self.answer = None;
        }
        let due = self
            .last_run
            .is_none_or(|last| last.elapsed() >= clock.scaled(ASK_EVERY));
        if self.stopped_at.is_none() && due {
            self.last_run = Some(Instant::now());
            self.ask()?;
        }
        Ok(self.stopped_at)
    }

    fn ask(&mut self) -> Result<()> {
        let mut command = (self.command)()?;
        command.stdin(Stdio::null());
        let (sender, answer) = oneshot::channel();
        let task = self.task.clone();
        std::thread::spawn(move || {
            let stopped_at = command
                .output()
                .map_err(|e| other_program::cannot_run(&e))
                .and_then(|done| {
                    if done.status.success() {
                        return parse(&done.stdout, &task);
                    }
                    let stderr = String::from_utf8_lossy(&done.stderr);
                    let first = stderr.lines().next().unwrap_or("it printed no reason");
                    let reason = first.trim_start_matches("error: ");
                    Err(Error::failed(format!(
                        "rd-ecs tasks failed for the task {task}: {reason}"
                    )))
                });
            // The tail may have ended in the meantime.
            let _ = sender.send(stopped_at);
        });
        self.answer = Some(answer);
        Ok(())
    }
}

/// Parses the output of rd-ecs: one task per line, or one document `{"tasks": […]}` or `[…]`.
fn parse(stdout: &[u8], task: &str) -> StoppedAt {
    let unknown = || {
        Error::failed(format!("rd-ecs tasks does not list the task {task}"))
            .hint("rd-ecs tasks lists the tasks; ECS forgets a stopped task after about an hour")
    };
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_slice(stdout).into_iter::<serde_json::Value>() {
        let value = value.map_err(|_| unknown())?;
        let list = value.get("tasks").unwrap_or(&value);
        let all = list
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![list.clone()]);
        found.extend(
            all.into_iter()
                .filter_map(|one| serde_json::from_value::<Task>(one).ok()),
        );
    }
    let one = found.pop().ok_or_else(unknown)?;
    if one.last_status != "STOPPED" {
        return Ok(None);
    }
    let at = one.stopped_at.unwrap_or_else(jiff::Timestamp::now);
    Ok(Some(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stop_time_is_read_from_the_output_of_rd_ecs() {
        let stopped =
            r#"{"last_status":"STOPPED","stopped_at":"2026-11-23T14:00:00Z","exit_code":0}"#;
        let at = Some(
            "2026-11-23T14:00:00Z"
                .parse::<jiff::Timestamp>()
                .unwrap()
                .as_millisecond(),
        );
        assert_eq!(parse(format!("{stopped}\n").as_bytes(), "t").unwrap(), at);
        assert_eq!(
            parse(format!("{{\"tasks\":[{stopped}]}}").as_bytes(), "t").unwrap(),
            at
        );
        assert_eq!(parse(br#"{"last_status":"RUNNING"}"#, "t").unwrap(), None);
        assert!(parse(b"", "t").is_err());
        assert!(parse(br#"{"tasks":[]}"#, "t").is_err());
        assert!(parse(b"oops", "t").is_err());
    }
}
