//! The commands that only rd-ecs has, one file for each.

mod deploy;
mod diagnose;
mod exec;
mod forward;
mod images;
mod login;
mod preflight;
mod promote;
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
    #[command(
        after_help = "{program} deploy --tag v42 :: deploy an image of the repository, and wait\n\
        {program} deploy --tag v42 --no-wait && {program} wait"
    )]
    Deploy(deploy::DeployArgs),
    /// Deploy an earlier revision, or roll back the deployment in progress
    #[command(after_help = "{program} rollback :: deploy the previous revision\n\
        {program} rollback --to 41 :: deploy this revision")]
    Rollback(rollback::RollbackArgs),
    /// Replace all tasks with new ones of the same revision, such as after a rotated password
    #[command(after_help = "{program} restart :: after a secret was rotated")]
    Restart(RolloutArgs),
    /// Wait for the deployment in progress
    #[command(after_help = "{program} wait --timeout 10m")]
    Wait(wait::WaitArgs),
    /// List the revisions, or compare two
    #[command(after_help = "{program} revisions\n\
        {program} revisions diff 41 42")]
    Revisions(revisions::RevisionsArgs),
    /// Set the desired number of tasks
    #[command(after_help = "{program} scale 3")]
    Scale(scale::ScaleArgs),
    /// Run a command in a new task; print its output and exit with its exit code
    #[command(after_help = "{program} run -- npx prisma migrate deploy\n\
        {program} run --tag v42 --timeout 10m --env DRY_RUN=1 -- ./migrate")]
    Run(run::RunArgs),
    /// Check that the service's tasks can start: roles, secrets, image, logs, network, target group
    #[command(after_help = "{program} verify\n\
        {program} verify --image public.ecr.aws/docker/library/nginx:latest")]
    Verify(verify::VerifyArgs),
    /// Ask IAM whether the credentials have the permissions in policies, such as those of all programs
    #[command(
        after_help = "for p in net data cache store edge ecs logs; do rd-$p policy; done | {program} preflight\n\
        rd-data policy --for apply | {program} preflight --principal arn:aws:iam::123456789012:role/deploy"
    )]
    Preflight(preflight::PreflightArgs),
    /// Open a shell, or run another program, in a running task; exits with 0 whatever the program does (see run)
    #[command(
        after_help = "{program} exec :: open a shell in the newest healthy task\n\
        {program} exec --task 0f3a -- env"
    )]
    Exec(exec::ExecArgs),
    /// Forward a local port through a running task to a host in the VPC, such as the database
    #[command(
        after_help = "{program} forward 15432:\"$(rd-data output host)\":5432 :: until Ctrl-C; rd-data connect opens psql\n\
        {program} forward --task 0f3a billing.internal:8080 :: from a free local port"
    )]
    Forward(forward::ForwardArgs),
    /// Show why tasks do not start or keep running, and what to do
    #[command(after_help = "{program} diagnose\n\
        {program} diagnose --save evidence.json :: keep what AWS deletes after an hour")]
    Diagnose(diagnose::DiagnoseArgs),
    /// Push an image from a file, without a docker daemon
    #[command(after_help = "{program} push app.tar --tag v42\n\
        docker save app | {program} push - --tag v42 :: from a pipe, through a file")]
    Push(push::PushArgs),
    /// Copy the image that another environment runs to this one's repository, by its digest
    #[command(
        after_help = "{program} promote --from staging -e production :: the image that staging runs\n\
        {program} deploy --image \"$({program} promote --from staging --format text)\" :: and deploy it"
    )]
    Promote(promote::PromoteArgs),
    /// List the images: tags, size, scan findings, and which one is live
    #[command(after_help = "{program} images --limit 5")]
    Images(images::ImagesArgs),
    /// Print the registry's password for `docker login --password-stdin`
    #[command(
        after_help = "{program} login | docker login --username AWS --password-stdin \"$({program} output repository_url | cut -d/ -f1)\""
    )]
    Login,
    /// List the tasks of the cluster, with the reason for stopped ones
    #[command(after_help = "{program} tasks --stopped :: with the reasons")]
    Tasks(tasks::TasksArgs),
    /// Stop a task; the service starts another one
    #[command(after_help = "{program} stop 0f3a")]
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
            Command::Preflight(args) => preflight::run(context, &args).await,
            Command::Exec(args) => exec::run(context, &args).await,
            Command::Forward(args) => forward::run(context, &args).await,
            Command::Diagnose(args) => diagnose::run(context, &args).await,
            Command::Verify(args) => verify::run(context, &args).await,
            Command::Push(args) => push::run(context, &args).await,
            Command::Promote(args) => promote::run(context, &args).await,
            Command::Images(args) => images::run(context, &args).await,
            Command::Login => login::run(context).await,
            Command::Tasks(args) => tasks::run(context, &args).await,
            Command::Stop(args) => stop::run(context, &args).await,
        }
    }
}
