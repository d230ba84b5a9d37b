//! The suspended scale-in of an earlier version: it suspended scale-in for a deployment, and a killed run of it has left a
//! note in the state. Autoscaling itself does not scale in during a deployment.
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-auto-scaling.html>

use crate::kinds::scalable_target::resume_scale_in;
use crate::service_context::ServiceContext;
use rd_common::Result;
use rd_common::state::locked_state::LockedState;
use serde::Deserialize;

/// The key of the suspension among the state's operations in progress.
const IN_PROGRESS: &str = "rollout";

/// A suspended scale-in, as the state notes it.
#[derive(Deserialize)]
struct Suspended {
    /// The resource id of the scalable target: `service/<cluster>/<service>`.
    scalable_target: String,
}

/// Resumes the scale-in that a killed run of an earlier version suspended. The caller holds the state's lock.
pub async fn finish_interrupted(state: &LockedState, service: &ServiceContext) -> Result<()> {
    let Some(mut document) = state.load().await? else {
        return Ok(());
    };
    let Some(suspended) = document.in_progress.remove(IN_PROGRESS) else {
        return Ok(());
    };
    if let Ok(suspended) = serde_json::from_value::<Suspended>(suspended) {
        // Set whatever reads say of it: they lag behind what was set a moment ago.
        match resume_scale_in(service.ctx(), &suspended.scalable_target).await {
            // Autoscaling was turned off meanwhile: part of a missing target cannot be set.
            Err(error) if error.is(&["ValidationException", "ObjectNotFoundException"]) => {}
            done => done?,
        }
    }
    state.save(document, "rd-ecs: scale-in resumed").await?;
    Ok(())
}
