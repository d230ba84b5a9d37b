//! Checks that only their owner can read the states: they hold no secrets, but show an attacker what exists.

use crate::error::{Error, Result};
use crate::state::store::StoreProblem;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Finds states under `folder` that other users can read or write. With `fix`, removes that permission instead.
pub(super) fn audit(folder: &Path, fix: bool) -> Result<Vec<StoreProblem>> {
    let mut open = Vec::new();
    find_open(folder, &mut open);
    if fix {
        for (path, mode) in open {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o700)).map_err(|e| {
                Error::failed(format!(
                    "cannot set the permissions of {}: {e}",
                    path.display()
                ))
                .hint("check who owns the file")
            })?;
        }
        return Ok(Vec::new());
    }
    let problem = |(path, mode): (PathBuf, u32)| StoreProblem {
        summary: format!(
            "other users can read or write {}: its mode is {:o}",
            path.display(),
            mode & 0o777
        ),
        hint: "doctor --fix removes their access".to_owned(),
    };
    Ok(open.into_iter().map(problem).collect())
}

fn find_open(folder: &Path, open: &mut Vec<(PathBuf, u32)>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(meta) = entry.metadata() else {
            continue;
        };
        let mode = meta.permissions().mode();
        if meta.is_dir() {
            find_open(&path, open);
        } else if path.extension().is_some_and(|end| end == "json") && mode & 0o077 != 0 {
            open.push((path, mode));
        }
    }
}
