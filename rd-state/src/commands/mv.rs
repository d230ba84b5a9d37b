//! `rd-state mv`: changes the address of a resource.

use crate::stack_states;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result};
use serde_json::json;

/// Flags of `rd-state mv`.
#[derive(clap::Args, Clone, Debug)]
pub struct MvArgs {
    /// Current address of the resource
    #[arg(add = completion::addresses())]
    from: String,
    /// New address, in the same slice and of the same kind
    to: String,
}

/// The slice and the kind of an address; fails where the text is not an address.
fn slice_and_kind(address: &str) -> Result<(&str, &str)> {
    let mut parts = address.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(slice), Some(kind), Some(name), None) if !name.is_empty() => Ok((slice, kind)),
        _ => Err(Error::usage(format!("`{address}` is not an address"))
            .hint("an address is slice.kind.name, such as net.subnet.private-a")),
    }
}

/// Moves the resource under the lock, with the dependencies of other resources on it.
pub async fn run(context: &Context, args: &MvArgs) -> Result<Exit> {
    let (slice, kind) = slice_and_kind(&args.from)?;
    if slice_and_kind(&args.to)? != (slice, kind) {
        return Err(
            Error::usage(format!("{} cannot be moved to {}", args.from, args.to))
                .hint("the new address must have the same slice and kind"),
        );
    }
    let move_resource = async |state: LockedState| {
        let mut document = stack_states::one(context, slice).await?;
        if document.resources.contains_key(&args.to) {
            return Err(Error::refused(format!("{} already exists", args.to))
                .hint("choose another address, or move or remove that resource first"));
        }
        let resource = document.resources.remove(&args.from).ok_or_else(|| {
            Error::usage(format!("the state has no `{}`", args.from))
                .hint("`rd-state list` lists the addresses")
        })?;
        document.resources.insert(args.to.clone(), resource);
        for resource in document.resources.values_mut() {
            for need in resource
                .depends_on
                .iter_mut()
                .filter(|need| **need == args.from)
            {
                need.clone_from(&args.to);
            }
        }
        state.save(document, "mv").await
    };
    let serial = context
        .with_locked_state(slice, "mv", move_resource)
        .await?;
    if context.printer.is_json() {
        let document = json!({"from": args.from, "to": args.to, "serial": serial});
        context.printer.text(&format!("{document}\n"));
        return Ok(Exit::Done);
    }
    context.printer.text(&format!(
        "moved {} to {} in serial {serial}; the next apply updates its tag `rd:address`\n",
        args.from, args.to
    ));
    Ok(Exit::Done)
}
