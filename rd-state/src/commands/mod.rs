//! The commands of `rd-state`, one file each.

mod adopt;
mod bootstrap;
mod diff;
mod doctor;
mod export;
mod graph;
mod history;
mod import;
mod init;
mod list;
mod locks;
mod migrate;
mod mv;
mod outputs;
mod policy;
mod pull;
mod push;
mod rebuild;
mod restore;
mod rm;
mod settings;
mod show;
mod slices;
mod stack;
mod unlock;
mod view;

use clap::Subcommand;
use rd_common::commands::ProgramCommands;
use rd_common::commands::settings::SettingsArgs;
use rd_common::context::Context;
use rd_common::flags::GlobalFlags;
use rd_common::output::printer::Format;
use rd_common::{Exit, Result};

/// The commands, in the order of the help: inspect, edit, recover, visualize.
#[derive(Subcommand)]
pub enum Command {
    /// Write an rd.toml to begin with, and a .gitignore
    #[command(after_help = "{program} init --project shop --environment test")]
    Init(init::InitArgs),
    /// Show every setting, its value and where it was set, or what another edition would change
    #[command(after_help = "{program} settings :: all settings\n\
        {program} settings cache.engine :: what it means, takes, and is by default\n\
        {program} settings --edition 2 :: what the defaults of that edition would change")]
    Settings(SettingsArgs),
    /// Create the bucket and the table of a shared store
    #[command(
        after_help = "{program} bootstrap :: asks whether to write [state] of rd.toml\n\
        {program} bootstrap --bucket team-state --no-table -y"
    )]
    Bootstrap(bootstrap::BootstrapArgs),
    /// Print the least IAM policy for the shared store, or the trust policy of a role for CI
    #[command(
        after_help = "{program} policy --for plan --account 123456789012 :: for those who only look\n\
        {program} policy --for bootstrap :: for the first person\n\
        {program} policy --for apply --trust github:acme/shop :: who may assume the role"
    )]
    Policy(policy::PolicyArgs),
    /// Print the outputs of all slices
    #[command(after_help = "{program} outputs\n\
        {program} outputs --format json | jq -r .net.vpc_id")]
    Outputs,
    /// List the resources in all states
    #[command(after_help = "{program} list net.subnet")]
    List(list::ListArgs),
    /// Show everything that the state has of one resource
    #[command(after_help = "{program} show net.vpc.main")]
    Show(show::ShowArgs),
    /// Print a slice's stored state
    #[command(after_help = "{program} pull net > net.json\n\
        {program} pull net --serial 12 :: an old version")]
    Pull(pull::PullArgs),
    /// List the versions of a slice's state
    #[command(after_help = "{program} history net")]
    History(history::HistoryArgs),
    /// Compare two versions of a slice's state
    #[command(after_help = "{program} diff net 11 12\n\
        {program} diff net 11 :: compare with the current version")]
    Diff(diff::DiffArgs),
    /// Restore an old version of a slice's state as a new version
    #[command(
        after_help = "{program} restore net 11 :: then rd-net plan shows the differences to AWS"
    )]
    Restore(restore::RestoreArgs),
    /// Store a state from a file or stdin
    #[command(after_help = "{program} push net net.json")]
    Push(push::PushArgs),
    /// Move the states to another store, with their history
    #[command(after_help = "{program} migrate --to s3 :: to the bucket of [state]\n\
        {program} migrate --to local")]
    Migrate(migrate::MigrateArgs),
    /// Change the address of a resource
    #[command(after_help = "{program} mv net.subnet.private-a net.subnet.private-b")]
    Mv(mv::MvArgs),
    /// Remove resources from the state without deleting them in AWS
    #[command(after_help = "{program} rm net.vpc_endpoint.s3")]
    Rm(rm::RmArgs),
    /// Import an existing AWS resource into the state
    #[command(after_help = "{program} import net.vpc.main vpc-0abc1234")]
    Import(import::ImportArgs),
    /// Take over a stack that Terraform made
    #[command(
        after_help = "{program} adopt terraform.tfstate --dry-run :: what is what, and the plan that would follow\n\
        terraform state pull | {program} adopt - -y :: adopt it\n\
        {program} adopt --scan --vpc vpc-0abc1234 --dry-run :: by what AWS has, where the state is gone\n\
        {program} adopt --undo :: give it back"
    )]
    Adopt(adopt::AdoptArgs),
    /// Rebuild states from existing AWS resources
    #[command(after_help = "{program} rebuild :: all slices\n\
        {program} rebuild net data")]
    Rebuild(rebuild::RebuildArgs),
    /// Report inconsistencies between states and AWS
    #[command(after_help = "{program} doctor\n\
        {program} doctor net --fix")]
    Doctor(doctor::DoctorArgs),
    /// List the locks that are held
    #[command(after_help = "{program} locks")]
    Locks,
    /// Release a stuck lock
    #[command(after_help = "{program} unlock net --force")]
    Unlock(unlock::UnlockArgs),
    /// Show dependencies as a tree, a drawing, JSON, Mermaid or DOT
    #[command(after_help = "{program} graph :: as a tree\n\
        {program} graph --format svg --records plan.jsonl > graph.svg :: what a plan changes is colored\n\
        {program} graph net --format mermaid > graph.mmd\n\
        {program} graph --format json | jq -r '.resources[] | .address, .depends_on'")]
    Graph(graph::GraphArgs),
    /// Write the stack as a Terraform configuration with imports
    #[command(after_help = "{program} export --terraform terraform/")]
    Export(export::ExportArgs),
    /// Show saved plans or other records as text, Markdown, a page or JSON
    #[command(after_help = "{program} view plan.jsonl\n\
        {program} view plan.jsonl --format markdown :: for a comment on a pull request\n\
        {program} view plan.jsonl --format html > plan.html\n\
        rd-net plan | rd-data plan | {program} view")]
    View(view::ViewArgs),
    /// Print the names of the slices in pipe order
    #[command(hide = true)]
    Slices,
    /// Print the name of the stack
    #[command(hide = true)]
    Stack,
}

