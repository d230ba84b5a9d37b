//! The verbs that only this program has.

mod check;
mod probe;
pub mod records;
mod targets;
mod wait;

use clap::Subcommand;
use rd_common::cli::{OwnVerbs, Program};
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

impl OwnVerbs for Command {
    fn gives_zone_file(&self) -> bool {
        matches!(self, Command::Records)
    }

    async fn run(self, program: &Program) -> Result<Exit> {
        match self {
            Command::Records => records::run(program).await,
            Command::Wait(args) => wait::run(program, &args).await,
            Command::Check(args) => check::run(program, &args).await,
            Command::Targets => targets::run(program).await,
        }
    }
}
