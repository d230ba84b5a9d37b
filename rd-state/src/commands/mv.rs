//! `mv`: gives a resource another address.

use crate::stack_states;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Error, Exit, Result};

/// Flags of `mv`.
#[derive(clap::Args, Clone, Debug)]
pub struct MvArgs {
    /// The address it has
    from: String,
    /// The address it is to have, of the same slice and kind
    to: String,
}

/// Slice and kind of an address.
fn family(address: &str) -> Result<(&str, &str)> {
    let mut parts = address.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(slice), Some(kind), Some(name), None) if !name.is_empty() => Ok((slice, kind)),
        _ => Err(Error::usage(format!("`{address}` is no address"))
            .hint("an address is slice.kind.name, such as net.subnet.private-a")),
    }
}

/// Runs it.
pub async fn run(context: &Context, args: &MvArgs) -> Result<Exit> {
    let (slice, kind) = family(&args.from)?;
    if family(&args.to)? != (slice, kind) {
        return Err(
            Error::usage(format!("{} cannot become {}", args.from, args.to))
                .hint("a resource stays in its slice and of its kind"),
        );
    }
    let move_resource = async |state: LockedState| {
        let mut document = stack_states::one(context, slice).await?;
        if document.resources.contains_key(&args.to) {
            return Err(Error::refused(format!("there is a {} already", args.to))
                .hint("choose another address, or move or remove that one first"));
        }
        let resource = document.resources.remove(&args.from).ok_or_else(|| {
            Error::usage(format!("the state has no `{}`", args.from))
                .hint("`rd-state list` lists them")
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
    context.printer.text(&format!(
        "{} is {} now, in serial {serial}; the next apply sets its tag `rd:address`\n",
        args.from, args.to
    ));
    Ok(Exit::Done)
}
