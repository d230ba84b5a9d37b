//! From the command line to a verb: what every program's `main` is.

use crate::aws::{self, Access};
use crate::config::{self, Layers, Loaded};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::model::slice::Slice;
use crate::stack::Stack;
use crate::state::local::LocalStore;
use crate::state::store::{Key, Store};
use crate::ui::printer::{Format, Printer, tell_error};
use crate::ui::progress::Progress;
use crate::verbs::{Shared, pipe};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::cell::OnceCell;
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

/// The flags that every verb of every program takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every rd program")]
pub struct Globals {
    /// The settings file; else `rd.toml` here or in a folder above
    #[arg(long, global = true, env = "RD_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The environment, over `environment` in rd.toml
    #[arg(
        long,
        short,
        global = true,
        env = "RD_ENVIRONMENT",
        value_name = "NAME"
    )]
    pub environment: Option<String>,
    /// The AWS region, over `region` in rd.toml and the SDK's own setting
    #[arg(long, global = true, env = "RD_REGION", value_name = "REGION")]
    pub region: Option<String>,
    /// The AWS profile; else AWS_PROFILE and the SDK's own chain
    #[arg(long, global = true, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Set one key of rd.toml for this run, such as net.nat=none; may be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Where the states are; else `.rd` beside rd.toml
    #[arg(long, global = true, env = "RD_STATE_DIR", value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// Write records or a view for people; else by whether stdout is a terminal
    #[arg(long, global = true, value_enum)]
    pub format: Option<Format>,
    /// Leave stdin alone: take no records and no plan from it
    #[arg(long, global = true)]
    pub no_stdin: bool,
    /// Log each call to AWS on stderr; twice for more
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What a verb works with.
pub struct Program {
    /// The flags.
    pub globals: Globals,
    /// The settings.
    pub loaded: Loaded,
    /// The stack.
    pub stack: Stack,
    /// Which credentials to use.
    pub access: Access,
    /// Where states live.
    pub store: Rc<dyn Store>,
    /// The folder of the local store.
    pub state_folder: PathBuf,
    /// stdout.
    pub printer: Rc<Printer>,
    /// What is shown meanwhile.
    pub progress: Progress,
    /// The run's id.
    pub run: String,
}

impl Program {
    /// Resolves the settings of the program that owns `section`, once. One that owns none works on states alone, and
    /// needs no region.
    pub async fn resolve(globals: Globals, section: Option<&str>) -> Result<Self> {
        let layers = Layers {
            file: globals.config.clone(),
            environment: globals.environment.clone(),
            region: globals.region.clone(),
            set: globals.set.clone(),
        };
        let loaded = config::load(&layers, section)?;
        let access = Access {
            profile: globals.profile.clone(),
            region: loaded.shared.region.clone(),
        };
        let region = aws::region(&access).await;
        if region.is_none() && section.is_some() {
            return Err(Error::usage("no AWS region is set").hint(
                "set `region` in rd.toml, --region, RD_REGION, AWS_REGION, or the profile's region",
            ));
        }
        let stack = Stack {
            project: loaded.shared.project.clone(),
            environment: loaded.shared.environment.clone(),
            region: region.unwrap_or_default(),
            account: OnceCell::new(),
            tags: loaded.shared.tags.clone(),
            domain: loaded.shared.domain.clone(),
            protected: loaded.shared.is_protected(),
        };
        if section.is_some() {
            aws::check_region(&stack)?;
        }
        let folder = globals
            .state_dir
            .clone()
            .unwrap_or_else(|| loaded.folder().join(".rd"));
        let progress = Progress::new();
        Ok(Self {
            store: Rc::new(LocalStore::new(&folder)),
            state_folder: folder,
            printer: Rc::new(Printer::new(
                Format::resolve(globals.format),
                progress.clone(),
            )),
            run: uuid::Uuid::new_v4().to_string(),
            globals,
            loaded,
            stack,
            access,
            progress,
        })
    }

    /// The key of a slice's state.
    pub fn key(&self, slice: &str) -> Key {
        Key {
            stack: self.stack.name(),
            slice: slice.to_owned(),
        }
    }
}

/// The verbs that only one program has.
pub trait OwnVerbs: Subcommand {
    /// Whether the verb works on settings that are there.
    fn needs_settings(&self) -> bool {
        true
    }

    /// Runs a verb that works without settings.
    fn run_without_settings(self, globals: &Globals) -> Result<Exit>
    where
        Self: Sized,
    {
        let _ = globals;
        Ok(Exit::Done)
    }

    /// Whether the verb has a DNS zone file to give (`--format bind`).
    fn gives_zone_file(&self) -> bool {
        false
    }

    /// Runs one.
    fn run(self, program: &Program) -> impl Future<Output = Result<Exit>>;
}

#[derive(Parser)]
struct Line<D: Args, V: Subcommand> {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    verb: Verb<D, V>,
}

#[derive(Subcommand)]
enum Verb<D: Args, V: Subcommand> {
    #[command(flatten)]
    Shared(Shared<D>),
    #[command(flatten)]
    Own(V),
}

