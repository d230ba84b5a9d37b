//! `alarms history`: the past state changes of the alarms.

use super::view::{colored, json_line, time};
use crate::clients::Clients;
use crate::time::args::ZoneArgs;
use crate::time::parse::time_of;
use aws_sdk_cloudwatch::types::{AlarmHistoryItem, HistoryItemType};
use aws_smithy_types::DateTime;
use clap::Args;
use futures_util::stream::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::aws::Explain;
use rd_common::context::Context;
use rd_common::output::style::{BOLD, paint};
use rd_common::{Ctx, Error, Exit, Result};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Flags of `rd-logs alarms history`.
#[derive(Args)]
pub struct HistoryArgs {
    /// Alarm, by its name or the last part of its address [default: all alarms]
    alarm: Option<String>,
    /// Start of the range: 90s, 2h30m, 3d (back from now), 2026-11-23T14:00:00Z, "2026-11-23 14:00", 14:00
    #[arg(long, value_name = "TIME", default_value = "24h")]
    since: String,
    /// Also print changes of settings, and actions such as mails
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    tz: ZoneArgs,
}

/// The number of alarms whose history is read at the same time.
const AT_ONCE: usize = 4;

/// An entry of an alarm's history, as JSON output has it.
#[derive(Serialize)]
struct Entry {
    time: String,
    alarm: String,
    r#type: String,
    summary: String,
    from: Option<String>,
    to: Option<String>,
    reason: Option<String>,
}

impl Entry {
    fn new(item: &AlarmHistoryItem) -> Self {
        let time = item
            .timestamp()
            .and_then(|time| Timestamp::from_nanosecond(time.as_nanos()).ok());
        let data: Value =
            serde_json::from_str(item.history_data().unwrap_or_default()).unwrap_or_default();
        let text = |state: &str, member: &str| data[state][member].as_str().map(str::to_owned);
        Self {
            time: time.map_or_else(String::new, |time| time.to_string()),
            alarm: item.alarm_name().unwrap_or_default().to_owned(),
            r#type: item
                .history_item_type()
                .map(|kind| kind.as_str().to_owned())
                .unwrap_or_default(),
            summary: item.history_summary().unwrap_or_default().to_owned(),
            from: text("oldState", "stateValue"),
            to: text("newState", "stateValue"),
            reason: text("newState", "stateReason"),
        }
    }

    fn text(&self, zone: &TimeZone) -> String {
        let change = match (&self.from, &self.to) {
            (Some(from), Some(to)) => format!(
                "{from} → {}  {}",
                colored(to),
                self.reason.as_deref().unwrap_or_default()
            ),
            _ => self.summary.clone(),
        };
        format!(
            "{}  {}  {}\n",
            time(Some(&self.time), zone),
            paint(BOLD, &self.alarm),
            change.trim_end()
        )
    }
}

/// Prints the history of the alarms, whose names are given by the last part of their addresses. Oldest first.
pub async fn run(
    context: &Context,
    ctx: &Ctx<Clients>,
    names: BTreeMap<String, String>,
    args: &HistoryArgs,
) -> Result<Exit> {
    let zone = args.tz.zone()?;
    let since = time_of("--since", &args.since, Timestamp::now(), &zone)?;
    let since = DateTime::from_millis(since);
    let names: Vec<String> = match &args.alarm {
        None => names.into_values().collect(),
        Some(one) => vec![find(&names, one)?],
    };
    let kind = (!args.all).then_some(HistoryItemType::StateUpdate);
    let reads = names
        .into_iter()
        .map(|name| read(ctx, name, since, kind.clone()));
    let all: Vec<Vec<Entry>> = futures_util::stream::iter(reads)
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut entries: Vec<Entry> = all.into_iter().flatten().collect();
    entries.sort_by(|a, b| a.time.cmp(&b.time));
    let printer = &context.printer;
    if entries.is_empty() && !printer.is_json() {
        printer.text(&format!("no changes since {}\n", args.since));
    }
    for entry in &entries {
        let line = match printer.is_json() {
            true => json_line(entry),
            false => entry.text(&zone),
        };
        printer.text(&line);
    }
    Ok(Exit::Done)
}

/// The name of an alarm, from its name or the last part of its address.
fn find(names: &BTreeMap<String, String>, wanted: &str) -> Result<String> {
    let found = names
        .iter()
        .find(|(last, name)| *last == wanted || *name == wanted);
    let (_, name) = found.ok_or_else(|| {
        let all: Vec<&str> = names.keys().map(String::as_str).collect();
        Error::usage(format!("no alarm is named `{wanted}`"))
            .hint(format!("the alarms are {}", all.join(", ")))
    })?;
    Ok(name.clone())
}

/// The entries of one alarm, oldest first.
async fn read(
    ctx: &Ctx<Clients>,
    name: String,
    since: DateTime,
    kind: Option<HistoryItemType>,
) -> Result<Vec<Entry>> {
    let mut pages = ctx
        .clients
        .cloudwatch
        .describe_alarm_history()
        .alarm_name(&name)
        .start_date(since)
        .set_history_item_type(kind)
        .into_paginator()
        .send();
    let mut entries = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.doing("read the alarms' history")?;
        entries.extend(page.alarm_history_items().iter().map(Entry::new));
    }
    // AWS returns the newest first.
    entries.reverse();
    Ok(entries)
}
