//! `restart`: replaces all tasks with new ones of the same revision, such as after a rotated password.

use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_interrupted};
use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Exit, Result, Slice};

/// Replaces all tasks and waits for the deployment.
pub async fn run(context: &Context, args: &RolloutArgs) -> Result<Exit> {
    let restart = async |state: LockedState| {
        let service = ServiceContext::open(context).await?;
        finish_interrupted(&state, &service).await?;
        let live = service.read().await?;
        let rollout = Rollout {
            revision: live.task_definition().unwrap_or_default(),
            force: true,
            desired: None,
        };
        carry_out(context, &state, &service, &rollout, args).await
    };
    context
        .with_locked_state(Ecs::NAME, "restart", restart)
        .await
}
