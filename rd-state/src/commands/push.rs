//! `push`: stores a state from a file.

use rd_common::cli::Program;
use rd_common::verbs::edit;
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
pub async fn run(program: &Program, args: &PushArgs) -> Result<Exit> {
    let (bytes, place) = read(args)?;
    let document = Document::parse(&bytes, &place)?;
    document.belongs_to(&program.stack, &args.slice, &place)?;
    let key = program.key(&args.slice);
    let (serial, lost) = edit::locked(program, &key, "rd-state push", || async {
        let current = program.store.load(&key).await?;
        let lost = current
            .as_ref()
            .map_or(Vec::new(), |current| lost(current, &document));
        if let Some(current) = current.as_ref().filter(|_| !args.force) {
            follows(current, &document, &place, &lost)?;
        }
        let serial = edit::save_next(program, &key, document, "push").await?;
        Ok((serial, lost))
    })
    .await?;
    program
        .printer
        .text(&format!("stored as serial {serial}\n"));
    if !lost.is_empty() {
        program
            .printer
            .text(&format!("no longer known: {}\n", lost.join(", ")));
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
fn follows(current: &Document, pushed: &Document, place: &str, lost: &[String]) -> Result<()> {
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
    let cost = if lost.is_empty() {
        "nothing would be lost".to_owned()
    } else {
        format!("it would forget {}", lost.join(", "))
    };
    Err(Error::refused(why).hint(format!(
        "nothing was changed; --force stores it all the same: {cost}; what is stored stays in the history"
    )))
}

/// What the stored state knows and the other does not: addresses with their ids.
fn lost(current: &Document, pushed: &Document) -> Vec<String> {
    let known: BTreeSet<&str> = pushed.ids().collect();
    let resources = current.resources.iter();
    resources
        .filter_map(|(address, resource)| {
            let id = resource.id.as_deref().filter(|id| !known.contains(id))?;
            Some(format!("{address} {id}"))
        })
        .collect()
}
