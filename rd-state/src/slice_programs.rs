//! Runs the programs that own the slices. `rd-state` knows no AWS API: `import`, `rebuild` and `doctor` are done by the
//! program of each slice.

use rd_common::context::Context;
use rd_common::slices::{SLICES, TABLES};
use rd_common::{Error, Exit, Result, other_program};
use std::process::{Command, Stdio};

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

/// Runs a command of a slice's program with this program's flags, stdout and stderr, and returns how it ended. The
/// program does not read stdin.
pub fn run(context: &Context, slice: &str, arguments: &[&str]) -> Result<Exit> {
    let mut command = other_program::command(context, slice, arguments)?;
    if let Some(format) = context.flags.format {
        command.args(["--format", format.word()]);
    }
    let status = command
        .status()
        .map_err(|e| other_program::cannot_run(&e))?;
    Ok(other_program::exit(status))
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
