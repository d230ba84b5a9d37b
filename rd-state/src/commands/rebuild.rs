//! `rd-state rebuild`: rebuilds states from existing AWS resources, found by their tags and names.

use crate::slice_programs;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// Flags of `rd-state rebuild`.
#[derive(clap::Args, Clone, Debug)]
pub struct RebuildArgs {
    /// Names of the slices to rebuild (default: all whose programs are installed)
    #[arg(add = completion::slices())]
    slices: Vec<String>,
}

/// Runs `rebuild` of each slice's program, one after the other. Stops at the first that fails.
pub fn run(context: &Context, args: &RebuildArgs) -> Result<Exit> {
    let mut slices: Vec<&str> = args.slices.iter().map(String::as_str).collect();
    if slices.is_empty() {
        slices = slice_programs::installed();
    }
    for slice in slices {
        let exit = slice_programs::run(context, slice, &["rebuild"])?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    Ok(Exit::Done)
}
