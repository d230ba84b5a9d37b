//! The commands that only rd-ecs has, one file for each.

mod deploy;
mod diagnose;
mod exec;
mod images;
mod login;
mod push;
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
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The commands of rd-ecs beyond the shared ones.
#[derive(Subcommand)]
pub enum Command {
    /// Deploy an image and wait for the result
    Deploy(deploy::DeployArgs),
    /// Deploy an earlier revision, or roll back the deployment in progress
    Rollback(rollback::RollbackArgs),
    /// Replace all tasks with new ones of the same revision, such as after a rotated password
    Restart(RolloutArgs),
    /// Wait for the deployment in progress
    Wait(wait::WaitArgs),
    /// List the revisions, or compare two
    Revisions(revisions::RevisionsArgs),
    /// Set the desired number of tasks
    Scale(scale::ScaleArgs),
    /// Run a command in a new task; print its output and exit with its exit code
    Run(run::RunArgs),
    /// Check that the service's tasks can start: roles, secrets, image, logs, network, target group
    Verify(verify::VerifyArgs),
    /// Open a shell, or run another program, in a running task
    Exec(exec::ExecArgs),
    /// Show why tasks do not start or keep running, and what to do
    Diagnose(diagnose::DiagnoseArgs),
    /// Push an image from a file, without a docker daemon
    Push(push::PushArgs),
    /// List the images: tags, size, scan findings, and which one is live
    Images(images::ImagesArgs),
    /// Print the registry's password for `docker login --password-stdin`
    Login,
    /// List the tasks of the cluster, with the reason for stopped ones
    Tasks(tasks::TasksArgs),
    /// Stop a task; the service starts another one
    Stop(stop::StopArgs),
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Deploy(args) => deploy::run(context, &args).await,
            Command::Rollback(args) => rollback::run(context, &args).await,
            Command::Restart(args) => restart::run(context, &args).await,
            Command::Wait(args) => wait::run(context, &args).await,
            Command::Revisions(args) => revisions::run(context, &args).await,
            Command::Scale(args) => scale::run(context, &args).await,
            Command::Run(args) => run::run(context, &args).await,
            Command::Exec(args) => exec::run(context, &args).await,
            Command::Diagnose(args) => diagnose::run(context, &args).await,
            Command::Verify(args) => verify::run(context, &args).await,
            Command::Push(args) => push::run(context, &args).await,
            Command::Images(args) => images::run(context, &args).await,
            Command::Login => login::run(context).await,
            Command::Tasks(args) => tasks::run(context, &args).await,
            Command::Stop(args) => stop::run(context, &args).await,
        }
    }
}
