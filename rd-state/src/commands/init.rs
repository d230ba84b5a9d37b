//! `rd-state init`: writes an `rd.toml` that lists and explains every key, each at its default.

use rd_common::flags::GlobalFlags;
use rd_common::output::printer::{Format, Printer};
use rd_common::output::terminal_progress::TerminalProgress;
use rd_common::{Error, Exit, Result};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// The text of `rd.example.toml`, before the project, environment and region are filled in.
const EXAMPLE: &str = include_str!("../../../rd.example.toml");

/// Flags of `rd-state init`.
#[derive(clap::Args, Clone, Debug)]
pub struct InitArgs {
    /// Name of the project (default: the name of the folder)
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Overwrite an existing rd.toml
    #[arg(long)]
    force: bool,
}

/// Writes the file; refuses to overwrite one without `--force`.
pub fn run(flags: &GlobalFlags, args: &InitArgs) -> Result<Exit> {
    let path = flags
        .config
        .clone()
        .unwrap_or_else(|| PathBuf::from("rd.toml"));
    let project = args
        .project
        .clone()
        .or_else(folder_name)
        .unwrap_or_else(|| "my-project".to_owned());
    let environment = flags
        .environment
        .clone()
        .unwrap_or_else(|| "production".to_owned());
    let text = filled(&project, &environment, flags.region.as_deref())?;
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(!args.force)
        .create(args.force)
        .truncate(args.force);
    let written = options
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Error::refused(format!("{} already exists", path.display()))
            .hint("edit it, or pass --force to overwrite it"),
        _ => Error::failed(format!("cannot write {}: {e}", path.display()))
            .hint("check the folder, or pass another file with --config")
            .caused_by(e),
    })?;
    let printer = Printer::new(Format::Text, TerminalProgress::new());
    printer.text(&format!(
        "wrote {}: project {project}, environment {environment}; next: rd-net plan\n",
        path.display()
    ));
    Ok(Exit::Done)
}

/// The name of the working folder in lower case, with other characters as `-`; none where that is not a valid project
/// name.
fn folder_name() -> Option<String> {
    let folder = std::env::current_dir().ok()?;
    let name: String = folder
        .file_name()?
        .to_str()?
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let name = name
        .trim_matches(|c: char| !c.is_ascii_lowercase())
        .to_owned();
    (!name.is_empty() && name.len() <= 24 && !name.contains("--")).then_some(name)
}

/// The example with these names filled in; fails where a name has characters that AWS names cannot have.
fn filled(project: &str, environment: &str, region: Option<&str>) -> Result<String> {
    for (what, value) in [("project", project), ("environment", environment)] {
        let fits = !value.is_empty()
            && value
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !fits {
            return Err(
                Error::usage(format!("`{value}` is not a valid {what} name"))
                    .hint("use a-z, 0-9 and single `-`, and begin with a letter"),
            );
        }
    }
    let mut text = EXAMPLE
        .replace(
            "project = \"replaydash\"",
            &format!("project = \"{project}\""),
        )
        .replace(
            "environment = \"production\"",
            &format!("environment = \"{environment}\""),
        );
    if let Some(region) = region {
        text = text.replace(
            "# region = \"us-east-1\"",
            &format!("region = \"{region}\""),
        );
    }
    Ok(text)
}
