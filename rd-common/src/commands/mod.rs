//! The commands that every slice's program has, one file for each.

pub mod apply;
pub mod destroy;
pub mod doctor;
pub mod import;
mod import_resources;
pub mod limits;
pub mod output;
pub mod plan;
mod program_commands;
pub mod rebuild;
mod scan;
pub mod slice_context;
pub mod status;

pub use program_commands::ProgramCommands;

use crate::context::Context;
use crate::error::Result;
use crate::exit::Exit;
use crate::records::Verb;
use crate::resource::slice::Slice;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The commands of every slice's program; `D` are the flags that only this slice's `destroy` has.
#[derive(Subcommand)]
pub enum SliceCommand<D: Args> {
    /// Show what an apply would do
    Plan(plan::PlanArgs),
    /// Create or update resources to match rd.toml
    Apply(apply::ApplyArgs),
    /// Delete every resource of this slice
    Destroy(destroy::DestroyArgs<D>),
    /// Show resources, their health and drift
    Status,
    /// Print one output or all outputs
    Output(output::OutputArgs),
    /// Rebuild the state from existing AWS resources
    Rebuild,
    /// Import an existing AWS resource into the state
    Import(import::ImportArgs),
    /// Report inconsistencies between state and AWS
    Doctor(doctor::DoctorArgs),
    /// Print a completion script for a shell
    Completions {
        /// Shell to generate the script for
        shell: clap_complete::Shell,
    },
    /// Write the manual pages
    #[command(hide = true)]
    Man {
        /// Folder to write them to
        folder: PathBuf,
    },
}

impl<D: Args> SliceCommand<D> {
    /// The command in the records; none for a command that writes no records.
    pub(crate) fn verb(&self) -> Option<Verb> {
        match self {
            SliceCommand::Plan(_) => Some(Verb::Plan),
            SliceCommand::Apply(_) => Some(Verb::Apply),
            SliceCommand::Destroy(_) => Some(Verb::Destroy),
            SliceCommand::Status => Some(Verb::Status),
            SliceCommand::Rebuild => Some(Verb::Rebuild),
            SliceCommand::Import(_) => Some(Verb::Import),
            SliceCommand::Doctor(_) => Some(Verb::Doctor),
            SliceCommand::Output(_)
            | SliceCommand::Completions { .. }
            | SliceCommand::Man { .. } => None,
        }
    }

    pub(crate) async fn run<S: Slice<DestroyArgs = D>>(self, context: &Context) -> Result<Exit> {
        match self {
            SliceCommand::Plan(args) => plan::run::<S>(context, &args).await,
            SliceCommand::Apply(args) => apply::run::<S>(context, &args).await,
            SliceCommand::Destroy(args) => destroy::run::<S>(context, &args).await,
            SliceCommand::Status => status::run::<S>(context).await,
            SliceCommand::Output(args) => output::run(context, S::NAME, &args).await,
            SliceCommand::Rebuild => rebuild::run::<S>(context).await,
            SliceCommand::Import(args) => import::run::<S>(context, &args).await,
            SliceCommand::Doctor(args) => doctor::run::<S>(context, &args).await,
            SliceCommand::Completions { .. } | SliceCommand::Man { .. } => Ok(Exit::Done),
        }
    }
}
