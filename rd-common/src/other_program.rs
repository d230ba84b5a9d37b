//! Runs the programs of other slices, since only a slice's own program knows its resource kinds.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::flags::GlobalFlags;
use crate::output::check_report::CheckStep;
use crate::slices::{TABLES, program_of};
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Output, Stdio};

/// The path of a slice's program: next to this program, otherwise on the PATH; none where it is not installed.
pub fn find(slice: &str) -> Option<PathBuf> {
    let name = program_of(slice);
    let next_to_this = std::env::current_exe()
        .ok()
        .map(|own| own.with_file_name(&name));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(&name));
    next_to_this
        .into_iter()
        .chain(on_path)
        .find(|program| program.is_file())
}

/// A command line for a slice's program, with the global flags of this one and an empty stdin. Fails where the program
/// is not installed.
pub fn command(context: &Context, slice: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = in_pipe(context, slice, arguments)?;
    command.arg("--no-stdin").stdin(Stdio::null());
    Ok(command)
}

/// The same for a program that reads the records of another one from its stdin.
pub fn in_pipe(context: &Context, slice: &str, arguments: &[&str]) -> Result<Command> {
    let path = find(slice).ok_or_else(|| {
        Error::usage(format!("rd-{slice} is not installed"))
            .hint("install it next to this program or on the PATH: only it can read its slice's resources")
    })?;
    let mut command = Command::new(path);
    command
        .args(arguments)
        .args(shared_flags(&context.flags, slice));
    Ok(command)
}

/// The flags of this program that the other one accepts, too.
fn shared_flags(global: &GlobalFlags, slice: &str) -> Vec<String> {
    let mut flags = Vec::new();
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
    // Each program refuses the keys of others.
    let is_for_it = |set: &&String| match set.split('=').next().and_then(|key| key.split_once('.'))
    {
        Some((table, _)) => table == slice || !TABLES.contains(&table),
        None => true,
    };
    for set in global.set.iter().filter(is_for_it) {
        add("--set", Some(set.clone()));
    }
    if global.new_environment {
        flags.push("--new-environment".to_owned());
    }
    flags.extend((0..global.verbose).map(|_| "-v".to_owned()));
    flags
}

/// The exit code of a program that has ended, as one of ours; [`Exit::Interrupted`] where a signal ended it.
pub fn exit(status: ExitStatus) -> Exit {
    let code = status.code().unwrap_or(i32::from(Exit::Interrupted.code()));
    Exit::ALL
        .iter()
        .map(|(exit, _)| *exit)
        .find(|exit| i32::from(exit.code()) == code)
        .unwrap_or(Exit::Failed)
}

/// The error for a program that could not be started.
pub fn cannot_run(error: &std::io::Error) -> Error {
    Error::failed(format!("cannot start the program: {error}"))
        .hint("check that the file is executable")
}

/// The steps of another program's `check`. Where it could not check, one failed step that says why.
pub fn check(context: &Context, slice: &str, arguments: &[&str]) -> Result<Vec<CheckStep>> {
    let output = check_command(context, slice, arguments)?.output();
    let output = output.map_err(|e| cannot_run(&e))?;
    Ok(steps(&output).unwrap_or_else(|reason| {
        let command = format!("rd-{slice} {}", arguments.join(" "));
        vec![CheckStep::new(command, false, reason)]
    }))
}

/// As [`check`], but on another thread, and with an error where the program could not check.
pub async fn checked(context: &Context, slice: &str, arguments: &[&str]) -> Result<Vec<CheckStep>> {
    let mut command = check_command(context, slice, arguments)?;
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.map_err(|e| cannot_run(&std::io::Error::other(e)))?;
    let output = output.map_err(|e| cannot_run(&e))?;
    steps(&output).map_err(Error::failed)
}

fn check_command(context: &Context, slice: &str, arguments: &[&str]) -> Result<Command> {
    let mut command = command(context, slice, arguments)?;
    command.args(["--format", "json"]);
    Ok(command)
}

/// The steps that the program printed, or its first error.
fn steps(output: &Output) -> std::result::Result<Vec<CheckStep>, String> {
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let steps = document.get("steps").cloned().unwrap_or_default();
    serde_json::from_value(steps).map_err(|_| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let reason = stderr.lines().next().unwrap_or("it gave no reason");
        reason.trim_start_matches("error: ").to_owned()
    })
}
