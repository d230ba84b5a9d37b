//! `rd-state show`: shows everything that the state has of one resource.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::{Error, Exit, Result};

/// Flags of `rd-state show`.
#[derive(clap::Args, Clone, Debug)]
pub struct ShowArgs {
    /// Address of the resource, such as net.vpc.main
    #[arg(add = completion::addresses())]
    address: String,
}

/// Prints the resource as JSON: indented for people, on one line for programs.
pub async fn run(context: &Context, args: &ShowArgs) -> Result<Exit> {
    let slice = args.address.split('.').next().unwrap_or_default();
    let document = stack_states::one(context, slice).await?;
    let resource = document.resources.get(&args.address).ok_or_else(|| {
        let kind = args.address.rsplit_once('.').map_or("", |(kind, _)| kind);
        let near: Vec<&str> = document
            .resources
            .keys()
            .map(String::as_str)
            .filter(|address| address.starts_with(kind))
            .collect();
        let hint = if near.is_empty() {
            "`rd-state list` lists the addresses".to_owned()
        } else {
            format!("similar addresses: {}", near.join(", "))
        };
        Error::usage(format!("the state has no `{}`", args.address)).hint(hint)
    })?;
    let text = if context.printer.is_json() {
        serde_json::to_string(resource)
    } else {
        serde_json::to_string_pretty(resource)
    };
    context
        .printer
        .text(&format!("{}\n", text.unwrap_or_default()));
    Ok(Exit::Done)
}
