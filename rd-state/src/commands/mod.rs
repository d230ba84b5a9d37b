//! One file a verb.

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
mod unlock;
mod view;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::flags::GlobalFlags;
use rd_common::{Exit, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Write a commented rd.toml
    Init(init::InitArgs),
    /// Print every output of every slice
    Outputs,
    /// List every resource
    List(list::ListArgs),
    /// Show one resource, whole
    Show(show::ShowArgs),
    /// Print a slice's state
    Pull(pull::PullArgs),
    /// List the versions of a slice's state
    History(history::HistoryArgs),
    /// Show what differs between two versions
    Diff(diff::DiffArgs),
    /// Bring an old version back, as a new one
    Restore(restore::RestoreArgs),
    /// Store a state from a file
    Push(push::PushArgs),
    /// Give a resource another address
    Mv(mv::MvArgs),
    /// Forget resources, and leave them at AWS
    Rm(rm::RmArgs),
    /// Take an existing resource into the state
    Import(import::ImportArgs),
    /// Make states anew from what AWS has
    Rebuild(rebuild::RebuildArgs),
    /// Say what is wrong with the states, and between them and AWS
    Doctor(doctor::DoctorArgs),
    /// Show who holds which state
    Locks,
    /// Take the lock away from a run that will not give it back
    Unlock(unlock::UnlockArgs),
    /// Show what needs what: a tree, or a picture's source
    Graph(graph::GraphArgs),
    /// Show a saved plan, or any records, as on a terminal
    View(view::ViewArgs),
}

impl ProgramCommands for Command {
    fn needs_settings(&self) -> bool {
        !matches!(self, Command::Init(_) | Command::View(_))
    }

    fn run_without_settings(self, flags: &GlobalFlags) -> Result<Exit> {
        match self {
            Command::Init(args) => init::run(flags, &args),
            Command::View(args) => view::run(&args),
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
        }
    }
}
