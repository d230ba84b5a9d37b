//! The verbs that only this program has.

mod usage;

use clap::Subcommand;
use rd_common::cli::{OwnVerbs, Program};
use rd_common::{Exit, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Count what is in the bucket: objects and bytes, by storage class, and old versions
    Usage,
}

impl OwnVerbs for Command {
    async fn run(self, program: &Program) -> Result<Exit> {
        match self {
            Command::Usage => usage::run(program).await,
        }
    }
}
