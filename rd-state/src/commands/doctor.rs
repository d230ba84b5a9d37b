//! `doctor`: what is wrong with the states, and between them and AWS.

use crate::slices;
use rd_common::cli::Program;
use rd_common::ui::printer::tell_note;
use rd_common::{Error, Exit, Result};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

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
pub async fn run(program: &Program, args: &DoctorArgs) -> Result<Exit> {
    let mut well = permissions(program, args.fix)?;
    well &= readable(program).await?;
    held(program).await?;
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
            well &= slices::run(program, slice, verb)? == Exit::Done;
        }
    }
    Ok(if well { Exit::Done } else { Exit::Failed })
}

/// States are for their owner alone: they hold no secret, but they show what there is to attack.
fn permissions(program: &Program, fix: bool) -> Result<bool> {
    let mut open = Vec::new();
    collect(&program.state_folder.join(program.stack.name()), &mut open)?;
    for (path, mode) in &open {
        if fix {
            fs::set_permissions(path, fs::Permissions::from_mode(mode & 0o700)).map_err(|e| {
                Error::failed(format!(
                    "the permissions of {} cannot be set: {e}",
                    path.display()
                ))
                .hint("check whose it is")
            })?;
        } else {
            tell_note(
                &format!(
                    "{} can be read or written by others: its mode is {:o}",
                    path.display(),
                    mode & 0o777
                ),
                "doctor --fix takes that from them",
            );
        }
    }
    Ok(fix || open.is_empty())
}

/// Everything under `folder` that others than its owner may read or write.
fn collect(folder: &Path, open: &mut Vec<(PathBuf, u32)>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(meta) = entry.metadata() else {
            continue;
        };
        let mode = meta.permissions().mode();
        if meta.is_dir() {
            collect(&path, open)?;
        } else if path.extension().is_some_and(|end| end == "json") && mode & 0o077 != 0 {
            open.push((path, mode));
        }
    }
    Ok(())
}

/// Every state can be read.
async fn readable(program: &Program) -> Result<bool> {
    let mut well = true;
    for slice in program.store.slices(&program.stack.name()).await? {
        if let Err(error) = program.store.load(&program.key(&slice)).await {
            tell_note(&error.summary, error.hint.as_deref().unwrap_or_default());
            well = false;
        }
    }
    Ok(well)
}

/// Held locks are told, and no fault: whoever holds one lives.
async fn held(program: &Program) -> Result<()> {
    for slice in program.store.slices(&program.stack.name()).await? {
        if let Some(holder) = program.store.holder(&program.key(&slice)).await? {
            tell_note(
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
