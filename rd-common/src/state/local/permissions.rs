//! Checks the files of the store: only their owner can read the states, which hold no secrets, but show an attacker what
//! exists; and none of them is a link or another special file.

use crate::error::{Error, Result};
use crate::state::local::regular_file;
use crate::state::store::StoreProblem;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Finds states under `folder` that other users can read or write, and files that are not regular. With `fix`, removes
/// those permissions instead.
pub(super) fn audit(folder: &Path, fix: bool) -> Result<Vec<StoreProblem>> {
    let (mut open, mut special) = (Vec::new(), Vec::new());
    find(folder, &mut open, &mut special);
    let special = special.into_iter().map(|(path, kind)| StoreProblem {
        summary: format!("{} is {kind}, not a regular file", path.display()),
        hint: "remove it, or put what it points to in its place: it is neither read nor written"
            .to_owned(),
        is_fatal: false,
    });
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
        return Ok(special.collect());
    }
    let problem = |(path, mode): (PathBuf, u32)| StoreProblem {
        summary: format!(
            "other users can read or write {}: its mode is {:o}",
            path.display(),
            mode & 0o777
        ),
        hint: "doctor --fix removes their access".to_owned(),
        is_fatal: false,
    };
    Ok(open.into_iter().map(problem).chain(special).collect())
}

fn find(folder: &Path, open: &mut Vec<(PathBuf, u32)>, special: &mut Vec<(PathBuf, &'static str)>) {
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
            find(&path, open, special);
        } else if !meta.is_file() {
            special.push((path, regular_file::name(meta.file_type())));
        } else if path.extension().is_some_and(|end| end == "json") && mode & 0o077 != 0 {
            open.push((path, mode));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_reported_and_what_it_points_to_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        fs::write(&target, "").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o644)).unwrap();
        let states = folder.path().join("states");
        fs::create_dir(&states).unwrap();
        std::os::unix::fs::symlink(&target, states.join("net.json")).unwrap();
        for fix in [false, true] {
            let problems = audit(&states, fix).unwrap();
            assert_eq!(problems.len(), 1);
            assert!(problems[0].summary.contains("net.json is a symbolic link"));
        }
        let mode = fs::metadata(&target).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644);
    }
}
