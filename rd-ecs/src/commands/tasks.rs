//! `tasks`: lists the tasks of the cluster, with the reason for stopped ones.

use crate::names::{last, revision};
use crate::service_context::ServiceContext;
use crate::tasks::{self, Task, TaskScope};
use jiff::Timestamp;
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Exit, Result};

/// The flags of `rd-ecs tasks`.
#[derive(clap::Args, Clone, Debug)]
pub struct TasksArgs {
    /// Include stopped tasks, which AWS keeps for an hour
    #[arg(long)]
    stopped: bool,
    /// Only this task, by its id or the beginning of it
    #[arg(long, value_name = "ID")]
    task: Option<String>,
}

/// Prints the tasks: a table for people, one JSON document for programs.
pub async fn run(context: &Context, args: &TasksArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    let tasks = match &args.task {
        Some(name) => {
            vec![tasks::named(service.ctx(), &service.cluster, name).await?]
        }
        None => {
            tasks::list(
                service.ctx(),
                &service.cluster,
                TaskScope::Cluster,
                args.stopped,
            )
            .await?
        }
    };
    let text = if context.printer.is_json() {
        format!(
            "{}\n",
            serde_json::json!({"cluster": service.cluster, "tasks": tasks})
        )
    } else if tasks.is_empty() {
        "no tasks\n".to_owned()
    } else {
        let rows: Vec<Vec<String>> = {
            let now = service.ctx().clients.aws_clock.now();
            tasks.iter().map(|task| row(task, now)).collect()
        };
        table(
            &[
                "TASK", "STATUS", "HEALTH", "REVISION", "OF", "ADDRESS", "SINCE", "WHY",
            ],
            &rows,
        )
    };
    context.printer.text(&text);
    Ok(Exit::Done)
}

fn row(task: &Task, now: Timestamp) -> Vec<String> {
    let since = task.stopped_at.or(task.started_at).or(task.created_at);
    let of = match task.group.strip_prefix("service:") {
        Some(_) => "service",
        None => task.started_by.as_deref().unwrap_or("-"),
    };
    vec![
        task.id.clone(),
        task.last_status.to_lowercase(),
        task.health.to_lowercase(),
        revision(&task.task_definition)
            .map_or_else(|| last(&task.task_definition).to_owned(), |n| n.to_string()),
        of.to_owned(),
        task.private_ip.clone().unwrap_or_else(|| "-".to_owned()),
        since.map_or_else(|| "-".to_owned(), |at| ago(at, now)),
        match task.has_stopped() {
            true => task.why(),
            false => String::new(),
        },
    ]
}

/// The time from `at` to `now`, by AWS's clock, in its largest unit: `4m`, `2h`, `3d`.
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}
