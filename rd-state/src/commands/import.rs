//! `rd-state import`: imports an existing AWS resource into the state. The slice's program reads it from AWS first.

use crate::slice_programs;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::{Exit, Result};

/// Flags of `rd-state import`.
#[derive(clap::Args, Clone, Debug)]
pub struct ImportArgs {
    /// Address in the state, such as net.vpc.main
    #[arg(add = completion::addresses())]
    address: String,
    /// Id in AWS, such as vpc-0abc1234
    id: String,
    /// Import a resource that the next apply would replace
    #[arg(long)]
    allow_replace: bool,
}

/// Runs `import` of the program that owns the address's slice.
pub fn run(context: &Context, args: &ImportArgs) -> Result<Exit> {
    let slice = slice_programs::slice_of(&args.address)?;
    let mut arguments = vec!["import", args.address.as_str(), args.id.as_str()];
    if args.allow_replace {
        arguments.push("--allow-replace");
    }
    slice_programs::run(context, slice, &arguments)
}
