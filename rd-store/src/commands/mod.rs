//! The commands that only `rd-store` has, one file each.

mod usage;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The commands of `rd-store` besides those of every slice.
#[derive(Subcommand)]
pub enum Command {
    /// Count the bucket's objects, versions and bytes by storage class
    #[command(after_help = "{program} usage\n\
        {program} usage --format json | jq .current")]
    Usage,
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Usage => usage::run(context).await,
        }
    }
}
