//! `rd-state migrate`: moves the states of all environments to another store, with their history.

use crate::settings_file::SettingsFile;
use rd_common::context::Context;
use rd_common::output::printer::{print_info, print_warning};
use rd_common::settings::Backend;
use rd_common::stack::StackId;
use rd_common::state::migration::{MovedState, migrate};
use rd_common::state::movable::Movable;
use rd_common::state::open;
use rd_common::state::shared::SharedStore;
use rd_common::{Error, Exit, Result};
use std::collections::BTreeSet;

/// Flags of `rd-state migrate`.
#[derive(clap::Args, Clone, Debug)]
pub struct MigrateArgs {
    /// The store to move the states to
    #[arg(long, value_enum, value_name = "STORE")]
    to: Target,
    /// Move even if a note says that the states are in another store
    #[arg(long)]
    force: bool,
}

/// A store that states can be moved to.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// The bucket that [state] names
    S3,
    /// The folder .rd next to rd.toml
    Local,
}

/// Moves the states, and sets `backend` in `rd.toml`.
pub async fn run(context: &Context, args: &MigrateArgs) -> Result<Exit> {
    let settings = &context.settings.stack.state;
    if settings.bucket.is_none() || settings.region.is_none() {
        return Err(Error::usage("[state] names no `bucket` and `region`")
            .hint("`rd-state bootstrap` creates a bucket and writes them"));
    }
    let folder = context.settings.folder();
    let state_dir = context.flags.state_dir.as_deref();
    let local = open::local(settings, &folder, state_dir);
    let waiting = Box::new(|text: &str| print_info(text));
    let shared = SharedStore::new(settings, &context.access, folder.clone(), waiting).for_a_move();
    let (from, to): (&dyn Movable, &dyn Movable) = match args.to {
        Target::S3 => (&local, &shared),
        Target::Local => (&shared, &local),
    };
    let project = &context.stack.project;
    let mut environments: BTreeSet<String> =
        from.environments(project).await?.into_iter().collect();
    environments.insert(context.stack.environment.clone());
    let holder = context.holder("migrate");
    let mut all: Vec<MovedState> = Vec::new();
    for environment in environments {
        let project = project.clone();
        let stack = StackId {
            project,
            environment,
        };
        all.extend(migrate(from, to, &stack, &holder, args.force).await?);
    }
    report(context, &all, to);
    let backend = match args.to {
        Target::S3 => Backend::S3,
        Target::Local => Backend::Local,
    };
    if settings.backend() != backend {
        set_backend(context, backend)?;
    }
    Ok(Exit::Done)
}

fn report(context: &Context, all: &[MovedState], to: &dyn Movable) {
    for one in all {
        if context.printer.is_json() {
            let line = serde_json::to_string(one).unwrap_or_default();
            context.printer.text(&format!("{line}\n"));
            continue;
        }
        context.printer.text(&format!(
            "{} {}: serial {}, {} versions in {}, {} of them added\n",
            one.environment,
            one.slice,
            one.serial,
            one.versions,
            to.name(),
            one.added
        ));
    }
    if all.is_empty() && !context.printer.is_json() {
        context.printer.text("there are no states to move\n");
    }
}

/// Sets `backend` in `rd.toml`, so that the next command finds the states.
fn set_backend(context: &Context, backend: Backend) -> Result<()> {
    let value = match backend {
        Backend::S3 => "s3",
        Backend::Local => "local",
    };
    let Some(path) = &context.settings.path else {
        return Ok(());
    };
    let cannot = |e: std::io::Error| {
        Error::failed(format!("cannot set the backend in {}: {e}", path.display())).hint(format!(
            "the states were moved: write `backend = \"{value}\"` in [state] of it"
        ))
    };
    SettingsFile::change(path, |file| file.set_text("state", "backend", value)).map_err(cannot)?;
    print_warning(
        &format!("{} has backend = \"{value}\" now", path.display()),
        "commit it, so that everybody who works on this stack finds its states",
    );
    Ok(())
}
