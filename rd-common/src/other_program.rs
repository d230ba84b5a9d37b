//! Runs the programs of other slices: what needs a slice's kinds is asked of its own program.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::flags::GlobalFlags;
use crate::output::check_report::CheckStep;
use crate::slices::program_of;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output, Stdio};

/// The path of a slice's program: next to this program, otherwise on the PATH. None where it is not installed.
pub fn find(slice: &str) -> Option<PathBuf> {
    let name = program_of(slice);
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

/// A command of a slice's program with the settings of this one. It does not read stdin.
pub fn command(context: &Context, slice: &str, arguments: &[&str]) -> Result<Command> {
    let path = find(slice).ok_or_else(|| {
        Error::usage(format!("rd-{slice} is not installed"))
            .hint("install it next to this program or on the PATH: only it can read its resources")
    })?;
    let mut command = Command::new(path);
    command
        .args(arguments)
        .args(shared_flags(&context.flags, slice))
        .stdin(Stdio::null());
    Ok(command)
}

/// The flags of this program that the other program takes, too.
fn shared_flags(global: &GlobalFlags, slice: &str) -> Vec<String> {
    let mut flags = vec!["--no-stdin".to_owned()];
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            flags.extend([name.to_owned(), value]);
        }
    };
    let text = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    add("--config", text(&global.config));
    add("--environment", global.environment.clone());
    add("--region", global.region.clone());
    add("--profile", global.profile.clone());
    add("--state-dir", text(&global.state_dir));
    let own = format!("{slice}.");
    for set in global.set.iter().filter(|set| {
        set.starts_with(&own) || !set.split('=').next().unwrap_or_default().contains('.')
    }) {
        add("--set", Some(set.clone()));
    }
    flags.extend((0..global.verbose).map(|_| "-v".to_owned()));
    flags
}

/// The exit code of a program that has ended.
pub fn exit(status: ExitStatus) -> Exit {
    let code = status.code().unwrap_or(i32::from(Exit::Interrupted.code()));
    Exit::ALL
        .iter()
        .map(|(exit, _)| *exit)
        .find(|exit| i32::from(exit.code()) == code)
        .unwrap_or(Exit::Failed)
}

/// The error of a program that could not be started.
pub fn cannot_run(error: &std::io::Error) -> Error {
    Error::failed(format!("cannot run the program: {error}")).hint("check its permissions")
}

/// The steps of another program's `check`; a single failed step where the program could not check.
pub fn check(context: &Context, slice: &str, arguments: &[&str]) -> Result<Vec<CheckStep>> {
    let done = checking(context, slice, arguments)?.output();
    let done = done.map_err(|e| cannot_run(&e))?;
    Ok(steps(&done).unwrap_or_else(|reason| {
        let what = format!("rd-{slice} {}", arguments.join(" "));
        vec![CheckStep::new(what, false, reason)]
    }))
}

/// As [`check`], without blocking; an error where the program could not check.
pub async fn checked(context: &Context, slice: &str, arguments: &[&str]) -> Result<Vec<CheckStep>> {
    let mut command = checking(context, slice, arguments)?;
    let done = tokio::task::spawn_blocking(move || command.output()).await;
    let done = done.map_err(|e| cannot_run(&std::io::Error::other(e)))?;
    let done = done.map_err(|e| cannot_run(&e))?;
    steps(&done).map_err(Error::failed)
}

fn checking(context: &Context, slice: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = command(context, slice, arguments)?;
    command.args(["--format", "json"]);
    Ok(command)
}

/// The steps in its output, or the reason why there are none.
fn steps(done: &Output) -> std::result::Result<Vec<CheckStep>, String> {
    let document: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap_or_default();
    let steps = document.get("steps").cloned().unwrap_or_default();
    serde_json::from_value(steps).map_err(|_| {
        let said = String::from_utf8_lossy(&done.stderr);
        let reason = said.lines().next().unwrap_or("it gave no reason");
        reason.trim_start_matches("error: ").to_owned()
    })
}
