//! Whether a revision can run, before anything is registered or updated: what it refers to is there, and the roles may
//! do what its start needs. Nothing is changed.
//!
//! What these credentials may not look at is no failure: its line says that it was not checked.

mod images;
mod keys;
mod logs;
mod network;
mod permissions;
mod reference;
mod roles;
mod secrets;
mod simulation;
mod targets;

use crate::config::fargate_sizes;
use crate::names::CONTAINER;
use crate::read::Described;
use crate::service_context::ServiceContext;
use aws_sdk_ecs::types::{ContainerDefinition, TaskDefinition};
use rd_common::context::Context;
use rd_common::output::check_report::{CheckStep, line};
use rd_common::{Error, Result};
use serde_json::{Value, json};

pub use network::way;
pub use secrets::values as secret_values;
pub use simulation::{Asked, simulate};

/// Checks a revision, registered or not, with `image` in the place of its own: line after line, in an order that is
/// always the same.
pub async fn verify(
    context: &Context,
    service_context: &ServiceContext,
    revision: &Described,
    image: &str,
) -> Result<Vec<CheckStep>> {
    let definition = &revision.definition;
    let service = service_context.read().await?;
    let (roles, permissions, keys, secrets, images, logs, targets, network) = tokio::try_join!(
        roles::check(service_context, definition),
        permissions::check(service_context, definition, image),
        keys::check(context, service_context, definition),
        secrets::check(service_context, definition),
        images::check(service_context, definition, image),
        logs::check(service_context, definition),
        targets::check(service_context, &service),
        network::check(context, service_context, &service, definition),
    )?;
    let parts = [
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
    Ok(parts.into_iter().flatten().collect())
}

/// Shows the steps of a verb that goes on only where every one is right, and fails where one is not.
pub fn must_be_right(context: &Context, steps: &[CheckStep]) -> Result<()> {
    for step in steps {
        context.printer.text(&match context.printer.is_json() {
            true => format!("{}\n", record(step)),
            false => line(step),
        });
    }
    let wrong: Vec<&str> = steps
        .iter()
        .filter(|step| !step.ok)
        .map(|step| step.step.as_str())
        .collect();
    if wrong.is_empty() {
        return Ok(());
    }
    let error = Error::failed(format!("tasks could not run: {}", wrong.join(", ")));
    Err(error.hint(
        "nothing was changed; the lines above say what to do, and --no-verify goes on regardless",
    ))
}

fn record(step: &CheckStep) -> Value {
    json!({"type": "check", "step": step.step, "ok": step.ok, "reason": step.reason})
}

/// The image of the container that is the application.
pub fn image_of(definition: &TaskDefinition) -> &str {
    let container = ours(definition);
    container.and_then(|one| one.image()).unwrap_or_default()
}

/// A line for what could not be looked at.
fn not_checked(what: impl Into<String>, why: &str) -> CheckStep {
    CheckStep::new(what, true, format!("not checked: {why}"))
}

/// Whether AWS refused since these credentials may not.
fn is_denied(error: &Error) -> bool {
    error.is(&[
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
    ])
}

/// The container that is the application.
fn ours(definition: &TaskDefinition) -> Option<&ContainerDefinition> {
    let all = definition.container_definitions();
    all.iter()
        .find(|one| one.name() == Some(CONTAINER))
        .or(all.first())
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
            let has = format!(
                "Fargate has no tasks of {} CPU and {} MiB",
                cpu.unwrap_or("no"),
                memory.unwrap_or("no")
            );
            CheckStep::new(what, false, format!("{has}: {allowed}"))
        }
    }
}
