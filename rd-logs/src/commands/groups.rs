//! `groups`: lists the stack's log groups: retention, size and last event.

use crate::clients::Clients;
use crate::events::log_groups::own;
use crate::time::args::ZoneArgs;
use crate::time::zone::local_time;
use aws_sdk_cloudwatchlogs as logs;
use aws_sdk_cloudwatchlogs::types::{LogGroup, LogStream, OrderBy};
use rd_common::aws::{Aws, Explain};
use rd_common::context::Context;
use rd_common::output::table::table;
use rd_common::{Error, Exit, Result};
use serde::Serialize;

/// Flags of the command `rd-logs groups`.
#[derive(clap::Args, Clone, Debug)]
pub struct GroupsArgs {
    /// List the account's log groups whose names begin with this text, instead of those of the stack
    #[arg(long, value_name = "PREFIX")]
    prefix: Option<String>,
    #[command(flatten)]
    tz: ZoneArgs,
}

/// One log group, as JSON output has it.
#[derive(Clone, Debug, Serialize)]
struct Group {
    name: String,
    exists: bool,
    /// How long events are kept, in days; none if they never expire.
    retention_days: Option<i32>,
    /// The compressed size of the events, in bytes.
    stored_bytes: i64,
    /// When the last event happened. AWS updates this within an hour.
    last_event: Option<jiff::Timestamp>,
    created: Option<jiff::Timestamp>,
}

/// Lists the groups: as a table for people, as JSON lines for programs.
pub async fn run(context: &Context, args: &GroupsArgs) -> Result<Exit> {
    let zone = args.tz.zone()?;
    let names = match &args.prefix {
        Some(_) => Vec::new(),
        None => own(context).await?,
    };
    if args.prefix.is_none() && names.is_empty() {
        let stack = context.stack.name();
        return Err(Error::failed(format!("{stack} has no log groups yet"))
            .hint("run rd-ecs apply first, check --environment, or pass --prefix /"));
    }
    let aws = Aws::connect(&context.access, &context.stack.region).await?;
    aws.check_credentials().await?;
    let client = Clients::new(&aws).logs;
    let mut groups = Vec::new();
    match &args.prefix {
        Some(prefix) => {
            for found in describe(&client, prefix).await? {
                groups.push(group(&client, &found).await?);
            }
        }
        None => {
            for name in names {
                let found = describe(&client, &name).await?;
                let same = found.iter().find(|one| one.log_group_name() == Some(&name));
                groups.push(match same {
                    Some(found) => group(&client, found).await?,
                    None => Group {
                        name,
                        exists: false,
                        retention_days: None,
                        stored_bytes: 0,
                        last_event: None,
                        created: None,
                    },
                });
            }
        }
    }
    if context.printer.is_json() {
        let lines: Vec<String> = groups
            .iter()
            .map(|group| serde_json::to_string(group).unwrap_or_default() + "\n")
            .collect();
        context.printer.text(&lines.concat());
        return Ok(Exit::Done);
    }
    let cells: Vec<Vec<String>> = groups
        .iter()
        .map(|group| {
            let last_event = group.last_event.map_or("-".to_owned(), |time| {
                local_time(time.as_millisecond(), &zone)
            });
            let kept = match group.retention_days {
                _ if !group.exists => "not found".to_owned(),
                Some(days) => format!("{days} days"),
                None => "forever".to_owned(),
            };
            let stored = bytes_text(group.stored_bytes);
            vec![group.name.clone(), kept, stored, last_event]
        })
        .collect();
    let heading = ["GROUP", "KEPT", "STORED", "LAST EVENT"];
    context.printer.text(&table(&heading, &cells));
    Ok(Exit::Done)
}

async fn describe(client: &logs::Client, prefix: &str) -> Result<Vec<LogGroup>> {
    let mut pages = client
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .into_paginator()
        .send();
    let mut groups = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.doing("list the log groups")?;
        groups.extend(page.log_groups.unwrap_or_default());
    }
    Ok(groups)
}

async fn group(client: &logs::Client, found: &LogGroup) -> Result<Group> {
    let name = found.log_group_name().unwrap_or_default().to_owned();
    let call = client
        .describe_log_streams()
        .log_group_name(&name)
        .order_by(OrderBy::LastEventTime)
        .descending(true)
        .limit(1);
    let streams = call.send().await;
    let streams = streams.doing(&format!("find the last event of {name}"))?;
    let time = |milliseconds: Option<i64>| {
        milliseconds.and_then(|at| jiff::Timestamp::from_millisecond(at).ok())
    };
    let last = streams.log_streams().first();
    Ok(Group {
        name,
        exists: true,
        retention_days: found.retention_in_days(),
        stored_bytes: found.stored_bytes().unwrap_or_default(),
        last_event: time(last.and_then(LogStream::last_event_timestamp)),
        created: time(found.creation_time()),
    })
}

/// A number of bytes in the largest unit that fits, such as `1.5 MB`. 1 KB is 1024 bytes.
pub fn bytes_text(bytes: i64) -> String {
    let units = ["B", "KB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", units[unit])
    }
}
