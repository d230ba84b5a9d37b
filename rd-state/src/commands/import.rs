//! `import`: takes an existing resource into the state, once AWS has said that it is there.

use crate::slices;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// Flags of `import`.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// The address that it is to have, such as net.vpc.main
    address: String,
    /// The id that AWS has for it
    id: String,
}

/// Runs it, in the program of the slice.
pub fn run(context: &Context, args: &ImportArgs) -> Result<Exit> {
    let slice = slices::of(&args.address)?;
    slices::run(context, slice, &["import", &args.address, &args.id])
}
