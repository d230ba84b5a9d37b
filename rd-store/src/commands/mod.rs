//! The verbs that only this program has.

mod usage;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Count what is in the bucket: objects and bytes, by storage class, and old versions
    Usage,
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Usage => usage::run(context).await,
        }
    }
}
