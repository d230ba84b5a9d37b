//! The ECS task that `tail --previous` prints: the last one that stopped by itself. rd-ecs lists the tasks.

use rd_common::context::Context;
use rd_common::other_program;
use rd_common::{Error, Result};
use serde::Deserialize;
use std::process::Stdio;

/// The codes of stops that somebody asked for, or a deployment or scaling.
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>
const ORDERED: [&str; 4] = [
    "ServiceSchedulerInitiated",
    "UserInitiated",
    "SpotInterruption",
    "TerminationNotice",
];

/// The members that are used of a task in the output of `rd-ecs tasks --stopped --format json`.
#[derive(Clone, Debug, Deserialize)]
pub struct CrashedTask {
    /// The id of the task.
    pub id: String,
    last_status: String,
    #[serde(default)]
    created_at: Option<jiff::Timestamp>,
    #[serde(default)]
    stopped_at: Option<jiff::Timestamp>,
    #[serde(default)]
    stop_code: Option<String>,
    #[serde(default)]
    stopped_reason: Option<String>,
    #[serde(default)]
    exit_code: Option<i32>,
}

#[derive(Deserialize)]
struct Tasks {
    tasks: Vec<CrashedTask>,
}

/// The last task that crashed. Fails if ECS knows of none.
pub fn last(context: &Context) -> Result<CrashedTask> {
    let arguments = ["tasks", "--stopped", "--format", "json"];
    let mut command = other_program::command(context, "ecs", &arguments)?;
    let done = command.stdin(Stdio::null()).output();
    let done = done.map_err(|e| other_program::cannot_run(&e))?;
    if !done.status.success() {
        let stderr = String::from_utf8_lossy(&done.stderr);
        let first = stderr.lines().next().unwrap_or("it printed no reason");
        let reason = first.trim_start_matches("error: ");
        return Err(Error::failed(format!("rd-ecs tasks failed: {reason}")));
    }
    of(&done.stdout).ok_or_else(|| {
        Error::failed("ECS knows of no task that has crashed")
            .hint("it forgets a stopped task after about an hour; rd-ecs tasks --stopped lists the others, and --task selects one")
    })
}

/// The last task that crashed, in the output of rd-ecs.
fn of(stdout: &[u8]) -> Option<CrashedTask> {
    let found: Tasks = serde_json::from_slice(stdout).ok()?;
    let crashed = found.tasks.into_iter().filter(|task| {
        let code = task.stop_code.as_deref().unwrap_or_default();
        task.last_status == "STOPPED" && !ORDERED.contains(&code) && task.exit_code != Some(0)
    });
    crashed.max_by_key(|task| task.stopped_at)
}

impl CrashedTask {
    /// When it was created, as a value of `--since`.
    pub fn since(&self) -> Option<String> {
        self.created_at.map(|at| at.to_string())
    }

    /// What happened to it, on one line.
    pub fn summary(&self) -> String {
        let mut text = format!("task {}", self.id);
        if let Some(at) = self.stopped_at {
            text.push_str(&format!(" stopped at {at}"));
        }
        if let Some(code) = self.exit_code {
            text.push_str(&format!(" with the exit code {code}"));
        }
        if let Some(reason) = &self.stopped_reason {
            text.push_str(&format!(": {reason}"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_task_that_stopped_by_itself_is_chosen() {
        let task = |id: &str, minute: u8, code: &str, exit: i32| {
            serde_json::json!({
                "id": id, "last_status": "STOPPED", "stop_code": code, "exit_code": exit,
                "created_at": "2026-11-23T13:00:00Z", "stopped_at": format!("2026-11-23T14:0{minute}:00Z"),
                "stopped_reason": "Essential container in task exited",
            })
        };
        let tasks = serde_json::json!({"cluster": "shop", "tasks": [
            task("old", 1, "EssentialContainerExited", 1),
            task("crashed", 3, "EssentialContainerExited", 137),
            task("replaced", 4, "ServiceSchedulerInitiated", 143),
            task("one-off", 5, "EssentialContainerExited", 0),
            {"id": "runs", "last_status": "RUNNING"},
        ]});
        let found = of(tasks.to_string().as_bytes()).unwrap();
        assert_eq!(found.id, "crashed");
        assert_eq!(found.since().as_deref(), Some("2026-11-23T13:00:00Z"));
        assert_eq!(
            found.summary(),
            "task crashed stopped at 2026-11-23T14:03:00Z with the exit code 137: Essential container in task exited"
        );
        assert!(of(br#"{"tasks":[]}"#).is_none());
    }
}
