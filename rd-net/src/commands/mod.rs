//! The commands that only `rd-net` has, one file each.

mod check;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The commands of `rd-net` besides those of every slice.
#[derive(Subcommand)]
pub enum Command {
    /// Check whether one security group can connect to another, and show what blocks it
    Check(check::CheckArgs),
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Check(args) => check::run(context, &args).await,
        }
    }
}
