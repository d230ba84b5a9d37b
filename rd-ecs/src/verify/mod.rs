//! Checks whether a revision can run before anything is registered or updated: everything that it refers to exists, and
//! its roles have the permissions that tasks need to start. Read-only.
//!
//! A check that these credentials do not permit is not a failure: its line says that it was not checked.

mod images;
mod keys;
mod logs;
mod network;
mod permissions;
mod reference;
mod roles;
mod secrets;
mod targets;

use crate::config::fargate_sizes;
use crate::names::{Names, last};
use crate::read::TaggedRevision;
use crate::service_context::ServiceContext;
use aws_sdk_ecs::types::{ContainerDefinition, TaskDefinition};
use rd_common::context::Context;
use rd_common::output::check_report::{CheckStep, line};
use rd_common::{Error, Result};
use serde_json::{Value, json};

pub use network::path_to_aws;
pub use secrets::values as secret_values;

/// Checks a revision, registered or not, with `image` in place of its own. The steps always have the same order.
pub async fn verify(
    context: &Context,
    service: &ServiceContext,
    revision: &TaggedRevision,
    image: &str,
) -> Result<Vec<CheckStep>> {
    let definition = &revision.definition;
    let live = service.read().await?;
    let (roles, permissions, keys, secrets, images, logs, targets, network) = tokio::try_join!(
        roles::check(service, definition),
        permissions::check(service, definition, image),
        keys::check(context, service, definition),
        secrets::check(service, definition),
        images::check(service, definition, image),
        logs::check(service, definition),
        targets::check(service, &live),
        network::check(context, service, &live, definition),
    )?;
    let steps = [
        vec![size(definition)],
        images,
        roles,
        permissions,
        keys,
        secrets,
        logs,
        network,
        targets,
    ];
    Ok(steps.into_iter().flatten().collect())
}

/// Prints the steps for a command that continues only if all passed. Fails with the names of those that did not.
pub fn require_all_passed(context: &Context, steps: &[CheckStep]) -> Result<()> {
    for step in steps {
        context.printer.text(&match context.printer.is_json() {
            true => format!("{}\n", record(step)),
            false => line(step),
        });
    }
    let failed: Vec<&str> = steps
        .iter()
        .filter(|step| !step.ok)
        .map(|step| step.step.as_str())
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    let error = Error::failed(format!("tasks could not start: {}", failed.join(", ")));
    Err(error.hint(
        "nothing was changed; the failed lines above say what to do; --no-verify skips these checks",
    ))
}

fn record(step: &CheckStep) -> Value {
    json!({"type": "check", "step": step.step, "ok": step.ok, "reason": step.reason})
}

/// Fails if the image of a revision does not exist any more: its tasks could not start.
pub async fn require_image(service: &ServiceContext, definition: &TaskDefinition) -> Result<()> {
    let step = images::exists(service, image_of(&service.ctx().clients.names, definition)).await;
    if step.ok {
        return Ok(());
    }
    let arn = definition.task_definition_arn().unwrap_or_default();
    Err(Error::failed(format!(
        "the image of {} is gone: {}",
        last(arn),
        step.reason
    ))
    .hint("nothing was changed; rd-ecs revisions lists the other revisions"))
}

/// The image of the application's container; empty where the revision has no container.
pub fn image_of<'a>(names: &Names, definition: &'a TaskDefinition) -> &'a str {
    let container = application_container(names, definition);
    container.and_then(|one| one.image()).unwrap_or_default()
}

/// A step that counts as passed because it could not be checked; `why` says what prevented it.
fn not_checked(what: impl Into<String>, why: &str) -> CheckStep {
    CheckStep::warning(what, format!("not checked: {why}"))
}

/// The application's container; where none has its name, the first one.
fn application_container<'a>(
    names: &Names,
    definition: &'a TaskDefinition,
) -> Option<&'a ContainerDefinition> {
    let all = definition.container_definitions();
    names.application(all).or(all.first())
}

fn size(definition: &TaskDefinition) -> CheckStep {
    let (cpu, memory) = (definition.cpu(), definition.memory());
    let read = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
    let what = "size";
    match fargate_sizes::check(read(cpu), read(memory)) {
        Ok(()) => CheckStep::new(
            what,
            true,
            format!("{} CPU and {} MiB", read(cpu), read(memory)),
        ),
        Err(allowed) => {
            let problem = format!(
                "Fargate has no task size of {} CPU and {} MiB",
                cpu.unwrap_or("no"),
                memory.unwrap_or("no")
            );
            CheckStep::new(what, false, format!("{problem}: {allowed}"))
        }
    }
}
