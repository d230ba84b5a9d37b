//! The commands that every slice's program has, one file for each.

pub mod adopt;
mod all_resources;
pub mod apply;
pub mod destroy;
pub mod doctor;
pub mod import;
mod import_resources;
pub mod limits;
pub mod output;
pub mod plan;
pub mod policy;
mod program_commands;
pub mod rebuild;
mod scan;
pub mod settings;
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
    #[command(after_help = "{program} plan :: show the changes\n\
        {program} plan --exit-code :: for CI: exit with 3 if there are changes\n\
        {program} plan > plan.jsonl :: save them for review; rd-state view plan.jsonl shows the file")]
    Plan(plan::PlanArgs),
    /// Create or update resources to match rd.toml
    #[command(after_help = "{program} apply :: show the plan, ask, and apply it\n\
        {program} apply < plan.jsonl :: apply exactly the saved plan, or refuse\n\
        {program} apply -y :: apply without asking, as in CI")]
    Apply(apply::ApplyArgs),
    /// Delete every resource of this slice
    #[command(
        after_help = "{program} destroy :: show what would be deleted, and ask\n\
        {program} destroy --confirm shop-production :: for production, after `protect = false` was applied"
    )]
    Destroy(destroy::DestroyArgs<D>),
    /// Show health and drift, and what is not well
    #[command(
        after_help = "{program} status :: show what matters, and what is not well\n\
        {program} status --full :: show every resource with its details\n\
        {program} status --format json | jq -r 'select(.health == \"drifted\").address'"
    )]
    Status(status::StatusArgs),
    /// Print one output or all outputs
    #[command(after_help = "{program} output :: print all outputs\n\
        {program} output {output} :: print one, for a shell\n\
        {program} output {output} --format json :: print one as JSON")]
    Output(output::OutputArgs),
    /// Show the settings of this slice, their values and where they were set
    #[command(after_help = "{program} settings :: all settings of this slice\n\
        {program} settings --edition 2 :: what the defaults of that edition would change")]
    Settings(settings::SettingsArgs),
    /// Rebuild the state from existing AWS resources
    #[command(
        after_help = "{program} rebuild :: find every resource of the slice by tag or name, after the state was lost"
    )]
    Rebuild,
    /// Import an existing AWS resource into the state
    #[command(after_help = "{program} import {address} {id}")]
    Import(import::ImportArgs),
    /// Take over existing AWS resources without changing more than their tags; rd-state adopt runs it
    #[command(hide = true)]
    Adopt(adopt::AdoptArgs),
    /// Print what AWS has of the slice in a VPC as resources of Terraform; rd-state adopt --scan runs it
    #[command(hide = true)]
    Scan(scan::ScanArgs),
    /// Report inconsistencies between state and AWS
    #[command(after_help = "{program} doctor :: compare the state with AWS\n\
        {program} doctor --fix :: also fix what can be fixed in the state alone")]
    Doctor(doctor::DoctorArgs),
    /// Print the least IAM policy that the program needs, as JSON; rd-state policy prints that of a shared store
    #[command(
        after_help = "{program} policy --for plan :: for a role that may only look\n\
        {program} policy --for apply --account 123456789012 > policy.json :: without credentials\n\
        {program} policy :: for every command of the program"
    )]
    Policy(policy::PolicyArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "{program} completions bash > ~/.local/share/bash-completion/completions/{program}\n\
        {program} completions zsh > ~/.local/share/zsh/site-functions/_{program}\n\
        {program} completions fish > ~/.config/fish/completions/{program}.fish"
    )]
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
            SliceCommand::Status(_) => Some(Verb::Status),
            SliceCommand::Rebuild => Some(Verb::Rebuild),
            SliceCommand::Import(_) => Some(Verb::Import),
            SliceCommand::Adopt(_) => Some(Verb::Adopt),
            SliceCommand::Doctor(_) => Some(Verb::Doctor),
            SliceCommand::Output(_)
            | SliceCommand::Scan(_)
            | SliceCommand::Settings(_)
            | SliceCommand::Policy(_)
            | SliceCommand::Completions { .. }
            | SliceCommand::Man { .. } => None,
        }
    }

    pub(crate) async fn run<S: Slice<DestroyArgs = D>>(self, context: &Context) -> Result<Exit> {
        match self {
            SliceCommand::Plan(args) => plan::run::<S>(context, &args).await,
            SliceCommand::Apply(args) => apply::run::<S>(context, &args).await,
            SliceCommand::Destroy(args) => destroy::run::<S>(context, &args).await,
            SliceCommand::Status(args) => status::run::<S>(context, &args).await,
            SliceCommand::Output(args) => output::run(context, S::NAME, &args).await,
            SliceCommand::Settings(args) => settings::run::<S>(context, &args),
            SliceCommand::Rebuild => rebuild::run::<S>(context).await,
            SliceCommand::Import(args) => import::run::<S>(context, &args).await,
            SliceCommand::Adopt(args) => adopt::run::<S>(context, &args).await,
            SliceCommand::Scan(args) => scan::run::<S>(context, &args).await,
            SliceCommand::Doctor(args) => doctor::run::<S>(context, &args).await,
            SliceCommand::Policy(args) => policy::run::<S>(context, &args).await,
            SliceCommand::Completions { .. } | SliceCommand::Man { .. } => Ok(Exit::Done),
        }
    }
}
