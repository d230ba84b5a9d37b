//! The verbs that every program with a slice has.

pub mod apply;
pub mod desk;
pub mod destroy;
pub mod doctor;
pub mod edit;
pub mod import;
pub mod output;
mod outside;
pub mod pipe;
pub mod plan;
pub mod rebuild;
pub mod status;
mod take;

use crate::cli::Program;
use crate::error::Result;
use crate::exit::Exit;
use crate::model::slice::Slice;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// The shared verbs.
#[derive(Subcommand)]
pub enum Shared<D: Args> {
    /// Show what apply would do
    Plan(plan::PlanArgs),
    /// Make AWS be as rd.toml says
    Apply(apply::ApplyArgs),
    /// Delete everything of this slice
    Destroy(destroy::DestroyArgs<D>),
    /// Show what there is, its health, and what has drifted
    Status,
    /// Print an output, or all of them
    Output(output::OutputArgs),
    /// Make the state anew from what AWS has; changes nothing there
    Rebuild,
    /// Take one existing resource into the state
    Import(import::ImportArgs),
    /// Say what is wrong between the state and AWS
    Doctor(doctor::DoctorArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages
    #[command(hide = true)]
    Man {
        /// The folder to write them to
        folder: PathBuf,
    },
}

impl<D: Args> Shared<D> {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Shared::Plan(_) => "plan",
            Shared::Apply(_) => "apply",
            Shared::Destroy(_) => "destroy",
            Shared::Status => "status",
            Shared::Output(_) => "output",
            Shared::Rebuild => "rebuild",
            Shared::Import(_) => "import",
            Shared::Doctor(_) => "doctor",
            Shared::Completions { .. } => "completions",
            Shared::Man { .. } => "man",
        }
    }

    pub(crate) fn writes_records(&self) -> bool {
        !matches!(
            self,
            Shared::Output(_) | Shared::Completions { .. } | Shared::Man { .. }
        )
    }

    pub(crate) async fn run<S: Slice<DestroyArgs = D>>(self, program: &Program) -> Result<Exit> {
        match self {
            Shared::Plan(args) => plan::run::<S>(program, &args).await,
            Shared::Apply(args) => apply::run::<S>(program, &args).await,
            Shared::Destroy(args) => destroy::run::<S>(program, &args).await,
            Shared::Status => status::run::<S>(program).await,
            Shared::Output(args) => output::run(program, S::NAME, &args).await,
            Shared::Rebuild => rebuild::run::<S>(program).await,
            Shared::Import(args) => import::run::<S>(program, &args).await,
            Shared::Doctor(args) => doctor::run::<S>(program, &args).await,
            Shared::Completions { .. } | Shared::Man { .. } => Ok(Exit::Done),
        }
    }
}
