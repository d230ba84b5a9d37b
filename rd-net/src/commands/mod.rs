//! The verbs that only this program has.

mod check;

use clap::Subcommand;
use rd_common::cli::{OwnVerbs, Program};
use rd_common::{Exit, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Follow rules, routes and subnets from one group to another, and say which one blocks
    Check(check::CheckArgs),
}

impl OwnVerbs for Command {
    async fn run(self, program: &Program) -> Result<Exit> {
        match self {
            Command::Check(args) => check::run(program, &args).await,
        }
    }
}