impl ProgramCommands for Command {
    fn needs_settings(&self) -> bool {
        !matches!(self, Command::Init(_) | Command::View(_) | Command::Slices)
    }

    fn run_without_settings(self, flags: &GlobalFlags) -> Result<Exit> {
        match self {
            Command::Init(args) => init::run(flags, &args),
            Command::View(args) => view::run(flags, &args),
            Command::Slices => Ok(slices::run()),
            _ => Ok(Exit::Done),
        }
    }

    fn extra_formats(&self) -> &'static [Format] {
        match self {
            Command::View(_) => &[Format::Markdown, Format::Html],
            Command::Graph(_) => &[Format::Svg, Format::Mermaid, Format::Dot],
            _ => &[],
        }
    }

    async fn run(self, context: &Context) -> Result<Exit> {
        match self {
            Command::Init(args) => init::run(&context.flags, &args),
            Command::Settings(args) => settings::run(context, &args).await,
            Command::Bootstrap(args) => bootstrap::run(context, &args).await,
            Command::Policy(args) => policy::run(context, &args).await,
            Command::Outputs => outputs::run(context).await,
            Command::List(args) => list::run(context, &args).await,
            Command::Show(args) => show::run(context, &args).await,
            Command::Pull(args) => pull::run(context, &args).await,
            Command::History(args) => history::run(context, &args).await,
            Command::Diff(args) => diff::run(context, &args).await,
            Command::Restore(args) => restore::run(context, &args).await,
            Command::Push(args) => push::run(context, &args).await,
            Command::Migrate(args) => migrate::run(context, &args).await,
            Command::Mv(args) => mv::run(context, &args).await,
            Command::Rm(args) => rm::run(context, &args).await,
            Command::Import(args) => import::run(context, &args),
            Command::Adopt(args) => adopt::run(context, &args).await,
            Command::Rebuild(args) => rebuild::run(context, &args),
            Command::Doctor(args) => doctor::run(context, &args).await,
            Command::Locks => locks::run(context).await,
            Command::Unlock(args) => unlock::run(context, &args).await,
            Command::Graph(args) => graph::run(context, &args).await,
            Command::Export(args) => export::run(context, &args).await,
            Command::View(args) => view::run(&context.flags, &args),
            Command::Slices => Ok(slices::run()),
            Command::Stack => Ok(stack::run(context)),
        }
    }
}
