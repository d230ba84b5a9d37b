//! The verbs that only this program has.

mod restart;
mod revisions;
mod rollback;
mod run;
mod scale;
mod stop;
mod tasks;
mod verify;
mod wait;

use crate::rollout::RolloutArgs;
use clap::Subcommand;
use rd_common::cli::{OwnVerbs, Program};
use rd_common::{Exit, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    Rollback(rollback::RollbackArgs),
    /// Start new tasks of what runs, such as after a rotated password
    Restart(RolloutArgs),
    Wait(wait::WaitArgs),
    /// List the revisions, or show what differs between two
    Revisions(revisions::RevisionsArgs),
    /// Set how many tasks run now
    Scale(scale::ScaleArgs),
    /// Run a command in a task of its own: its output, and its exit code
    Run(run::RunArgs),
    /// Check that what the service runs can run: roles, secrets, image, logs, network, target group
    Verify(verify::VerifyArgs),
    /// List the tasks of the cluster, those that have stopped with the reason
    Tasks(tasks::TasksArgs),
    /// Stop a task; the service starts another one
    Stop(stop::StopArgs),
}

impl OwnVerbs for Command {
    async fn run(self, program: &Program) -> Result<Exit> {
        match self {
            Command::Rollback(args) => rollback::run(program, &args).await,
            Command::Restart(args) => restart::run(program, &args).await,
            Command::Wait(args) => wait::run(program, &args).await,
            Command::Revisions(args) => revisions::run(program, &args).await,
            Command::Scale(args) => scale::run(program, &args).await,
            Command::Run(args) => run::run(program, &args).await,
            Command::Verify(args) => verify::run(program, &args).await,
            Command::Tasks(args) => tasks::run(program, &args).await,
            Command::Stop(args) => stop::run(program, &args).await,
        }
    }
}
