//! The programs of other slices: what only they know is asked of them, not done twice.

use crate::check::Step;
use crate::cli::{Globals, Program};
use crate::error::{Error, Result};
use crate::exit::Exit;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output, Stdio};

/// The program of a slice: beside this one, else on the path. None where it is not installed.
pub fn find(slice: &str) -> Option<PathBuf> {
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

/// A verb of a slice's program with the same settings as this one; stdin is left alone.
pub fn command(program: &Program, slice: &str, arguments: &[&str]) -> Result<Command> {
    let path = find(slice).ok_or_else(|| {
        Error::usage(format!("rd-{slice} is not installed")).hint(
            "it must be beside this program or on the PATH, since only it knows its resources",
        )
    })?;
    let mut command = Command::new(path);
    command
        .args(arguments)
        .args(flags(&program.globals, slice))
        .stdin(Stdio::null());
    Ok(command)
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
    let own = format!("{slice}.");
    for set in globals.set.iter().filter(|set| {
        set.starts_with(&own) || !set.split('=').next().unwrap_or_default().contains('.')
    }) {
        add("--set", Some(set.clone()));
    }
    flags.extend((0..globals.verbose).map(|_| "-v".to_owned()));
    flags
}

/// How it ended.
pub fn exit(status: ExitStatus) -> Exit {
    let code = status.code().unwrap_or(i32::from(Exit::Interrupted.code()));
    Exit::ALL
        .iter()
        .map(|(exit, _)| *exit)
        .find(|exit| i32::from(exit.code()) == code)
        .unwrap_or(Exit::Failed)
}

/// What an error of starting it means.
pub fn cannot_run(error: &std::io::Error) -> Error {
    Error::failed(format!("it cannot be run: {error}")).hint("check its permissions")
}

/// The steps that a `check` of another program finds; one step that says so where it could not check.
pub fn check(program: &Program, slice: &str, arguments: &[&str]) -> Result<Vec<Step>> {
    let done = checking(program, slice, arguments)?.output();
    let done = done.map_err(|e| cannot_run(&e))?;
    Ok(steps(&done).unwrap_or_else(|reason| {
        let what = format!("rd-{slice} {}", arguments.join(" "));
        vec![Step::new(what, false, reason)]
    }))
}

/// The same, with other work going on meanwhile; an error where it could not check.
pub async fn checked(program: &Program, slice: &str, arguments: &[&str]) -> Result<Vec<Step>> {
    let mut command = checking(program, slice, arguments)?;
    let done = tokio::task::spawn_blocking(move || command.output()).await;
    let done = done.map_err(|e| cannot_run(&std::io::Error::other(e)))?;
    let done = done.map_err(|e| cannot_run(&e))?;
    steps(&done).map_err(Error::failed)
}

fn checking(program: &Program, slice: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = command(program, slice, arguments)?;
    command.args(["--format", "json"]);
    Ok(command)
}

/// The steps that it found, or why it found none.
fn steps(done: &Output) -> std::result::Result<Vec<Step>, String> {
    let document: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap_or_default();
    let steps = document.get("steps").cloned().unwrap_or_default();
    serde_json::from_value(steps).map_err(|_| {
        let said = String::from_utf8_lossy(&done.stderr);
        let reason = said.lines().next().unwrap_or("it gave no reason");
        reason.trim_start_matches("error: ").to_owned()
    })
}
