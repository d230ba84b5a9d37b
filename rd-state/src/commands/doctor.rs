//! `doctor`: reports problems of the states, and inconsistencies between states and AWS.

use crate::slices;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::{Exit, Result};

/// Flags of `doctor`.
#[derive(clap::Args, Clone, Debug)]
pub struct DoctorArgs {
    /// The slices; else all whose programs are installed
    slices: Vec<String>,
    /// Mend what is safe to mend
    #[arg(long)]
    fix: bool,
    /// Look at the files and locks alone, without AWS
    #[arg(long)]
    local: bool,
}

/// Runs it: exit 0 where all is well, 1 where something is not.
pub async fn run(context: &Context, args: &DoctorArgs) -> Result<Exit> {
    let mut well = store_is_safe(context, args.fix).await?;
    well &= readable(context).await?;
    held(context).await?;
    if !args.local {
        let mut all: Vec<&str> = args.slices.iter().map(String::as_str).collect();
        if all.is_empty() {
            all = slices::installed();
        }
        let verb: &[&str] = if args.fix {
            &["doctor", "--fix"]
        } else {
            &["doctor"]
        };
        for slice in all {
            well &= slices::run(context, slice, verb)? == Exit::Done;
        }
    }
    Ok(if well { Exit::Done } else { Exit::Failed })
}

/// Reports problems of the store itself.
async fn store_is_safe(context: &Context, fix: bool) -> Result<bool> {
    let problems = context.store.audit(&context.stack.name(), fix).await?;
    for problem in &problems {
        print_warning(&problem.summary, &problem.hint);
    }
    Ok(problems.is_empty())
}

/// Every state can be read.
async fn readable(context: &Context) -> Result<bool> {
    let mut well = true;
    for slice in context.store.slices(&context.stack.name()).await? {
        if let Err(error) = context.store.load(&context.key(&slice)).await {
            print_warning(&error.summary, error.hint.as_deref().unwrap_or_default());
            well = false;
        }
    }
    Ok(well)
}

/// Held locks are told, and no fault: whoever holds one lives.
async fn held(context: &Context) -> Result<()> {
    for slice in context.store.slices(&context.stack.name()).await? {
        if let Some(holder) = context.store.holder(&context.key(&slice)).await? {
            print_warning(
                &format!(
                    "{slice} is locked by {} ({}) since {:.0}",
                    holder.who, holder.what, holder.since
                ),
                "it lives; its lock ends with it",
            );
        }
    }
    Ok(())
}
