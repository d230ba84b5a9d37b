//! The programs of the slices: what needs AWS is theirs to do, and asked of them.

use rd_common::context::Context;
use rd_common::{Error, Exit, Result, other_program};

/// The slices, in the order in which they need each other.
pub const SLICES: [&str; 7] = ["net", "data", "cache", "store", "edge", "ecs", "logs"];

/// The slices whose programs are installed.
pub fn installed() -> Vec<&'static str> {
    SLICES
        .into_iter()
        .filter(|slice| other_program::find(slice).is_some())
        .collect()
}

/// Runs a verb of a slice's program with the same settings and streams as this one; stdin is left alone.
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
