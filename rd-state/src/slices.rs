//! The programs of the slices: what needs AWS is theirs to do, and asked of them.

use rd_common::cli::{Globals, Program};
use rd_common::{Error, Exit, Result};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The slices, in the order in which they need each other.
pub const SLICES: [&str; 7] = ["net", "data", "cache", "store", "edge", "ecs", "logs"];

/// The program of a slice: beside this one, else on the path. None where it is not installed.
fn find(slice: &str) -> Option<PathBuf> {
    let name = format!("rd-{slice}");
    let beside = std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(&name));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(&name));
    beside
        .into_iter()
        .chain(on_path)
        .find(|program| program.is_file())
}

/// The slices whose programs are installed.
pub fn installed() -> Vec<&'static str> {
    SLICES
        .into_iter()
        .filter(|slice| find(slice).is_some())
        .collect()
}

/// Runs a verb of a slice's program with the same settings and streams as this one; stdin is left alone.
pub fn run(program: &Program, slice: &str, arguments: &[&str]) -> Result<Exit> {
    let path = find(slice).ok_or_else(|| {
        Error::usage(format!("rd-{slice} is not installed"))
            .hint("it must be beside rd-state or on the PATH, since only it knows its resources")
    })?;
    let status = Command::new(&path)
        .args(arguments)
        .args(flags(&program.globals, slice))
        .stdin(Stdio::null())
        .status()
        .map_err(|e| {
            Error::failed(format!("{} cannot be run: {e}", path.display()))
                .hint("check its permissions")
        })?;
    let code = status.code().unwrap_or(i32::from(Exit::Interrupted.code()));
    Ok(Exit::ALL
        .iter()
        .map(|(exit, _)| *exit)
        .find(|exit| i32::from(exit.code()) == code)
        .unwrap_or(Exit::Failed))
}

/// The flags of this program that the other takes as well.
fn flags(globals: &Globals, slice: &str) -> Vec<String> {
    let mut flags = vec!["--no-stdin".to_owned()];
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            flags.extend([name.to_owned(), value]);
        }
    };
    let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    add("--config", text(&globals.config));
    add("--environment", globals.environment.clone());
    add("--region", globals.region.clone());
    add("--profile", globals.profile.clone());
    add("--state-dir", text(&globals.state_dir));
    add(
        "--format",
        globals.format.map(|format| format.word().to_owned()),
    );
    let own = format!("{slice}.");
    for set in globals.set.iter().filter(|set| {
        set.starts_with(&own) || !set.split('=').next().unwrap_or_default().contains('.')
    }) {
        add("--set", Some(set.clone()));
    }
    flags.extend((0..globals.verbose).map(|_| "-v".to_owned()));
    flags
}

/// The slice of an address.
pub fn of(address: &str) -> Result<&'static str> {
    let name = address.split('.').next().unwrap_or_default();
    SLICES
        .into_iter()
        .find(|slice| *slice == name)
        .ok_or_else(|| {
            Error::usage(format!("`{address}` is no address")).hint(format!(
                "an address is slice.kind.name, with a slice of {}",
                SLICES.join(", ")
            ))
        })
}
