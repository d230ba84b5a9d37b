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
    #[command(
        after_help = "{program} check api db 5432 :: can the service reach the database?\n\
        {program} check internet alb 443 :: can clients reach the load balancer?\n\
        {program} check api aws 443 :: can tasks reach AWS's services?"
    )]
    Check(check::CheckArgs),
}

impl ProgramCommands for Command {
    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Check(args) => check::run(context, &args).await,
        }
    }
}
