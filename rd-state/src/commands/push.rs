//! `push`: stores a state from a file.

use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Document, Error, Exit, Result};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

/// Flags of `push`.
#[derive(clap::Args, Clone, Debug)]
pub struct PushArgs {
    /// The slice, such as net
    slice: String,
    /// The state; else stdin
    file: Option<PathBuf>,
    /// Store it though it does not follow what is there
    #[arg(long)]
    force: bool,
}

/// Runs it.
pub async fn run(context: &Context, args: &PushArgs) -> Result<Exit> {
    let (bytes, place) = read(args)?;
    let document = Document::parse(&bytes, &place)?;
    document.belongs_to(&context.stack, &args.slice, &place)?;
    let store = async |state: LockedState| {
        let current = state.load().await?;
        let forgotten = current
            .as_ref()
            .map_or(Vec::new(), |current| forgotten(current, &document));
        if let Some(current) = current.as_ref().filter(|_| !args.force) {
            check_follows(current, &document, &place, &forgotten)?;
        }
        let serial = state.save(document.clone(), "push").await?;
        Ok((serial, forgotten))
    };
    let (serial, forgotten) = context
        .with_locked_state(&args.slice, "push", store)
        .await?;
    context
        .printer
        .text(&format!("stored as serial {serial}\n"));
    if !forgotten.is_empty() {
        context
            .printer
            .text(&format!("no longer known: {}\n", forgotten.join(", ")));
    }
    Ok(Exit::Done)
}

fn read(args: &PushArgs) -> Result<(Vec<u8>, String)> {
    let (read, place) = match &args.file {
        Some(path) => (std::fs::read(path), path.display().to_string()),
        None => {
            let mut bytes = Vec::new();
            let read = std::io::stdin().lock().read_to_end(&mut bytes);
            (read.map(|_| bytes), "on stdin".to_owned())
        }
    };
    let bytes = read.map_err(|e| {
        Error::usage(format!("the state {place} cannot be read: {e}")).hint("check the path")
    })?;
    Ok((bytes, place))
}

/// Only the next version of what is there is taken without force.
fn check_follows(
    current: &Document,
    pushed: &Document,
    place: &str,
    forgotten: &[String],
) -> Result<()> {
    let why = if pushed.lineage != current.lineage {
        format!(
            "the state {place} has the lineage {}, what is stored has {}",
            pushed.lineage, current.lineage
        )
    } else if pushed.serial != current.serial + 1 {
        format!(
            "the state {place} has serial {}, and {} follows what is stored",
            pushed.serial,
            current.serial + 1
        )
    } else {
        return Ok(());
    };
    let cost = if forgotten.is_empty() {
        "nothing would be lost".to_owned()
    } else {
        format!("it would forget {}", forgotten.join(", "))
    };
    Err(Error::refused(why).hint(format!(
        "nothing was changed; --force stores it all the same: {cost}; what is stored stays in the history"
    )))
}

/// What the stored state knows and the other does not: addresses with their ids.
fn forgotten(current: &Document, pushed: &Document) -> Vec<String> {
    let known: BTreeSet<&str> = pushed.ids().collect();
    let resources = current.resources.iter();
    resources
        .filter_map(|(address, resource)| {
            let id = resource.id.as_deref().filter(|id| !known.contains(id))?;
            Some(format!("{address} {id}"))
        })
        .collect()
}
