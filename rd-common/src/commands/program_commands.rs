//! The commands that only one program has.

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::flags::GlobalFlags;
use clap::Subcommand;
use std::future::Future;

/// A program's own commands, beside those of [`crate::commands::SliceCommand`].
pub trait ProgramCommands: Subcommand {
    /// Whether the command needs an `rd.toml`.
    fn needs_settings(&self) -> bool {
        true
    }

    /// Runs a command that needs no `rd.toml`.
    fn run_without_settings(self, flags: &GlobalFlags) -> Result<Exit>
    where
        Self: Sized,
    {
        let _ = flags;
        Ok(Exit::Done)
    }

    /// Whether the command can print a DNS zone file (`--format bind`).
    fn has_zone_file(&self) -> bool {
        false
    }

    /// Runs a command with the settings.
    fn run(self, context: &Context) -> impl Future<Output = Result<Exit>>;
}
