//! `rd-state init`: writes an `rd.toml` with the settings that most stacks begin with, and keeps the states out of Git.

use rd_common::flags::GlobalFlags;
use rd_common::output::printer::{Format, Printer, print_warning};
use rd_common::output::prompt;
use rd_common::output::terminal_progress::TerminalProgress;
use rd_common::settings::{PRODUCTION, resembles_production};
use rd_common::{Error, Exit, Result, aws};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The file, before the project, environment, region and domain are filled in.
const TEMPLATE: &str = include_str!("init.toml");

/// What Git is not to track: the folder of the local states.
const IGNORED: &str = ".rd/";

/// Flags of `rd-state init`.
#[derive(clap::Args, Clone, Debug)]
pub struct InitArgs {
    /// Name of the project (default: the name of the folder)
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Domain that serves HTTPS; on a terminal, init asks for it and for the region
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Overwrite an existing rd.toml
    #[arg(long)]
    force: bool,
}

/// Writes the file and `.gitignore`; refuses to overwrite an `rd.toml` without `--force`.
pub fn run(flags: &GlobalFlags, args: &InitArgs) -> Result<Exit> {
    let path = flags
        .config
        .clone()
        .unwrap_or_else(|| PathBuf::from("rd.toml"));
    if !args.force && path.exists() {
        return Err(already_exists(&path));
    }
    let project = args
        .project
        .clone()
        .or_else(folder_name)
        .unwrap_or_else(|| "my-project".to_owned());
    let environment = flags
        .environment
        .clone()
        .unwrap_or_else(|| PRODUCTION.to_owned());
    for (what, value) in [("project", &project), ("environment", &environment)] {
        check_name(what, value)?;
    }
    let asks = prompt::can_ask() && !flags.no_stdin;
    let region = match &flags.region {
        None if asks => ask_region()?,
        given => given.clone(),
    };
    let domain = match &args.domain {
        None if asks => ask_domain()?,
        given => given.clone(),
    };
    let mut keys = vec![("project", project.as_str()), ("environment", &environment)];
    if let Some(region) = &region {
        aws::check_region_name(region)?;
        keys.push(("region", region));
    }
    if let Some(domain) = &domain {
        check_domain(domain)?;
        keys.push(("domain", domain));
    }
    write(&path, &filled(&keys), args.force)?;
    let ignores = ignore_states(&path)?;
    let printer = Printer::new(Format::Text, TerminalProgress::new());
    printer.text(&format!(
        "wrote {}{}: project {project}, environment {environment}; next: rd-net plan\n",
        path.display(),
        if ignores { " and .gitignore" } else { "" },
    ));
    if resembles_production(&environment) {
        let (summary, hint) = rd_common::settings::not_production(&environment);
        print_warning(&summary, hint);
    }
    Ok(Exit::Done)
}

fn already_exists(path: &Path) -> Error {
    Error::refused(format!("{} already exists", path.display()))
        .hint("edit it, or pass --force to overwrite it")
}

fn write(path: &Path, text: &str, force: bool) -> Result<()> {
    let mut options = OpenOptions::new();
    options
        .write(true)
        .create_new(!force)
        .create(force)
        .truncate(force);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => already_exists(path),
        _ => Error::failed(format!("cannot write {}: {e}", path.display()))
            .hint("check the folder, or pass another file with --config")
            .caused_by(e),
    })
}

/// Adds the folder of the states to the `.gitignore` next to `rd.toml`, unless a line has it. Returns whether it was added.
fn ignore_states(settings: &Path) -> Result<bool> {
    let path = settings.with_file_name(".gitignore");
    let failed = |e: std::io::Error| {
        Error::failed(format!("cannot write {}: {e}", path.display()))
            .hint(format!("add a line `{IGNORED}` to it"))
            .caused_by(e)
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => String::new(),
        Err(e) => return Err(failed(e)),
    };
    let is_ignored = |line: &str| line.trim().trim_matches('/') == ".rd";
    if text.lines().any(is_ignored) {
        return Ok(false);
    }
    let gap = match text.is_empty() || text.ends_with('\n') {
        true => "",
        false => "\n",
    };
    let line =
        format!("{gap}# The local states of rd: keep them, but do not commit them.\n{IGNORED}\n");
    let mut options = OpenOptions::new();
    let file = options.append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .map_err(failed)?;
    Ok(true)
}

/// The region that the user types, or that the environment has; none for an empty answer without one.
fn ask_region() -> Result<Option<String>> {
    let default = ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    let shown = default
        .as_deref()
        .unwrap_or("empty for that of the AWS profile");
    let question = format!("AWS region [{shown}]:");
    let answer = prompt::ask_line(&question, aws::check_region_name)?;
    Ok(answer.or(default))
}

/// The domain that the user types; none for an empty answer.
fn ask_domain() -> Result<Option<String>> {
    prompt::ask_line("domain for HTTPS [empty for none]:", check_domain)
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

/// Fails where a name has characters that AWS names cannot have.
fn check_name(what: &str, value: &str) -> Result<()> {
    let fits = !value.is_empty()
        && value
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits {
        return Ok(());
    }
    Err(
        Error::usage(format!("`{value}` is not a valid {what} name"))
            .hint("use a-z, 0-9 and single `-`, and begin with a letter"),
    )
}

/// Fails where the text is not written like a domain.
fn check_domain(text: &str) -> Result<()> {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if text.contains('.') && text.split('.').all(is_label) {
        return Ok(());
    }
    Err(Error::usage(format!("`{text}` is not a domain"))
        .hint("a domain is written like `example.com`: a-z, 0-9 and `-` in each part"))
}

/// The template with the values of these keys.
fn filled(keys: &[(&str, &str)]) -> String {
    let lines = TEMPLATE.lines().map(|line| {
        let key = line.trim_start_matches("# ").split(" = ").next();
        match keys.iter().find(|(name, _)| Some(*name) == key) {
            Some((name, value)) => format!("{name} = \"{value}\"\n"),
            None => format!("{line}\n"),
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rd_common::settings::example::EXAMPLE;

    #[test]
    fn the_file_is_short_and_says_what_the_example_says() {
        assert!(TEMPLATE.lines().count() <= 40);
        let mut tables = vec![String::new()];
        for line in TEMPLATE.lines() {
            if line.starts_with('[') {
                tables.push(line.to_owned());
            }
            let is_key = line.trim_start_matches("# ").contains(" = ");
            if is_key && line.starts_with("# ") && !line.contains("production") {
                assert!(EXAMPLE.lines().any(|other| other == line), "{line}");
            }
        }
        for table in tables.iter().filter(|table| !table.is_empty()) {
            assert!(EXAMPLE.lines().any(|line| line == table), "{table}");
        }
    }

    #[test]
    fn keys_are_filled_in_and_no_other_is_changed() {
        let text = filled(&[("project", "shop"), ("domain", "shop.example")]);
        assert!(text.contains("\nproject = \"shop\"\n"), "{text}");
        assert!(text.contains("\ndomain = \"shop.example\"\n"), "{text}");
        assert!(text.contains("\n# region = \"us-east-1\"\n"), "{text}");
        assert_eq!(text.lines().count(), TEMPLATE.lines().count());
        assert_eq!(filled(&[]), TEMPLATE);
    }

    #[test]
    fn a_domain_has_parts() {
        for (text, is) in [
            ("example.com", true),
            ("a.b-c.example", true),
            ("example", false),
            ("Example.com", false),
            ("example.com\"", false),
            (".com", false),
            ("-a.com", false),
        ] {
            assert_eq!(check_domain(text).is_ok(), is, "{text}");
        }
    }
}
