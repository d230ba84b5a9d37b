//! `rd-state push`: stores a state from a file or stdin.

use rd_common::completion;
use rd_common::context::Context;
use rd_common::state::locked_state::LockedState;
use rd_common::{Document, Error, Exit, Result};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Read;
use std::path::PathBuf;

/// Flags of `rd-state push`.
#[derive(clap::Args, Clone, Debug)]
pub struct PushArgs {
    /// Name of the slice, such as net
    #[arg(add = completion::slices())]
    slice: String,
    /// File with the state (default: stdin)
    file: Option<PathBuf>,
    /// Store it even if it does not follow the stored state
    #[arg(long)]
    force: bool,
}

/// Stores the state as the next version, under the lock, and prints the resources that the stored state no longer has.
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
    if context.printer.is_json() {
        let document = json!({"slice": args.slice, "serial": serial, "forgotten": forgotten});
        context.printer.text(&format!("{document}\n"));
        return Ok(Exit::Done);
    }
    context
        .printer
        .text(&format!("stored as serial {serial}\n"));
    if !forgotten.is_empty() {
        context
            .printer
            .text(&format!("forgotten: {}\n", forgotten.join(", ")));
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
        Error::usage(format!("cannot read the state {place}: {e}"))
            .hint("check the path")
            .caused_by(e)
    })?;
    Ok((bytes, place))
}

/// Refuses a state that is not the next version of the stored one: another lineage, or a serial that does not follow.
fn check_follows(
    current: &Document,
    pushed: &Document,
    place: &str,
    forgotten: &[String],
) -> Result<()> {
    let why = if pushed.lineage != current.lineage {
        format!(
            "the state {place} has lineage {}, but the stored state has {}",
            pushed.lineage, current.lineage
        )
    } else if pushed.serial != current.serial + 1 {
        format!(
            "the state {place} has serial {}, but the next serial is {}",
            pushed.serial,
            current.serial + 1
        )
    } else {
        return Ok(());
    };
    let effect = if forgotten.is_empty() {
        "no resource would be forgotten".to_owned()
    } else {
        format!("these would be forgotten: {}", forgotten.join(", "))
    };
    Err(Error::refused(why).hint(format!(
        "nothing was changed; to store it anyway, pass --force: {effect}; the stored version stays in the history"
    )))
}

/// The resources that the stored state has and the pushed one has not: `address id` of each.
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
