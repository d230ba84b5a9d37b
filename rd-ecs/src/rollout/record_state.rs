//! The state after a deployment: the next plan must find no drift in what the deployment changed.

use super::scale_in;
use crate::kinds::{service, task_definition};
use crate::names::{SERVICE, TASK_DEFINITION};
use crate::service_context::ServiceContext;
use rd_common::Result;
use rd_common::state::locked_state::LockedState;
use serde_json::json;

/// The settings of the task definition that the first image changes along with the image.
const DEPLOYED_SETTINGS: [&str; 6] = [
    "image",
    "command",
    "entry_point",
    "health_check",
    "read_only",
    "secrets",
];

/// Records the revision that the service runs now, and that the deployment is finished.
pub async fn record(state: &LockedState, service: &ServiceContext) -> Result<()> {
    let live = service.read().await?;
    let running = service.running_revision(&live).await?;
    let definition = task_definition::model::live(&running.definition);
    let mut document = scale_in::load(state).await?;
    scale_in::clear(&mut document);
    if let Some(resource) = document.resources.get_mut(TASK_DEFINITION) {
        let attributes = json!(definition);
        for key in DEPLOYED_SETTINGS {
            resource.spec[key] = attributes[key].clone();
        }
        resource.attributes = attributes;
    }
    if let Some(resource) = document.resources.get_mut(SERVICE) {
        resource.spec["task_definition"] = json!(definition.arn);
        resource.attributes = json!(service::model::live(&live));
    }
    state.save(document, "rd-ecs: deployment ended").await?;
    Ok(())
}
