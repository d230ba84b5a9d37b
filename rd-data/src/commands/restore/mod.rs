//! `restore`: restores a snapshot or a point in time into a new instance with the same network, parameters and
//! protection, and switches to it. Every step can be repeated: the new instance's name and tags follow from what is
//! restored, and the switch begins with the state, so that an apply can complete it. `docs/restore.md` has the steps.

mod delete_old;
mod new_instance;
mod switch;

use crate::kinds::db_instance::DbInstance;
use crate::kinds::db_instance::model::{RESTORED_TAG, Spec};
use crate::kinds::db_instance::read::describe_one;
use crate::slice::{Data, INSTANCE};
use jiff::Timestamp;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::{Error, Exit, Kind, Result, Tags};

/// The flags of `rd-data restore`.
#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = true)]
pub struct RestoreArgs {
    /// Snapshot to restore; `rd-data snapshots` lists them
    #[arg(long, value_name = "ID", conflicts_with = "to_time")]
    snapshot: Option<String>,
    /// Point in time to restore, such as 2026-03-01T02:10:00Z
    #[arg(long, value_name = "TIME", value_parser = point_in_time)]
    to_time: Option<Timestamp>,
    /// Switch to the new instance: update the state and the secret; keep the old instance
    #[arg(long)]
    switch: bool,
    /// Delete replaced instances; without a source, also restored ones that were never switched to
    #[arg(long)]
    delete_old: bool,
    /// Do not ask before deleting instances
    #[arg(long, short)]
    yes: bool,
}

fn point_in_time(text: &str) -> std::result::Result<Timestamp, String> {
    text.parse()
        .map_err(|_| "write a time like 2026-03-01T02:10:00Z".to_owned())
}

/// The source of a restore.
enum Source {
    /// The snapshot with this name.
    Snapshot(String),
    /// The current instance at this time.
    PointInTime(Timestamp),
}

impl Source {
    fn from_args(args: &RestoreArgs) -> Option<Self> {
        let snapshot = args.snapshot.clone().map(Source::Snapshot);
        snapshot.or(args.to_time.map(Source::PointInTime))
    }

    /// The value of the new instance's tag `rd:restored-from`; the instance's name is derived from it.
    fn tag_value(&self) -> String {
        match self {
            Source::Snapshot(id) => format!("snapshot {id}"),
            Source::PointInTime(time) => format!("moment {time}"),
        }
    }
}

/// Restores, switches and deletes, as far as the flags ask for it.
pub async fn run(context: &Context, args: &RestoreArgs) -> Result<Exit> {
    let source = Source::from_args(args);
    if source.is_none() && (args.switch || !args.delete_old) {
        return Err(
            Error::usage("neither a snapshot nor a time to restore was passed")
                .hint("pass --snapshot ID (rd-data snapshots lists them) or --to-time TIME"),
        );
    }
    let data = SliceContext::<Data>::open(context).await?;
    let mut exit = Exit::Done;
    if let Some(source) = &source {
        let ctx = &data.ctx;
        let spec: Spec = data.spec(INSTANCE)?;
        let (_, old) = data.resource(INSTANCE)?;
        let new = new_instance::restore(&data, &spec, source, old).await?;
        if args.switch {
            switch::switch(context, &data, old, &new).await?;
            exit = switch::apply(context)?;
            if exit != Exit::Done {
                return Ok(exit);
            }
            // Without this tag, the same command restores the same source once more.
            DbInstance::tag(ctx, &new, &Tags::new(), &[RESTORED_TAG.to_owned()]).await?;
        }
        let old = describe_one(ctx, old)
            .await?
            .map(|_| old)
            .filter(|old| *old != new);
        print_result(context, source, old, &new, args.switch);
    }
    if args.delete_old && exit == Exit::Done {
        delete_old::delete_old(context, args.yes, source.is_some()).await?;
    }
    Ok(exit)
}

/// What follows a switch: the slices that use the instance, and new tasks, which read the secret.
fn next(context: &Context) -> Vec<String> {
    let environment = &context.stack.environment;
    let flag = format!("-e {environment}");
    vec![
        format!("rd-ecs apply -y {flag} | rd-logs apply -y {flag}"),
        format!("rd-ecs restart {flag}"),
    ]
}

fn print_result(context: &Context, source: &Source, old: Option<&str>, new: &str, switched: bool) {
    let text = if context.printer.is_json() {
        let next = if switched { next(context) } else { Vec::new() };
        serde_json::json!({
            "restored": new, "from": source.tag_value(), "switched": switched, "old": old, "next": next,
        })
        .to_string()
    } else if !switched {
        format!(
            "restored {new} from {}; to switch to it, run the same command with --switch",
            source.tag_value()
        )
    } else {
        let kept = old.map_or(String::new(), |old| {
            format!(" {old} is kept; rd-data restore --delete-old deletes it")
        });
        let next: String = next(context)
            .iter()
            .map(|command| format!("\n    {command}"))
            .collect();
        format!(
            "{new} is now the database, and the secret points to it.{kept}\nNext, so that the alarms watch it and the \
             tasks connect to it:{next}"
        )
    };
    context.printer.text(&format!("{text}\n"));
}
