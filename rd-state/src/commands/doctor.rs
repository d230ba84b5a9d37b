//! `rd-state doctor`: reports problems of the store itself, then runs `doctor` of each slice's program, which compares
//! its state with AWS.

use crate::{slice_programs, stack_states};
use futures_util::future::try_join_all;
use rd_common::completion;
use rd_common::context::Context;
use rd_common::output::printer::print_warning;
use rd_common::slices::program_of;
use rd_common::{Exit, Result, version};

/// Flags of `rd-state doctor`.
#[derive(clap::Args, Clone, Debug)]
pub struct DoctorArgs {
    /// Names of the slices to check (default: all whose programs are installed)
    #[arg(add = completion::slices())]
    slices: Vec<String>,
    /// Fix file permissions, and what can be fixed in the state alone
    #[arg(long)]
    fix: bool,
    /// Check only files and locks, not AWS
    #[arg(long)]
    local: bool,
}

/// Checks the store and the slices. Ends with exit code 1 where a problem is left.
pub async fn run(context: &Context, args: &DoctorArgs) -> Result<Exit> {
    let mut healthy = report_store_problems(context, args.fix).await?;
    healthy &= report_unreadable_states(context).await?;
    report_held_locks(context).await?;
    healthy &= report_versions();
    if !args.local {
        let mut slices: Vec<&str> = args.slices.iter().map(String::as_str).collect();
        if slices.is_empty() {
            slices = slice_programs::installed();
        }
        let command: &[&str] = if args.fix {
            &["doctor", "--fix"]
        } else {
            &["doctor"]
        };
        healthy &= slice_programs::run_at_once(context, &slices, command)?;
    }
    Ok(if healthy { Exit::Done } else { Exit::Failed })
}

/// Warns of each problem that the store finds in its files, such as permissions that let others read them. Returns
/// whether it found none.
async fn report_store_problems(context: &Context, fix: bool) -> Result<bool> {
    let problems = context.store.audit(&context.stack.id(), fix).await?;
    for problem in &problems {
        print_warning(&problem.summary, &problem.hint);
    }
    Ok(problems.is_empty())
}

/// Warns of each state that cannot be read. Returns whether all can.
async fn report_unreadable_states(context: &Context) -> Result<bool> {
    let mut readable = true;
    for slice in context.store.slices(&context.stack.id()).await? {
        if let Err(error) = context.store.load(&context.key(&slice)).await {
            print_warning(&error.summary, error.hint.as_deref().unwrap_or_default());
            readable = false;
        }
    }
    Ok(readable)
}

/// Warns of each installed program that is of another version than this one. Returns whether there is none.
fn report_versions() -> bool {
    let own = version::TEXT.as_str();
    let tables = slice_programs::with_settings().into_iter();
    let others: Vec<String> = tables
        .filter_map(|table| {
            let version = slice_programs::version_of(table)?;
            (version != own).then(|| format!("{} is {version}", program_of(table)))
        })
        .collect();
    if others.is_empty() {
        return true;
    }
    print_warning(
        &format!(
            "programs of one pipe differ in version: rd-state is {own}, {}",
            others.join(", ")
        ),
        "install all programs of one release: an older one may not know what a newer one writes",
    );
    false
}

/// Warns of each held lock, with what is known of its holder. A held lock is not a problem: it ends with its run.
async fn report_held_locks(context: &Context) -> Result<()> {
    let held = stack_states::held_locks(context).await?;
    let is_alive = held.iter().map(async |(slice, _)| {
        let key = context.key(slice);
        context.store.is_alive(&key).await
    });
    let is_alive = try_join_all(is_alive).await?;
    for ((slice, holder), is_alive) in held.iter().zip(is_alive) {
        print_warning(
            &format!(
                "{slice} is locked by {} ({}) since {:.0}",
                holder.who, holder.what, holder.since
            ),
            match is_alive {
                true => "that run is still active; its lock is released when it ends",
                false => {
                    "that run no longer renews its lock, and has probably ended: the next apply takes the lock over"
                }
            },
        );
    }
    Ok(())
}
