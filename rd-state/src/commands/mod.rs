//! One file a verb.

mod graph;
mod history;
mod init;
mod list;
mod outputs;
mod pull;
mod show;
mod view;

use clap::Subcommand;
use rd_common::cli::{Globals, OwnVerbs, Program};
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
    /// Show what needs what: a tree, or a picture's source
    Graph(graph::GraphArgs),
    /// Show a saved plan, or any records, as on a terminal
    View(view::ViewArgs),
}

impl OwnVerbs for Command {
    fn needs_settings(&self) -> bool {
        !matches!(self, Command::Init(_) | Command::View(_))
    }

    fn run_without_settings(self, globals: &Globals) -> Result<Exit> {
        match self {
            Command::Init(args) => init::run(globals, &args),
            Command::View(args) => view::run(&args),
            _ => Ok(Exit::Done),
        }
    }

    async fn run(self, program: &Program) -> Result<Exit> {
        match self {
            Command::Init(args) => init::run(&program.globals, &args),
            Command::Outputs => outputs::run(program).await,
            Command::List(args) => list::run(program, &args).await,
            Command::Show(args) => show::run(program, &args).await,
            Command::Pull(args) => pull::run(program, &args).await,
            Command::History(args) => history::run(program, &args).await,
            Command::Graph(args) => graph::run(program, &args).await,
            Command::View(args) => view::run(&args),
        }
    }
}
