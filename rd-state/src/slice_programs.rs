//! Runs the programs that own the slices. `rd-state` knows no AWS API: `import`, `rebuild` and `doctor` are done by the
//! program of each slice.

use rd_common::context::Context;
use rd_common::pipe::reader::{self, Place};
use rd_common::records::Record;
use rd_common::resource::signal::{self, Cancel, Shared};
use rd_common::slices::{SLICES, TABLES, program_of};
use rd_common::{Error, Exit, Result, other_program};
use std::io::Write;
use std::process::{Child, Command, Stdio};

/// The slices whose programs are installed, in pipe order.
pub fn installed() -> Vec<&'static str> {
    SLICES
        .into_iter()
        .filter(|slice| other_program::find(slice).is_some())
        .collect()
}

/// The tables of `rd.toml` whose programs are installed: those of the slices, and that of `rd-cost`.
pub fn with_settings() -> Vec<&'static str> {
    TABLES
        .into_iter()
        .filter(|table| other_program::find(table).is_some())
        .collect()
}

/// What the program of a table prints for `--version`, without its name; none where it cannot be run.
pub fn version_of(table: &str) -> Option<String> {
    let output = Command::new(other_program::find(table)?)
        .arg("--version")
        .stdin(Stdio::null())
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    let (_, version) = text.trim().split_once(' ')?;
    Some(version.to_owned())
}

/// Starts a program that stops with this one as long as the second value exists.
fn start(command: &mut Command) -> Result<(Child, Shared)> {
    Cancel::on_signals().map_err(|e| Error::failed(format!("cannot watch for signals: {e}")))?;
    let child = command.spawn().map_err(|e| other_program::cannot_run(&e))?;
    let stops_with_this = signal::share_with(&child);
    Ok((child, stops_with_this))
}

/// Runs a command of a slice's program with this program's flags, stdout and stderr, and returns how it ended. The
/// program does not read stdin.
pub fn run(context: &Context, slice: &str, arguments: &[&str]) -> Result<Exit> {
    let mut command = other_program::command(context, slice, arguments)?;
    if let Some(format) = context.flags.format {
        command.args(["--format", format.word()]);
    }
    let (mut child, _stops_with_this) = start(&mut command)?;
    let status = child.wait().map_err(|e| other_program::cannot_run(&e))?;
    Ok(other_program::exit(status))
}

/// Runs a command of a slice's program with a text as its stdin and this program's stderr, and returns how it ended and what it
/// has printed. The text is short enough that the program reads it before it prints.
pub fn answer(
    context: &Context,
    slice: &str,
    arguments: &[&str],
    stdin: &str,
) -> Result<(Exit, Vec<u8>)> {
    let mut command = other_program::in_pipe(context, slice, arguments)?;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let (mut child, _stops_with_this) = start(&mut command)?;
    if let Some(mut pipe) = child.stdin.take() {
        // A program that has ended early says why.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    let output = child.wait_with_output();
    let output = output.map_err(|e| other_program::cannot_run(&e))?;
    Ok((other_program::exit(output.status), output.stdout))
}

/// Runs a command of several slices' programs at once, and prints what they say in the order of the slices, as if one program
/// had said it. Returns whether all of them have succeeded.
pub fn run_at_once(context: &Context, slices: &[&str], arguments: &[&str]) -> Result<bool> {
    let started = |slice: &&str| {
        let mut command = other_program::command(context, slice, arguments)?;
        command.args(["--format", "json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        start(&mut command)
    };
    let children = slices.iter().map(started).collect::<Result<Vec<_>>>()?;
    let mut succeeded = true;
    for ((child, _stops_with_this), slice) in children.into_iter().zip(slices) {
        let output = child.wait_with_output();
        let output = output.map_err(|e| other_program::cannot_run(&e))?;
        succeeded &= output.status.success();
        let source = &program_of(slice);
        let mut ended = false;
        for (line, number) in output.stdout.split(|byte| *byte == b'\n').zip(1..) {
            let place = Place { source, number };
            if !line.is_empty()
                && let Some(record) = reader::parse(line, place)?
            {
                ended |= matches!(record, Record::End(_));
                context.printer.emit(&record);
            }
        }
        if !ended {
            // Whatever it was, no record has it.
            let text = String::from_utf8_lossy(&output.stderr);
            let error = Error::failed(format!("{source} has ended early: {}", text.trim()));
            context.printer.emit_error(slice, &error);
        }
    }
    Ok(succeeded)
}

/// Runs commands of several slices in a pipe, in this order. Each reads the outputs of those before it; what the last one
/// writes is this program's stdout. Returns how the first one that failed has ended.
pub fn run_pipe(context: &Context, commands: &[(&str, Vec<String>)]) -> Result<Exit> {
    let mut children = Vec::new();
    let mut upstream = None;
    for (at, (slice, arguments)) in commands.iter().enumerate() {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = match upstream.take() {
            None => other_program::command(context, slice, &arguments)?,
            Some(stdout) => {
                let mut command = other_program::in_pipe(context, slice, &arguments)?;
                command.stdin(Stdio::from(stdout));
                command
            }
        };
        if at + 1 < commands.len() {
            command.stdout(Stdio::piped());
        } else if let Some(format) = context.flags.format {
            command.args(["--format", format.word()]);
        }
        let (mut child, stops_with_this) = start(&mut command)?;
        upstream = child.stdout.take();
        children.push((child, stops_with_this));
    }
    let mut failed = Exit::Done;
    for (mut child, _stops_with_this) in children {
        let status = child.wait().map_err(|e| other_program::cannot_run(&e))?;
        let exit = other_program::exit(status);
        if failed == Exit::Done {
            failed = exit;
        }
    }
    Ok(failed)
}

/// The slice that an address belongs to; fails where the address does not begin with the name of a slice.
pub fn slice_of(address: &str) -> Result<&'static str> {
    let name = address.split('.').next().unwrap_or_default();
    SLICES
        .into_iter()
        .find(|slice| *slice == name)
        .ok_or_else(|| {
            Error::usage(format!("`{address}` is not an address")).hint(format!(
                "an address is slice.kind.name, where the slice is one of {}",
                SLICES.join(", ")
            ))
        })
}
