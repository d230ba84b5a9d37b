//! Whether an ECS task has stopped. Only rd-ecs knows, so it is asked.

use rd_common::context::Context;
use rd_common::other_program;
use rd_common::resource::wait::Clock;
use rd_common::{Error, Result};
use serde::Deserialize;
use std::process::Stdio;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(5);
/// How often in a row the answer may be none.
const FAILURES: u32 = 5;

/// What `rd-ecs tasks --task ID --format json` says of a task; it has more members.
#[derive(Clone, Debug, Deserialize)]
struct Task {
    last_status: String,
    #[serde(default)]
    stopped_at: Option<jiff::Timestamp>,
}

type Answer = Result<Option<i64>>;

/// A watch on a task.
pub struct Stopped {
    command: Box<dyn Fn() -> Result<std::process::Command>>,
    task: String,
    asked: Option<Instant>,
    waiting: Option<oneshot::Receiver<Answer>>,
    at: Option<i64>,
    failures: u32,
}

impl Stopped {
    /// How long after its stop a task's last events are awaited.
    pub const LATE: Duration = Duration::from_secs(15);

    /// Watches a task; fails at once where rd-ecs is not installed.
    pub fn watch(context: &Context, task: &str) -> Result<Self> {
        other_program::command(context, "ecs", &["tasks"])?;
        let arguments = ["tasks", "--task", task, "--format", "json"].map(str::to_owned);
        let prepared =
            other_program::command(context, "ecs", &arguments.each_ref().map(String::as_str))?;
        Ok(Self {
            command: Box::new(move || {
                let mut command = std::process::Command::new(prepared.get_program());
                command.args(prepared.get_args());
                Ok(command)
            }),
            task: task.to_owned(),
            asked: None,
            waiting: None,
            at: None,
            failures: 0,
        })
    }

    /// When it has stopped, in milliseconds since 1970; none while it runs. Does not wait for the answer.
    pub async fn at(&mut self, clock: Clock) -> Result<Option<i64>> {
        if self.at.is_some() {
            return Ok(self.at);
        }
        if let Some(waiting) = &mut self.waiting {
            match waiting.try_recv() {
                Err(oneshot::error::TryRecvError::Empty) => return Ok(None),
                Err(oneshot::error::TryRecvError::Closed) => {}
                Ok(Ok(at)) => {
                    self.failures = 0;
                    self.at = at;
                }
                Ok(Err(error)) => {
                    self.failures += 1;
                    if self.failures >= FAILURES {
                        return Err(error);
                    }
                }
            }
            self.waiting = None;
        }
        let due = self
            .asked
            .is_none_or(|asked| asked.elapsed() >= clock.scaled(EVERY));
        if self.at.is_none() && due {
            self.asked = Some(Instant::now());
            self.ask()?;
        }
        Ok(self.at)
    }

    fn ask(&mut self) -> Result<()> {
        let mut command = (self.command)()?;
        command.stdin(Stdio::null());
        let (answer, waiting) = oneshot::channel();
        let task = self.task.clone();
        std::thread::spawn(move || {
            let told = command
                .output()
                .map_err(|e| other_program::cannot_run(&e))
                .and_then(|done| {
                    let said = String::from_utf8_lossy(&done.stderr);
                    let first = said.lines().next().unwrap_or("it gave no reason");
                    if done.status.success() {
                        read(&done.stdout, &task)
                    } else {
                        let first = first.trim_start_matches("error: ");
                        Err(Error::failed(format!(
                            "rd-ecs cannot tell of the task {task}: {first}"
                        )))
                    }
                });
            // The tail may have ended meanwhile.
            let _ = answer.send(told);
        });
        self.waiting = Some(waiting);
        Ok(())
    }
}

/// Reads records, one a line or in one document: `{"tasks": […]}` or `[…]`.
fn read(stdout: &[u8], task: &str) -> Answer {
    let unknown = || {
        Error::failed(format!("rd-ecs tells nothing of the task {task}"))
            .hint("rd-ecs tasks lists them; ECS forgets a stopped task after about an hour")
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
    fn what_rd_ecs_says() {
        let stopped =
            r#"{"last_status":"STOPPED","stopped_at":"2026-11-23T14:00:00Z","exit_code":0}"#;
        let at = Some(
            "2026-11-23T14:00:00Z"
                .parse::<jiff::Timestamp>()
                .unwrap()
                .as_millisecond(),
        );
        assert_eq!(read(format!("{stopped}\n").as_bytes(), "t").unwrap(), at);
        assert_eq!(
            read(format!("{{\"tasks\":[{stopped}]}}").as_bytes(), "t").unwrap(),
            at
        );
        assert_eq!(read(br#"{"last_status":"RUNNING"}"#, "t").unwrap(), None);
        assert!(read(b"", "t").is_err());
        assert!(read(br#"{"tasks":[]}"#, "t").is_err());
        assert!(read(b"oops", "t").is_err());
    }
}
