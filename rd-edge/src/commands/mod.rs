//! The verbs that only this program has.

mod check;
mod probe;
pub mod records;
mod targets;
mod wait;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// The verbs.
#[derive(Subcommand)]
pub enum Command {
    /// Print the DNS records to be made by hand: as a table, as JSON, or as a zone file (--format bind)
    Records,
    /// Wait until the certificate is issued; can be run again to go on
    Wait(wait::WaitArgs),
    /// Look at what clients see: DNS, TLS, certificate, redirect, health, and each target
    Check(check::CheckArgs),
    /// List the targets of the load balancer, with their health and why
    Targets,
}

impl ProgramCommands for Command {
    fn has_zone_file(&self) -> bool {
        matches!(self, Command::Records)
    }

    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Records => records::run(context).await,
            Command::Wait(args) => wait::run(context, &args).await,
            Command::Check(args) => check::run(context, &args).await,
            Command::Targets => targets::run(context).await,
        }
    }
}
