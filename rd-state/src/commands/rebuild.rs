//! `rebuild`: states made anew from the tags and names at AWS.

use crate::slices;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// Flags of `rebuild`.
#[derive(clap::Args, Clone, Debug)]
pub struct RebuildArgs {
    /// The slices; else all whose programs are installed
    slices: Vec<String>,
}

/// Runs it, in the programs of the slices, one after the other. Ends with the first failure.
pub fn run(context: &Context, args: &RebuildArgs) -> Result<Exit> {
    let mut all: Vec<&str> = args.slices.iter().map(String::as_str).collect();
    if all.is_empty() {
        all = slices::installed();
    }
    for slice in all {
        let exit = slices::run(context, slice, &["rebuild"])?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    Ok(Exit::Done)
}
