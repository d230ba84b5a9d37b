//! `stop`: stops one task of the cluster.

use crate::service_context::ServiceContext;
use crate::tasks::named;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The flags of `rd-ecs stop`.
#[derive(clap::Args, Clone, Debug)]
pub struct StopArgs {
    /// The task, by its id or the beginning of it
    task: String,
    /// The reason that AWS records for the task
    #[arg(long, default_value = "rd-ecs stop", value_name = "TEXT")]
    reason: String,
}

/// Stops the task, unless it has stopped already.
pub async fn run(context: &Context, args: &StopArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    let task = named(service.ctx(), &service.cluster, &args.task).await?;
    if !task.has_stopped() {
        let call = service.ctx().clients.ecs.stop_task();
        let call = call.cluster(&service.cluster).task(&task.arn);
        let call = call.reason(&args.reason);
        let stop = async || call.clone().send().await.doing("stop the task");
        service.ctx().retrying(stop).await?;
    }
    let text = if context.printer.is_json() {
        serde_json::json!({"task": task.id, "stopping": !task.has_stopped()}).to_string()
    } else if task.has_stopped() {
        format!("{} has already stopped: {}", task.id, task.why())
    } else if task.group.starts_with("service:") {
        format!("{} is stopping; the service starts another one", task.id)
    } else {
        format!("{} is stopping", task.id)
    };
    context.printer.text(&format!("{text}\n"));
    Ok(Exit::Done)
}
