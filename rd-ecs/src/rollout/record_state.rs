//! The state after a deployment: the next plan must find no drift in what the deployment changed.

use crate::kinds::{service, task_definition};
use crate::names::{SERVICE, TASK_DEFINITION};
use crate::service_context::ServiceContext;
use rd_common::resource::ctx::hide;
use rd_common::state::document::Resource;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Result};
use serde_json::{Value, json};

/// The settings of the task definition that the first image changes along with the image.
const DEPLOYED_SETTINGS: [&str; 6] = [
    "image",
    "command",
    "entry_point",
    "health_check",
    "read_only",
    "secrets",
];

/// Records the revision that the service runs now, in the state, which exists because the service was applied.
pub async fn record(state: &LockedState, service: &ServiceContext) -> Result<()> {
    let names = &service.ctx().clients.names;
    let live = service.read().await?;
    let running = service.running_revision(&live).await?;
    let definition = task_definition::model::live(&running.definition, names);
    let document = state.load().await?;
    let mut document = document
        .ok_or_else(|| Error::failed("the state of ecs is missing").hint("run rd-ecs rebuild"))?;
    if let Some(resource) = document.resources.get_mut(TASK_DEFINITION) {
        let mut attributes = json!(definition);
        hide_kept(resource, &mut attributes);
        for key in DEPLOYED_SETTINGS {
            resource.spec[key] = attributes[key].clone();
        }
        resource.attributes = attributes;
    }
    if let Some(resource) = document.resources.get_mut(SERVICE) {
        resource.spec["task_definition"] = json!(definition.arn);
        let mut attributes = json!(service::model::live(&live, names));
        hide_kept(resource, &mut attributes);
        resource.attributes = attributes;
    }
    state.save(document, "rd-ecs: deployment ended").await?;
    Ok(())
}

/// What an adopted resource keeps is in no state: the values of its variables may be secret.
fn hide_kept(resource: &Resource, attributes: &mut Value) {
    if let Some(adopted) = &resource.adopted {
        hide(attributes, &adopted.kept);
    }
}
