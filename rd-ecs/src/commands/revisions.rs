//! `revisions`: lists the revisions that a rollback can deploy, or compares two.

use super::tasks::ago;
use crate::completion;
use crate::kinds::task_definition::model::{Live, live};
use crate::kinds::task_definition::revisions::active;
use crate::names::revision;
use crate::service_context::ServiceContext;
use clap::Subcommand;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use rd_common::context::Context;
use rd_common::output::style::{ERROR, OK, paint};
use rd_common::output::table::table;
use rd_common::{Error, Exit, Result};
use serde_json::{Map, Value, json};

/// The flags of `rd-ecs revisions`.
#[derive(clap::Args, Clone, Debug)]
pub struct RevisionsArgs {
    #[command(subcommand)]
    command: Option<RevisionsCommand>,
    /// The number of revisions to list, the newest first
    #[arg(long, default_value_t = 20, value_name = "N")]
    limit: usize,
}

#[derive(Subcommand, Clone, Debug)]
enum RevisionsCommand {
    /// Show the settings that differ between two revisions
    #[command(
        after_help = "{program} revisions diff 41 :: compare with the running revision\n\
        {program} revisions diff 41 42"
    )]
    Diff {
        /// The number of a revision
        #[arg(add = completion::revisions())]
        a: i32,
        /// The number of the other [default: the running revision]
        #[arg(add = completion::revisions())]
        b: Option<i32>,
    },
}

/// The most revisions that are read at the same time.
const MAX_PARALLEL_READS: usize = 8;

/// Prints the revisions or the comparison: text for people, one JSON document for programs.
pub async fn run(context: &Context, args: &RevisionsArgs) -> Result<Exit> {
    let service = ServiceContext::open(context).await?;
    let aws_service = service.read().await?;
    let running = aws_service.task_definition().unwrap_or_default().to_owned();
    if let Some(RevisionsCommand::Diff { a, b }) = args.command {
        let b = b.or(revision(&running)).unwrap_or_default();
        return diff(context, &service, a, b).await;
    }
    let mut arns = active(service.ctx(), &service.family).await?;
    arns.truncate(args.limit);
    if !arns.contains(&running) {
        arns.push(running.clone());
    }
    let service = &service;
    let all: Vec<Live> = stream::iter(arns)
        .map(|arn| async move { Ok::<_, Error>(live(&service.revision(&arn).await?.definition)) })
        .buffered(MAX_PARALLEL_READS)
        .try_collect()
        .await?;
    let text = if context.printer.is_json() {
        let revisions: Vec<Value> = all
            .iter()
            .map(|one| {
                json!({
                    "revision": one.revision, "arn": one.arn, "image": one.image, "live": one.arn == running,
                    "registered_at": one.registered_at, "registered_by": one.registered_by,
                })
            })
            .collect();
        format!(
            "{}\n",
            json!({"family": service.family, "revisions": revisions})
        )
    } else {
        let rows: Vec<Vec<String>> = all.iter().map(|one| row(one, one.arn == running)).collect();
        table(&["REVISION", "", "IMAGE", "AGE", "BY"], &rows)
    };
    context.printer.text(&text);
    Ok(Exit::Done)
}

fn row(one: &Live, is_live: bool) -> Vec<String> {
    let at = one.registered_at.as_deref().and_then(|at| at.parse().ok());
    let by = one.registered_by.as_deref().unwrap_or("-");
    vec![
        one.revision.to_string(),
        if is_live { "live" } else { "" }.to_owned(),
        one.image.clone(),
        at.map_or_else(|| "-".to_owned(), ago),
        // `arn:aws:sts::1:assumed-role/deployer/ci` becomes `deployer/ci`.
        by.split_once('/').map_or(by, |(_, name)| name).to_owned(),
    ]
}

async fn diff(context: &Context, service: &ServiceContext, a: i32, b: i32) -> Result<Exit> {
    let fields = async |number: i32| -> Result<Map<String, Value>> {
        let name = format!("{}:{number}", service.family);
        let one = live(&service.revision(&name).await?.definition);
        match json!(one) {
            Value::Object(members) => Ok(members),
            _ => Ok(Map::new()),
        }
    };
    let (before, after) = (fields(a).await?, fields(b).await?);
    // Different in any two revisions.
    let own = [
        "arn",
        "revision",
        "registered_at",
        "registered_by",
        "active",
    ];
    let changes: Vec<(&String, &Value, &Value)> = before
        .iter()
        .filter(|(key, _)| !own.contains(&key.as_str()))
        .filter_map(|(key, old)| Some((key, old, after.get(key)?)))
        .filter(|(_, old, new)| old != new)
        .collect();
    let text = if context.printer.is_json() {
        let fields: Vec<Value> = changes
            .iter()
            .map(|(key, old, new)| json!({"path": key, "before": old, "after": new}))
            .collect();
        format!("{}\n", json!({"a": a, "b": b, "fields": fields}))
    } else if changes.is_empty() {
        format!("{a} and {b} do not differ\n")
    } else {
        let lines = changes.iter().map(|(key, old, new)| {
            format!(
                "{key}\n  {}\n  {}\n",
                paint(ERROR, format!("- {}", plain(old))),
                paint(OK, format!("+ {}", plain(new)))
            )
        });
        lines.collect()
    };
    context.printer.text(&text);
    Ok(Exit::Done)
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
