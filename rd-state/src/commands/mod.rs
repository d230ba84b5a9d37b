//! The commands of `rd-state`, one file each.

mod diff;
mod doctor;
mod graph;
mod history;
mod import;
mod init;
mod list;
mod locks;
mod mv;
mod outputs;
mod pull;
mod push;
mod rebuild;
mod restore;
mod rm;
mod show;
mod slices;
mod stack;
mod unlock;
mod view;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::flags::GlobalFlags;
use rd_common::{Exit, Result};

/// The commands, in the order of the help: inspect, edit, recover, visualize.
#[derive(Subcommand)]
pub enum Command {
    /// Write an rd.toml that explains every setting
    Init(init::InitArgs),
    /// Print the outputs of all slices
    Outputs,
    /// List the resources in all states
    List(list::ListArgs),
    /// Show everything that the state has of one resource
    Show(show::ShowArgs),
    /// Print a slice's stored state
    Pull(pull::PullArgs),
    /// List the versions of a slice's state
    History(history::HistoryArgs),
    /// Compare two versions of a slice's state
    Diff(diff::DiffArgs),
    /// Restore an old version of a slice's state as a new version
    Restore(restore::RestoreArgs),
    /// Store a state from a file or stdin
    Push(push::PushArgs),
    /// Change the address of a resource
    Mv(mv::MvArgs),
    /// Remove resources from the state without deleting them in AWS
    Rm(rm::RmArgs),
    /// Import an existing AWS resource into the state
    Import(import::ImportArgs),
    /// Rebuild states from existing AWS resources
    Rebuild(rebuild::RebuildArgs),
    /// Report inconsistencies between states and AWS
    Doctor(doctor::DoctorArgs),
    /// List the locks that are held
    Locks,
    /// Release a stuck lock
    Unlock(unlock::UnlockArgs),
    /// Show dependencies as a tree, Mermaid or DOT
    Graph(graph::GraphArgs),
    /// Show a saved plan or other records in readable form
    View(view::ViewArgs),
    /// Print the names of the slices in pipe order
    #[command(hide = true)]
    Slices,
    /// Print the name of the stack
    #[command(hide = true)]
    Stack,
}

impl ProgramCommands for Command {
    fn needs_settings(&self) -> bool {
        !matches!(self, Command::Init(_) | Command::View(_) | Command::Slices)
    }

    fn run_without_settings(self, flags: &GlobalFlags) -> Result<Exit> {
        match self {
            Command::Init(args) => init::run(flags, &args),
            Command::View(args) => view::run(&args),
            Command::Slices => Ok(slices::run()),
            _ => Ok(Exit::Done),
        }
    }

    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Init(args) => init::run(&context.flags, &args),
            Command::Outputs => outputs::run(context).await,
            Command::List(args) => list::run(context, &args).await,
            Command::Show(args) => show::run(context, &args).await,
            Command::Pull(args) => pull::run(context, &args).await,
            Command::History(args) => history::run(context, &args).await,
            Command::Diff(args) => diff::run(context, &args).await,
            Command::Restore(args) => restore::run(context, &args).await,
            Command::Push(args) => push::run(context, &args).await,
            Command::Mv(args) => mv::run(context, &args).await,
            Command::Rm(args) => rm::run(context, &args).await,
            Command::Import(args) => import::run(context, &args),
            Command::Rebuild(args) => rebuild::run(context, &args),
            Command::Doctor(args) => doctor::run(context, &args).await,
            Command::Locks => locks::run(context).await,
            Command::Unlock(args) => unlock::run(context, &args).await,
            Command::Graph(args) => graph::run(context, &args).await,
            Command::View(args) => view::run(&args),
            Command::Slices => Ok(slices::run()),
            Command::Stack => Ok(stack::run(context)),
        }
    }
}
