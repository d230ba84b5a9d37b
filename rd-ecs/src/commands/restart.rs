//! `restart`: new tasks of the revision that runs, such as after a rotated password.

use crate::rollout::{Rollout, RolloutArgs, carry_out, finish_what_was_begun};
use crate::site::Site;
use rd_common::cli::Program;
use rd_common::verbs::edit;
use rd_common::{Exit, Result};

/// Runs it.
pub async fn run(program: &Program, args: &RolloutArgs) -> Result<Exit> {
    let key = program.key("ecs");
    edit::locked(program, &key, "rd-ecs restart", || async {
        let site = Site::open(program).await?;
        finish_what_was_begun(program, &site).await?;
        let service = site.read().await?;
        let rollout = Rollout {
            revision: service.task_definition().unwrap_or_default(),
            force: true,
            desired: None,
        };
        carry_out(program, &site, &rollout, args).await
    })
    .await
}
