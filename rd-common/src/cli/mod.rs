//! The `main` of every program: parses the command line and runs the command.

mod examples;
mod manual;
mod shell_completion;

use crate::commands::{ProgramCommands, SliceCommand};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::flags::GlobalFlags;
use crate::output::printer::{Format, Printer, print_at_once, print_error};
use crate::output::terminal_progress::TerminalProgress;
use crate::output::{look, stderr, stream};
use crate::permissions::Permissions;
use crate::pipe::startup_failure;
use crate::records::Verb;
use crate::resource::signal::Cancel;
use crate::resource::slice::Slice;
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::future::Future;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// How long a program that was interrupted waits for the reader of its stdout.
const AFTER_SIGNAL: Duration = Duration::from_secs(2);

#[derive(Parser)]
struct SliceProgram<D: Args, V: Subcommand> {
    #[command(flatten)]
    flags: GlobalFlags,
    #[command(subcommand)]
    command: AnyCommand<D, V>,
}

#[derive(Subcommand)]
enum AnyCommand<D: Args, V: Subcommand> {
    #[command(flatten)]
    Slice(SliceCommand<D>),
    #[command(flatten)]
    Own(V),
}

/// The name of a program and the texts of its help.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The program's file name, such as `rd-net`.
    pub name: &'static str,
    /// What the program manages, in one line.
    pub about: &'static str,
    /// Example command lines for the end of the help, one per line.
    pub examples: &'static str,
    /// What stands for the placeholders in the examples of the commands that all slices have: `{address}`, `{id}` and
    /// `{output}`.
    pub samples: &'static [(&'static str, &'static str)],
}

/// The `main` of a program that owns slice `S`, with commands of its own, `V`.
pub fn main<S: Slice, V: ProgramCommands>(about: About) -> ExitCode {
    start(
        about,
        SliceProgram::<S::DestroyArgs, V>::command,
        |matches, whole| async move {
            let name = matches.subcommand_name().unwrap_or_default().to_owned();
            let SliceProgram { flags, command } =
                parsed::<SliceProgram<S::DestroyArgs, V>>(&matches);
            use_globally(&flags);
            let (extra, writes_records) = match &command {
                AnyCommand::Own(own) => (own.extra_formats(), own.writes_records()),
                AnyCommand::Slice(command) => (NO_EXTRA, command.verb().is_some()),
            };
            check_output(&flags, extra, writes_records)?;
            match command {
                AnyCommand::Slice(SliceCommand::Completions { shell }) => {
                    completions(&whole(), shell)
                }
                AnyCommand::Slice(SliceCommand::Man { folder }) => man(&whole(), &folder),
                AnyCommand::Slice(mut command) => {
                    if let SliceCommand::Policy(args) = &mut command {
                        let whole = whole();
                        args.commands = whole
                            .get_subcommands()
                            .map(|one| one.get_name().to_owned())
                            .collect();
                    }
                    let json = Format::resolve(flags.format) == Format::Json;
                    match Context::of_slice::<S>(about.name, &name, flags.clone()).await {
                        Ok(context) => command.run::<S>(&context).await,
                        Err(error) => {
                            let verb = command.verb();
                            if let Some(verb) = verb.clone().filter(|_| json) {
                                startup_failure::emit(S::NAME, verb, &error);
                            }
                            if verb.is_some()
                                && startup_failure::is_told_upstream(S::NAME, &flags, &error)
                            {
                                return Ok(error.exit);
                            }
                            Err(error)
                        }
                    }
                }
                AnyCommand::Own(command) => {
                    let context = Context::of_slice::<S>(about.name, &name, flags).await?;
                    command.run(&context).await
                }
            }
        },
    )
}

/// The `main` of a program without a slice, such as `rd-state`.
pub fn main_without_slice<V: ProgramCommands>(about: About) -> ExitCode {
    start(about, Tool::<V>::command, |matches, whole| async move {
        let name = matches.subcommand_name().unwrap_or_default().to_owned();
        let Tool { flags, command } = parsed::<Tool<V>>(&matches);
        use_globally(&flags);
        match command {
            ToolCommand::Completions { shell } => completions(&whole(), shell),
            ToolCommand::Man { folder } => man(&whole(), &folder),
            ToolCommand::Own(command) => {
                check_output(&flags, command.extra_formats(), command.writes_records())?;
                if !command.needs_settings() {
                    return command.run_without_settings(&flags);
                }
                let records = command.writes_records().then_some(V::SECTION).flatten();
                let json = Format::resolve(flags.format) == Format::Json;
                let resolved = Context::resolve(about.name, flags.clone(), V::SECTION).await;
                let mut context = match (resolved, records) {
                    (Err(error), Some(own)) => {
                        if json {
                            startup_failure::emit(own, Verb::Other(name), &error);
                        }
                        return match startup_failure::is_told_upstream(own, &flags, &error) {
                            true => Ok(error.exit),
                            false => Err(error),
                        };
                    }
                    (resolved, _) => resolved?,
                };
                if !V::CALLS.is_empty() {
                    context.access.permissions =
                        Permissions::new(about.name, &name, V::CALLS, None);
                }
                command.run(&context).await
            }
        }
    })
}

#[derive(Parser)]
struct Tool<V: Subcommand> {
    #[command(flatten)]
    flags: GlobalFlags,
    #[command(subcommand)]
    command: ToolCommand<V>,
}

