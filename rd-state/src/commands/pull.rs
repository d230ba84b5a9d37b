//! `pull`: a slice's state, as it is stored.

use crate::stack_states;
use rd_common::context::Context;
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
pub async fn run(context: &Context, args: &PullArgs) -> Result<Exit> {
    let document = match args.serial {
        Some(serial) => {
            context
                .store
                .version(&context.key(&args.slice), serial)
                .await?
        }
        None => stack_states::one(context, &args.slice).await?,
    };
    context
        .printer
        .text(&String::from_utf8_lossy(&document.bytes()));
    Ok(Exit::Done)
}
