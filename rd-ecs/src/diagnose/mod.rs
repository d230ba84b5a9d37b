//! Why tasks do not start, or do not stay healthy: reads what AWS and the application report, and names likely causes.

mod evidence;
mod finding;
mod redact;
mod rules;
mod service_findings;
mod targets;
mod task_findings;
mod view;

use crate::names::last;
use crate::service_context::ServiceContext;
use crate::tasks::Task;
use rd_common::Result;
use rd_common::context::Context;
use rd_common::output::check_report::CheckStep;
use rules::Rank;
use serde_json::json;
use service_findings::Past;

pub use evidence::{Evidence, Scope, collect};
pub use finding::{Finding, has_errors};
pub use view::full_text;

/// The findings in the evidence: the current ones first, the most likely cause before the others.
pub fn findings(evidence: &Evidence) -> Vec<Finding> {
    let latest = evidence.deployments.first();
    let past = Past::of(latest, &evidence.events, evidence.taken_at);
    findings_after(evidence, &past)
}

/// The findings in the evidence; what is `past` is only a note.
fn findings_after(evidence: &Evidence, past: &Past) -> Vec<Finding> {
    let latest = evidence.deployments.first();
    let service = evidence.service.arn.as_str();
    let tasks = evidence.tasks.iter();
    let mut found: Vec<Finding> = tasks
        // One task of its own, such as a migration that failed, is no illness of the service.
        .filter(|one| evidence.named || task_findings::belongs_to(&one.task, last(service)))
        .filter_map(|one| task_findings::of_task(one, past.before, evidence.taken_at))
        .collect();
    found.extend(evidence.checks.iter().filter_map(failed_check));
    found.extend(targets::findings(&evidence.targets));
    found.extend(latest.and_then(|latest| service_findings::of_deployment(latest, past)));
    found.extend(service_findings::of_service(&evidence.service));
    let is_well = !has_errors(&found);
    found.extend(service_findings::of_events(&evidence.events, past, is_well));
    finding::without_cause(finding::merge_and_sort(found))
}

/// The finding for a step of `verify` that failed.
fn failed_check(step: &CheckStep) -> Option<Finding> {
    if step.ok {
        return None;
    }
    let rule = format!("verify: {}", step.step);
    let cause = format!("a check failed: {}", step.step);
    let advice = "rd-ecs verify shows everything that a task needs to start";
    Some(Finding::new(&rule, Rank::Cause, cause, advice).with_evidence(&step.reason))
}

/// The findings about failed tasks, with their last log lines, and about the service and its targets.
pub async fn of_failed_tasks(
    context: &Context,
    service: &ServiceContext,
    failed: &[Task],
) -> Result<Vec<Finding>> {
    let evidence = collect(context, service, Scope::Tasks(failed)).await?;
    // The deployment ended a moment ago, whatever this machine's clock says.
    Ok(findings_after(&evidence, &Past::default()))
}

/// Prints the findings about failed tasks: text for people, one record for each finding for programs.
pub async fn print_findings(
    context: &Context,
    service: &ServiceContext,
    failed: &[Task],
) -> Result<()> {
    let found = of_failed_tasks(context, service, failed).await?;
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
