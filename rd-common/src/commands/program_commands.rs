//! The seam for the commands that only one program has, such as `deploy`.

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::flags::GlobalFlags;
use crate::output::printer::Format;
use crate::permissions::Call;
use clap::Subcommand;
use std::future::Future;

/// The commands that only one program has, next to those of [`crate::commands::SliceCommand`].
pub trait ProgramCommands: Subcommand {
    /// Whether the command needs an `rd.toml`.
    fn needs_settings(&self) -> bool {
        true
    }

    /// Runs the command, where [`ProgramCommands::needs_settings`] is false.
    fn run_without_settings(self, flags: &GlobalFlags) -> Result<Exit>
    where
        Self: Sized,
    {
        let _ = flags;
        Ok(Exit::Done)
    }

    /// The table of `rd.toml` that a program without a slice owns. With one, its commands need a region.
    const SECTION: Option<&'static str> = None;

    /// What IAM asks for the calls of a program without a slice. A program without tables is not checked against them.
    const CALLS: &'static [&'static [Call]] = &[];

    /// The formats that the command has besides `json` and `text`.
    fn extra_formats(&self) -> &'static [Format] {
        &[]
    }

    /// Whether the command writes records, as `plan` does.
    fn writes_records(&self) -> bool {
        false
    }

    /// Runs the command with the resolved settings.
    fn run(self, context: &Context) -> impl Future<Output = Result<Exit>>;
}
