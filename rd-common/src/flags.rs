//! The flags that every command of every program accepts.

use crate::completion;
use crate::output::printer::Format;
use clap::Args;
use clap::builder::FalseyValueParser;
use std::path::PathBuf;

/// The global flags, some of which can also be set as `RD_*` variables.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct GlobalFlags {
    /// Settings file [default: rd.toml in this folder or the nearest one above it]
    #[arg(long, global = true, env = "RD_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Environment; overrides `environment` in rd.toml
    #[arg(
        long,
        short,
        global = true,
        env = "RD_ENVIRONMENT",
        value_name = "NAME",
        add = completion::environments()
    )]
    pub environment: Option<String>,
    /// Work on an environment that rd.toml does not name and that has no state yet
    #[arg(
        long,
        global = true,
        env = "RD_NEW_ENVIRONMENT",
        value_parser = clap::builder::FalseyValueParser::new(),
        action = clap::ArgAction::SetTrue
    )]
    pub new_environment: bool,
    /// AWS region; overrides `region` in rd.toml and the AWS SDK's settings
    #[arg(long, global = true, env = "RD_REGION", value_name = "REGION")]
    pub region: Option<String>,
    /// AWS profile; used even if access keys are set in the environment [default: the AWS SDK's credential chain]
    #[arg(long, global = true, value_name = "PROFILE", add = completion::profiles())]
    pub profile: Option<String>,
    /// Set a key of rd.toml for this run, such as net.nat=none; can be repeated
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Folder of the local states [default: .rd next to rd.toml]
    #[arg(long, global = true, env = "RD_STATE_DIR", value_name = "FOLDER")]
    pub state_dir: Option<PathBuf>,
    /// Output format [default: text on a terminal, otherwise json]
    #[arg(long, global = true, value_enum)]
    pub format: Option<Format>,
    /// Text in words, without signs, colors and columns, as for a screen reader
    #[arg(
        long,
        global = true,
        env = "RD_PLAIN",
        value_parser = FalseyValueParser::new()
    )]
    pub plain: bool,
    /// Also write the records to this file, as JSON lines; for commands that write records
    #[arg(long, global = true, value_name = "FILE")]
    pub json_into: Option<PathBuf>,
    /// Do not read stdin
    #[arg(
        long,
        global = true,
        env = "RD_NO_STDIN",
        value_parser = FalseyValueParser::new()
    )]
    pub no_stdin: bool,
    /// Log each AWS API call and the causes of errors to stderr; -vv also logs where the credentials come from
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}