/// A program's name and what its help says.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// `rd-net`.
    pub name: &'static str,
    /// One line.
    pub about: &'static str,
    /// Examples, one a line.
    pub examples: &'static str,
}

/// The `main` of a program that owns a slice.
pub fn main<S: Slice, V: OwnVerbs>(about: About) -> ExitCode {
    start(
        about,
        Line::<S::DestroyArgs, V>::command(),
        |matches, command| async move {
            let line = parsed::<Line<S::DestroyArgs, V>>(&matches);
            verbosity(line.globals.verbose);
            let zone_file = matches!(&line.verb, Verb::Own(verb) if verb.gives_zone_file());
            check_format(&line.globals, zone_file)?;
            match line.verb {
                Verb::Shared(Shared::Completions { shell }) => {
                    completions(command, shell);
                    Ok(Exit::Done)
                }
                Verb::Shared(Shared::Man { folder }) => man(&command, &folder),
                Verb::Shared(verb) => {
                    let command = verb.name();
                    let json = Format::resolve(line.globals.format) == Format::Json;
                    let program = match Program::resolve(line.globals, Some(S::NAME)).await {
                        Ok(program) => program,
                        Err(error) => {
                            // Whoever reads this in a pipe learns that it failed, rather than finding nothing.
                            if json && verb.writes_records() {
                                pipe::stillborn(S::NAME, command, &error);
                            }
                            return Err(error);
                        }
                    };
                    verb.run::<S>(&program).await
                }
                Verb::Own(verb) => {
                    verb.run(&Program::resolve(line.globals, Some(S::NAME)).await?)
                        .await
                }
            }
        },
    )
}

/// The `main` of a program without a slice.
pub fn main_without_slice<V: OwnVerbs>(about: About) -> ExitCode {
    start(about, Tool::<V>::command(), |matches, command| async move {
        let line = parsed::<Tool<V>>(&matches);
        verbosity(line.globals.verbose);
        match line.verb {
            ToolVerb::Completions { shell } => {
                completions(command, shell);
                Ok(Exit::Done)
            }
            ToolVerb::Man { folder } => man(&command, &folder),
            ToolVerb::Own(verb) => {
                check_format(&line.globals, verb.gives_zone_file())?;
                if !verb.needs_settings() {
                    return verb.run_without_settings(&line.globals);
                }
                verb.run(&Program::resolve(line.globals, None).await?).await
            }
        }
    })
}

#[derive(Parser)]
struct Tool<V: Subcommand> {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    verb: ToolVerb<V>,
}

#[derive(Subcommand)]
enum ToolVerb<V: Subcommand> {
    #[command(flatten)]
    Own(V),
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

fn start<F>(
    about: About,
    command: clap::Command,
    run: impl FnOnce(clap::ArgMatches, clap::Command) -> F,
) -> ExitCode
where
    F: Future<Output = Result<Exit>>,
{
    let codes: Vec<String> = Exit::ALL
        .iter()
        .map(|(exit, text)| format!("  {:3}  {text}", exit.code()))
        .collect();
    let command = command
        .name(about.name)
        .bin_name(about.name)
        .about(about.about)
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(format!(
            "Examples:\n{}\n\nExit codes:\n{}",
            about.examples,
            codes.join("\n")
        ));
    let matches = command.clone().get_matches();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(e) => {
            tell_error(&Error::failed(format!("the program cannot start: {e}")));
            return Exit::Failed.into();
        }
    };
    let local = tokio::task::LocalSet::new();
    let exit = local
        .block_on(&runtime, run(matches, command))
        .unwrap_or_else(|error| {
            tell_error(&error);
            error.exit
        });
    // A blocked read of stdin must not hold the process.
    runtime.shutdown_timeout(Duration::ZERO);
    exit.into()
}

/// Refuses a format that the verb does not have.
fn check_format(globals: &Globals, zone_file: bool) -> Result<()> {
    if globals.format == Some(Format::Bind) && !zone_file {
        return Err(
            Error::usage("this verb has no zone file to give").hint("give --format json or text")
        );
    }
    Ok(())
}

fn parsed<L: Parser>(matches: &clap::ArgMatches) -> L {
    L::from_arg_matches(matches).unwrap_or_else(|e| e.exit())
}

fn completions(mut command: clap::Command, shell: clap_complete::Shell) {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    let printer = Printer::new(Format::Text, Progress::new());
    printer.text(&String::from_utf8_lossy(&script));
}

fn man(command: &clap::Command, folder: &std::path::Path) -> Result<Exit> {
    clap_mangen::generate_to(command.clone(), folder).map_err(|e| {
        Error::failed(format!("cannot write to {}: {e}", folder.display())).hint("check the folder")
    })?;
    Ok(Exit::Done)
}

fn verbosity(count: u8) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    if count == 0 {
        return;
    }
    // Only our own lines and the credentials chain's choice: the SDK's would show requests whole.
    let mut targets = Targets::new().with_target("rd", LevelFilter::DEBUG);
    if count > 1 {
        targets = targets.with_target("aws_config", LevelFilter::DEBUG);
    }
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false);
    tracing_subscriber::registry()
        .with(layer)
        .with(targets)
        .init();
}
