//! Why tasks do not start: what AWS and the application say, read at once, and what likely caused it.

mod evidence;
mod finding;
mod redact;
mod rules;
mod service;
mod targets;
mod tasks;
mod view;

use crate::service_context::ServiceContext;
use crate::tasks::Task;
use rd_common::Result;
use rd_common::context::Context;
use rd_common::output::check_report::CheckStep;
use rules::Rank;
use serde_json::json;

pub use evidence::{Evidence, Scope, collect};
pub use finding::{Finding, is_wrong};
pub use view::whole;

/// What the evidence says, the most likely cause first.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let latest = evidence.deployments.first();
    let over = service::over(latest, evidence.taken_at);
    let mut found: Vec<Finding> = evidence
        .tasks
        .iter()
        .filter_map(|one| tasks::of(one, over))
        .collect();
    found.extend(evidence.checks.iter().filter_map(of_step));
    found.extend(service::of_events(&evidence.events, over));
    found.extend(targets::of(&evidence.targets));
    found.extend(latest.and_then(|latest| service::of_deployment(latest, over)));
    found.extend(service::of(&evidence.service));
    finding::in_order(found)
}

/// What is not as a start needs it.
fn of_step(step: &CheckStep) -> Option<Finding> {
    if step.ok {
        return None;
    }
    let rule = format!("verify: {}", step.step);
    let cause = format!("{} is not as a start needs it", step.step);
    let advice = "rd-ecs verify shows all that a start needs";
    Some(Finding::own(&rule, Rank::Cause, cause, advice).saying(&step.reason))
}

/// What is found of tasks that failed, with their last lines and with how the service and its targets are.
pub async fn of_tasks(
    context: &Context,
    service_context: &ServiceContext,
    failed: &[Task],
) -> Result<Vec<Finding>> {
    let evidence = collect(context, service_context, Scope::Tasks(failed)).await?;
    Ok(findings(&evidence))
}

/// Tells what is found of tasks that failed: text for people, a record each for programs.
pub async fn print_findings(
    context: &Context,
    service_context: &ServiceContext,
    failed: &[Task],
) -> Result<()> {
    let found = of_tasks(context, service_context, failed).await?;
    let text: String = match context.printer.is_json() {
        true => found.iter().map(record).collect(),
        false => view::findings(&found),
    };
    context.printer.text(&text);
    Ok(())
}

fn record(one: &Finding) -> String {
    let mut record = json!({"type": "finding"});
    if let (Some(members), serde_json::Value::Object(more)) = (record.as_object_mut(), json!(one)) {
        members.extend(more);
    }
    format!("{record}\n")
}
