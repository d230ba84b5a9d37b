//! `restart`: new tasks of the revision that runs, such as after a rotated password.

use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_interrupted};
use crate::service_context::ServiceContext;
use crate::slice::Ecs;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Exit, Result, Slice};

/// Replaces every task, and follows the deployment until it has ended.
pub async fn run(context: &Context, args: &RolloutArgs) -> Result<Exit> {
    let restart = async |state: LockedState| {
        let service_context = ServiceContext::open(context).await?;
        finish_interrupted(&state, &service_context).await?;
        let service = service_context.read().await?;
        let rollout = Rollout {
            revision: service.task_definition().unwrap_or_default(),
            force: true,
            desired: None,
        };
        carry_out(context, &state, &service_context, &rollout, args).await
    };
    context
        .with_locked_state(Ecs::NAME, "restart", restart)
        .await
}
