//! The verbs that only this program has.

mod check;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Follow rules, routes and subnets from one group to another, and say which one blocks
    Check(check::CheckArgs),
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Check(args) => check::run(context, &args).await,
        }
    }
}
