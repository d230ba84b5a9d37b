//! `stop`: ends one task.

use crate::service_context::ServiceContext;
use crate::tasks::named;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// Flags of `stop`.
#[derive(clap::Args, Clone, Debug)]
pub struct StopArgs {
    /// The task: its id, or the beginning of it
    task: String,
    /// Why: it stands in the task's history
    #[arg(long, default_value = "rd-ecs stop", value_name = "TEXT")]
    reason: String,
}

/// Runs it.
pub async fn run(context: &Context, args: &StopArgs) -> Result<Exit> {
    let service_context = ServiceContext::open(context).await?;
    let task = named(service_context.ctx(), &service_context.cluster, &args.task).await?;
    if !task.has_stopped() {
        let call = service_context.ctx().clients.ecs.stop_task();
        let call = call.cluster(&service_context.cluster).task(&task.arn);
        call.reason(&args.reason)
            .send()
            .await
            .doing("stop the task")?;
    }
    let text = if context.printer.is_json() {
        serde_json::json!({"task": task.id, "stopping": !task.has_stopped()}).to_string()
    } else if task.has_stopped() {
        format!("{} has stopped already: {}", task.id, task.why())
    } else if task.group.starts_with("service:") {
        format!("{} stops; the service starts another one", task.id)
    } else {
        format!("{} stops", task.id)
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
