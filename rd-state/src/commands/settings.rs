//! `rd-state settings`: every setting with its value, its default and where it was set, or what another edition would
//! change. Those of a program's table are printed by the program.

use crate::slice_programs;
use rd_common::commands::settings::{SettingsArgs, show};
use rd_common::context::Context;
use rd_common::slices::TABLES;
use rd_common::{Exit, Result};

/// Prints the top-level keys, then those of each slice whose program is installed; only one of them where a key is given.
pub async fn run(context: &Context, args: &SettingsArgs) -> Result<Exit> {
    let table = args.key.as_deref().and_then(|key| key.split('.').next());
    let slice = TABLES.into_iter().find(|slice| Some(*slice) == table);
    if slice.is_none() {
        let here = &context.settings;
        // No top-level key has a default that depends on the edition.
        let other = match args.edition {
            Some(edition) => Some(here.in_edition(edition).map(|_| here.explain_stack())?),
            None => None,
        };
        show(context, args, here.explain_stack(), other)?;
    }
    let slices = match (slice, &args.key) {
        (Some(slice), _) => vec![slice],
        (None, None) => slice_programs::with_settings(),
        (None, Some(_)) => Vec::new(),
    };
    let edition = args.edition.map(|edition| edition.to_string());
    let mut arguments = vec!["settings"];
    arguments.extend(args.key.as_deref());
    if let Some(edition) = &edition {
        arguments.extend(["--edition", edition]);
    }
    // The programs write to the same stdout.
    context.printer.stream().flush().await;
    for slice in slices {
        let exit = slice_programs::run(context, slice, &arguments)?;
        if exit != Exit::Done {
            return Ok(exit);
        }
    }
    Ok(Exit::Done)
}
