//! Deploying a revision, for `deploy`, `rollback` and `restart`: the service deployment is followed to its end, and
//! the state then records what the service runs.

mod applied_secrets;
mod deployment;
mod earlier_suspension;
pub mod follow;
mod record_state;
pub mod revision;

pub use earlier_suspension::finish_interrupted;

use crate::kinds::repository::revision_tags::keep_image;
use crate::service_context::ServiceContext;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Exit, Result};
use std::time::Duration;

/// The flags of every command that deploys a revision.
#[derive(clap::Args, Clone, Debug)]
pub struct RolloutArgs {
    /// Do not wait for the deployment; it continues at AWS
    #[arg(long, conflicts_with = "wait")]
    no_wait: bool,
    /// Wait for the deployment (default)
    #[arg(long)]
    wait: bool,
    /// How long to wait
    #[arg(long, default_value = "30m", value_parser = duration, value_name = "TIME")]
    timeout: Duration,
}

impl RolloutArgs {
    /// How long to wait for the deployment to end.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }
}

/// The revision to deploy, and how.
#[derive(Clone, Copy)]
pub struct Rollout<'a> {
    /// The ARN of the task definition's revision.
    pub revision: &'a str,
    /// Whether to start new tasks even if the service already runs this revision.
    pub force: bool,
    /// The new number of tasks; none keeps the present one.
    pub desired: Option<i32>,
}

/// Deploys a revision and waits for the result, as the flags say. The caller holds the state's lock.
/// Whatever happens, the state then records what the service runs.
pub async fn carry_out(
    context: &Context,
    state: &LockedState,
    service: &ServiceContext,
    rollout: &Rollout<'_>,
    args: &RolloutArgs,
) -> Result<Exit> {
    keep_image(service.ctx(), rollout.revision).await?;
    let deployed = deployment::deploy(context, service, rollout, args).await;
    let recorded = record_state::record(state, service).await;
    let exit = deployed?;
    recorded?;
    Ok(exit)
}
