//! `rd-state pull`: prints a slice's state as it is stored.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// Flags of `rd-state pull`.
#[derive(clap::Args, Clone, Debug)]
pub struct PullArgs {
    /// Name of the slice, such as net
    #[arg(add = completion::slices())]
    slice: String,
    /// Serial of the version to print (default: the current version)
    #[arg(long, value_name = "N", add = completion::serials())]
    serial: Option<u64>,
}

/// Prints the state as JSON, whatever `--format` says.
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
