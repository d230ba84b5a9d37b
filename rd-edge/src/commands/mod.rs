//! The commands that only `rd-edge` has, one file each.

mod check;
mod client_probe;
mod desired_certificate;
mod records;
mod targets;
mod wait;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::context::Context;
use rd_common::output::printer::Format;
use rd_common::{Exit, Result};

/// The commands of `rd-edge` beyond those that every slice has.
#[derive(Subcommand)]
pub enum Command {
    /// Print the DNS records to create manually: as a table, as JSON, or as a zone file (--format bind)
    #[command(
        after_help = "{program} records :: the records to create where DNS is not in Route 53\n\
        {program} records --format bind > records.zone :: as a zone file"
    )]
    Records,
    /// Wait until the certificate is issued
    #[command(
        after_help = "{program} wait --timeout 30m && {program} apply -y :: enable HTTPS, once the records exist"
    )]
    Wait(wait::WaitArgs),
    /// Check what clients see: certificate, DNS, TLS, redirect, health, targets
    #[command(after_help = "{program} check\n\
        {program} check --url https://api.example.com/health")]
    Check(check::CheckArgs),
    /// List the targets of the load balancer, with their health and the reason for it
    #[command(after_help = "{program} targets")]
    Targets,
}

impl ProgramCommands for Command {
    fn extra_formats(&self) -> &'static [Format] {
        match self {
            Command::Records => &[Format::Bind],
            _ => &[],
        }
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
