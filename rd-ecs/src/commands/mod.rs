//! The verbs that only this program has.

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

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Bring an image into service, and wait until it runs or was rolled back
    Deploy(deploy::DeployArgs),
    /// Bring an earlier revision back; while a deployment is under way, end that one
    Rollback(rollback::RollbackArgs),
    /// Start new tasks of what runs, such as after a rotated password
    Restart(RolloutArgs),
    /// Wait until the deployment that is under way has ended
    Wait(wait::WaitArgs),
    /// List the revisions, or show what differs between two
    Revisions(revisions::RevisionsArgs),
    /// Set how many tasks run now
    Scale(scale::ScaleArgs),
    /// Run a command in a task of its own: its output, and its exit code
    Run(run::RunArgs),
    /// Check that what the service runs can run: roles, secrets, image, logs, network, target group
    Verify(verify::VerifyArgs),
    /// Open a shell, or run another program, in a running task
    Exec(exec::ExecArgs),
    /// Say why tasks do not start or do not stay, and what to do
    Diagnose(diagnose::DiagnoseArgs),
    /// Push an image from a file, without a docker daemon
    Push(push::PushArgs),
    /// List the images: tags, size, what scans found, which one runs
    Images(images::ImagesArgs),
    /// Print the registry's password for docker login --password-stdin
    Login,
    /// List the tasks of the cluster, those that have stopped with the reason
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