#[derive(Subcommand)]
enum ToolCommand<V: Subcommand> {
    #[command(flatten)]
    Own(V),
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

/// Parses the command line and runs the command. `command` describes the command line; `run` gets what was parsed, and the
/// whole description, for those who print it.
fn start<F>(
    about: About,
    command: fn() -> clap::Command,
    run: impl FnOnce(clap::ArgMatches, Box<dyn Fn() -> clap::Command>) -> F,
) -> ExitCode
where
    F: Future<Output = Result<Exit>>,
{
    let whole = move || describe(command(), &about);
    let mut command = whole();
    shell_completion::answer(&command);
    // Without the runtime and without the thread that writes stdout: half of what `--version` takes.
    let matches = match command.try_get_matches_from_mut(std::env::args_os()) {
        Ok(matches) => matches,
        Err(shown) => return show_help_or_usage(&shown).into(),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(e) => {
            print_error(&Error::failed(format!(
                "cannot start the async runtime: {e}"
            )));
            return Exit::Failed.into();
        }
    };
    let local = tokio::task::LocalSet::new();
    let exit = local.block_on(&runtime, async {
        let exit = run(matches, Box::new(whole)).await.unwrap_or_else(|error| {
            print_error(&error);
            error.exit
        });
        finish_stdout(exit).await
    });
    // A thread that is blocked in a read of stdin must not keep the process alive.
    runtime.shutdown_timeout(Duration::ZERO);
    exit.into()
}

/// A command line with the texts of its program.
fn describe(command: clap::Command, about: &About) -> clap::Command {
    let codes: Vec<String> = Exit::ALL
        .iter()
        .map(|(exit, text)| format!("  {:3}  {text}", exit.code()))
        .collect();
    let command = command
        .name(about.name)
        .bin_name(about.name)
        .about(about.about)
        .version(crate::version::TEXT.as_str())
        .after_help(format!(
            "Examples:\n{}\n\nExit codes:\n{}",
            about.examples,
            codes.join("\n")
        ));
    examples::fill_in(command, about)
}

/// Prints the help or the version that was asked for, or what is wrong with the command line.
fn show_help_or_usage(shown: &clap::Error) -> Exit {
    let text = shown.render().ansi().to_string();
    if shown.use_stderr() {
        stderr::print(&text);
        return Exit::Usage;
    }
    match print_at_once(&text) {
        Ok(()) => Exit::Done,
        Err(error) => {
            print_error(&error);
            error.exit
        }
    }
}

/// Waits until all that was printed is written. After a signal not for long: the reader may stand still. What cannot be
/// written, as on a full disk, is a failure; a reader that has gone is none.
async fn finish_stdout(exit: Exit) -> Exit {
    let Some(stdout) = stream::started() else {
        return exit;
    };
    let interrupted = async {
        match Cancel::watched() {
            Some(cancel) => cancel.cancelled().await,
            None => std::future::pending().await,
        }
        tokio::time::sleep(AFTER_SIGNAL).await;
    };
    let all_written = tokio::select! {
        biased;
        _ = stdout.flush() => true,
        () = interrupted => false,
    };
    if let Err(error) = stdout.failure() {
        print_error(&error);
        return match exit {
            Exit::Done | Exit::Changes => Exit::Failed,
            other => other,
        };
    }
    match exit {
        Exit::Done | Exit::Changes if !all_written => Exit::Interrupted,
        other => other,
    }
}

/// The commands that all slices have print records and text alone.
const NO_EXTRA: &[Format] = &[];

/// Does what flags ask for that concern the whole process.
fn use_globally(flags: &GlobalFlags) {
    log_to_stderr(flags.verbose);
    if flags.plain {
        look::be_plain();
    }
}

/// Refuses a format that only some commands have, and this one, with `extra`, has not; and a file for records of a command
/// without records.
fn check_output(flags: &GlobalFlags, extra: &[Format], writes_records: bool) -> Result<()> {
    if flags.json_into.is_some() && !writes_records {
        return Err(
            Error::usage("--json-into: this command writes no records").hint("use --format json")
        );
    }
    let Some(format) = flags.format.filter(|format| format.is_extra()) else {
        return Ok(());
    };
    if extra.contains(&format) {
        return Ok(());
    }
    let words = ["json", "text"].into_iter();
    let words: Vec<&str> = words.chain(extra.iter().map(|one| one.word())).collect();
    let word = format.word();
    Err(
        Error::usage(format!("this command has no output in the format `{word}`"))
            .hint(format!("use --format {}", words.join(" or --format "))),
    )
}

fn parsed<L: Parser>(matches: &clap::ArgMatches) -> L {
    L::from_arg_matches(matches).unwrap_or_else(|e| e.exit())
}

fn completions(command: &clap::Command, shell: clap_complete::Shell) -> Result<Exit> {
    let script = shell_completion::script(command, shell)?;
    Printer::new(Format::Text, TerminalProgress::new()).text(&script);
    Ok(Exit::Done)
}

fn man(command: &clap::Command, folder: &std::path::Path) -> Result<Exit> {
    manual::write(command, folder)?;
    Ok(Exit::Done)
}

/// Starts the log on stderr. `count` is how often `-v` was passed.
fn log_to_stderr(count: u8) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::util::SubscriberInitExt;
    if count == 0 {
        return;
    }
    // Only rd's own messages and the choice of credentials: other messages of the SDK show whole requests.
    let mut targets = Targets::new().with_target("rd", LevelFilter::DEBUG);
    if count > 1 {
        targets = targets.with_target("aws_config", LevelFilter::DEBUG);
    }
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(|| stderr::LogWriter)
        .with_target(false);
    tracing_subscriber::registry()
        .with(layer)
        .with(targets)
        .init();
}
