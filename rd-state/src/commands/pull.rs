//! `pull`: a slice's state, as it is stored.

use crate::stack_states;
use rd_common::cli::Program;
use rd_common::{Exit, Result};

/// Flags of `pull`.
#[derive(clap::Args, Clone, Debug)]
pub struct PullArgs {
    /// The slice, such as net
    slice: String,
    /// An older version, by its serial
    #[arg(long, value_name = "N")]
    serial: Option<u64>,
}

/// Runs it.
pub async fn run(program: &Program, args: &PullArgs) -> Result<Exit> {
    let document = match args.serial {
        Some(serial) => {
            program
                .store
                .version(&program.key(&args.slice), serial)
                .await?
        }
        None => stack_states::one(program, &args.slice).await?,
    };
    program
        .printer
        .text(&String::from_utf8_lossy(&document.bytes()));
    Ok(Exit::Done)
}
