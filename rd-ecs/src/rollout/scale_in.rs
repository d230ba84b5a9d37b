//! No scale-in during a deployment: new tasks idle at first, and autoscaling would stop them again.
//!
//! The state notes the suspension before AWS is asked for it, so that the next run lifts it if this one is killed.

use crate::kinds::scalable_target::{self, suspend_scale_in};
use crate::names::scalable;
use crate::service_context::ServiceContext;
use rd_common::state::locked_state::LockedState;
use rd_common::{Document, Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The key of the suspension among the state's operations in progress.
const IN_PROGRESS: &str = "rollout";

/// A suspended scale-in, which must be resumed however the deployment ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Suspended {
    /// The resource id of the scalable target: `service/<cluster>/<service>`.
    scalable_target: String,
}

/// Resumes the scale-in that an earlier, killed run suspended. The caller holds the state's lock.
pub async fn finish_interrupted(state: &LockedState, service: &ServiceContext) -> Result<()> {
    let Some(mut document) = state.load().await? else {
        return Ok(());
    };
    let Some(suspended) = document.in_progress.remove(IN_PROGRESS) else {
        return Ok(());
    };
    if let Ok(suspended) = serde_json::from_value::<Suspended>(suspended) {
        resume(service, &suspended).await?;
    }
    state.save(document, "rd-ecs: scale-in resumed").await?;
    Ok(())
}

/// Suspends scale-in; none where there is no autoscaling, or scale-in is suspended already.
pub async fn suspend(state: &LockedState, service: &ServiceContext) -> Result<Option<Suspended>> {
    let ctx = service.ctx();
    let target = scalable(&ctx.stack);
    let Some(live) = scalable_target::read(ctx, &target).await? else {
        return Ok(None);
    };
    if live.scale_in_suspended {
        return Ok(None);
    }
    let suspended = Suspended {
        scalable_target: target.clone(),
    };
    let mut document = load(state).await?;
    document
        .in_progress
        .insert(IN_PROGRESS.to_owned(), json!(suspended));
    state.save(document, "rd-ecs: deployment started").await?;
    suspend_scale_in(ctx, &target, true).await?;
    Ok(Some(suspended))
}

/// Lets autoscaling scale in again.
pub async fn resume(service: &ServiceContext, suspended: &Suspended) -> Result<()> {
    // Set without reading it first: reads lag behind what was set a moment ago.
    match suspend_scale_in(service.ctx(), &suspended.scalable_target, false).await {
        // Autoscaling was turned off meanwhile: part of a missing target cannot be set.
        Err(error) if error.is(&["ValidationException", "ObjectNotFoundException"]) => Ok(()),
        done => done,
    }
}

/// The stored state, which exists because the service was applied.
pub async fn load(state: &LockedState) -> Result<Document> {
    let document = state.load().await?;
    document.ok_or_else(|| Error::failed("the state of ecs is missing").hint("run rd-ecs rebuild"))
}

/// Removes the suspension from the state's operations in progress.
pub fn clear(document: &mut Document) {
    document.in_progress.remove(IN_PROGRESS);
}
