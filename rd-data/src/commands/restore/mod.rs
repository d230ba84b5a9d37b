//! `restore`: a new instance beside the old one, from a snapshot or a moment, with the same network, parameters and
//! protection. Every step can be repeated: the new one's name follows from what it is restored from, its tags say so,
//! and the switch begins with the state, from where an apply makes the rest true.

mod beside;
mod delete_old;
mod switch;

use crate::kinds::db_instance::model::{RESTORED_TAG, Spec};
use crate::kinds::db_instance::{DbInstance, one};
use crate::slice::{Data, INSTANCE};
use jiff::Timestamp;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::{Error, Exit, Kind, Result, Tags};

/// Flags of `restore`.
#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = true)]
pub struct RestoreArgs {
    /// The snapshot to restore; `rd-data snapshots` lists them
    #[arg(long, value_name = "ID", conflicts_with = "to_time")]
    snapshot: Option<String>,
    /// The moment to restore, such as 2026-03-01T02:10:00Z
    #[arg(long, value_name = "TIME", value_parser = moment)]
    to_time: Option<Timestamp>,
    /// Switch to it: the secret leads to it, and the state takes it over; the old one is kept
    #[arg(long)]
    switch: bool,
    /// Delete the instances that were replaced; without a source, also those that were never switched to
    #[arg(long)]
    delete_old: bool,
    /// Do not ask before deleting
    #[arg(long, short)]
    yes: bool,
}

fn moment(text: &str) -> std::result::Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "a moment is written like 2026-03-01T02:10:00Z".to_owned())
}

/// What to restore from.
enum Source {
    Snapshot(String),
    Moment(Timestamp),
}

impl Source {
    fn of(args: &RestoreArgs) -> Option<Self> {
        let snapshot = args.snapshot.clone().map(Source::Snapshot);
        snapshot.or(args.to_time.map(Source::Moment))
    }

    /// The value of the new instance's tag.
    fn tag(&self) -> String {
        match self {
            Source::Snapshot(id) => format!("snapshot {id}"),
            Source::Moment(time) => format!("moment {time}"),
        }
    }
}

/// Runs it.
pub async fn run(context: &Context, args: &RestoreArgs) -> Result<Exit> {
    let source = Source::of(args);
    if source.is_none() && (args.switch || !args.delete_old) {
        return Err(Error::usage("nothing to restore is named")
            .hint("give --snapshot ID (rd-data snapshots lists them) or --to-time TIME"));
    }
    let slice_context = SliceContext::<Data>::open(context).await?;
    let mut exit = Exit::Done;
    if let Some(source) = &source {
        let ctx = &slice_context.ctx;
        let spec: Spec = slice_context.spec(INSTANCE)?;
        let (_, old) = slice_context.resource(INSTANCE)?;
        let new = beside::restored(&slice_context, &spec, source, old).await?;
        if args.switch {
            switch::switch(context, &slice_context, old, &new).await?;
            exit = switch::converge(context)?;
            if exit != Exit::Done {
                return Ok(exit);
            }
            // Done to the end: the same source can be restored once more.
            DbInstance::tag(ctx, &new, &Tags::new(), &[RESTORED_TAG.to_owned()]).await?;
        }
        let old = one(ctx, old).await?.map(|_| old).filter(|old| *old != new);
        tell(context, source, old, &new, args.switch);
    }
    if args.delete_old && exit == Exit::Done {
        delete_old::delete_old(context, args.yes, source.is_some()).await?;
    }
    Ok(exit)
}

fn tell(context: &Context, source: &Source, old: Option<&str>, new: &str, switched: bool) {
    let text = if context.printer.is_json() {
        serde_json::json!({"restored": new, "from": source.tag(), "switched": switched, "old": old})
            .to_string()
    } else if !switched {
        format!(
            "{new} is restored from {}. To switch to it: the same command with --switch",
            source.tag()
        )
    } else {
        let kept = old.map_or(String::new(), |old| {
            format!(" {old} is kept: rd-data restore --delete-old deletes it")
        });
        format!("{new} is the database now, and the secret leads to it. Restart the service.{kept}")
    };
    context.printer.text(&format!("{text}\n"));
}
