//! `alarms`: how each alarm is, since when and why; as it changes; and how it was.

use crate::alarm_state::{State, state};
use crate::clients::Clients;
use crate::kinds::alarm::{Alarm, describe};
use crate::slice::Logs;
use crate::time::parse;
use aws_sdk_cloudwatch::types::{AlarmHistoryItem, HistoryItemType, MetricAlarm};
use aws_smithy_types::DateTime;
use clap::{Args, Subcommand};
use futures_util::stream::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rd_common::aws::Explain;
use rd_common::commands::limits::duration;
use rd_common::commands::slice_context::SliceContext;
use rd_common::context::Context;
use rd_common::output::stream::Stream;
use rd_common::output::style::{BOLD, DIM, ERROR, OK, WARN, paint};
use rd_common::output::table::table;
use rd_common::{Ctx, Error, Exit, Kind, Result};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Flags of `alarms`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AlarmsArgs {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Go on, and print each change as it happens
    #[arg(long, short)]
    watch: bool,
    /// How often to look, with --watch
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    every: Duration,
}

/// Verbs of `alarms`.
#[derive(Subcommand)]
enum Verb {
    /// Print what the alarms went through, oldest first
    History(HistoryArgs),
}

/// Flags of `alarms history`.
#[derive(Args)]
struct HistoryArgs {
    /// The alarm, by its name or the last part of its address; all of them without one
    alarm: Option<String>,
    /// From when on: a span back from now such as 2h30m, or a time
    #[arg(long, value_name = "TIME", default_value = "24h")]
    since: String,
    /// Also what was changed in the settings, and what was sent
    #[arg(long)]
    all: bool,
}

/// How many alarms' histories are asked for at once.
const AT_ONCE: usize = 4;

/// One alarm, as programs read it.
#[derive(Serialize)]
struct Row {
    alarm: String,
    #[serde(flatten)]
    now: State,
    description: String,
}

fn row(alarm: &MetricAlarm) -> Row {
    Row {
        alarm: alarm.alarm_name().unwrap_or_default().to_owned(),
        now: state(alarm),
        description: alarm.alarm_description().unwrap_or_default().to_owned(),
    }
}

/// The names of the stack's alarms; by the last parts of their addresses.
fn names(slice_context: &SliceContext<Logs>) -> BTreeMap<String, String> {
    let alarms = slice_context.state.resources.iter();
    alarms
        .filter(|(_, resource)| resource.kind == Alarm::NAME)
        .filter_map(|(address, resource)| {
            let last = address.rsplit('.').next()?;
            Some((last.to_owned(), resource.id.clone()?))
        })
        .collect()
}

/// Runs it.
pub async fn run(context: &Context, args: &AlarmsArgs) -> Result<Exit> {
    let slice_context = SliceContext::<Logs>::open(context).await?;
    let names = names(&slice_context);
    match &args.verb {
        Some(Verb::History(args)) => history(context, &slice_context.ctx, names, args).await,
        None if names.is_empty() => {
            if !context.printer.is_json() {
                context
                    .printer
                    .text("no alarms: there is nothing to watch yet\n");
            }
            Ok(Exit::Done)
        }
        None => {
            let names: Vec<String> = names.into_values().collect();
            if args.watch {
                return watch(context, &slice_context.ctx, &names, args.every).await;
            }
            let rows = rows(&slice_context.ctx, &names).await?;
            let printer = &context.printer;
            printer.text(&listing(printer.is_json(), &rows));
            Ok(Exit::Done)
        }
    }
}

async fn rows(ctx: &Ctx<Clients>, names: &[String]) -> Result<Vec<Row>> {
    Ok(describe(ctx, names).await?.iter().map(row).collect())
}

fn coloured(state: &str, text: &str) -> String {
    let style = match state {
        "OK" => OK,
        "ALARM" => ERROR,
        _ => WARN,
    };
    paint(style, text)
}

/// A time of AWS's without the fractions of a second, which say nothing here.
fn whole(time: Option<&str>) -> String {
    let parsed = time.and_then(|text| text.parse::<Timestamp>().ok());
    parsed.map_or_else(|| "-".to_owned(), seconds)
}

fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// All of them, those that have gone off first.
fn listing(json: bool, rows: &[Row]) -> String {
    if json {
        return rows.iter().map(line).collect();
    }
    let urgency = |row: &&Row| match row.now.state.as_str() {
        "ALARM" => 0,
        "OK" => 2,
        _ => 1,
    };
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(urgency);
    let cells: Vec<Vec<String>> = sorted
        .iter()
        .map(|row| {
            vec![
                row.now.state.clone(),
                row.alarm.clone(),
                whole(row.now.since.as_deref()),
                row.now.reason.clone(),
            ]
        })
        .collect();
    // Colours after the columns are measured: they have no width.
    let plain = table(&["STATE", "ALARM", "SINCE", "WHY"], &cells);
    let mut lines = plain.lines();
    let mut text = format!("{}\n", lines.next().unwrap_or_default());
    for (line, row) in lines.zip(&sorted) {
        let state = &row.now.state;
        let rest = line.strip_prefix(state.as_str()).unwrap_or(line);
        text.push_str(&format!("{}{rest}\n", coloured(state, state)));
        if state == "ALARM" && !row.description.is_empty() {
            text.push_str(&format!("  {} {}\n", paint(DIM, "→"), row.description));
        }
    }
    text
}

/// One that has changed.
fn changed(json: bool, row: &Row) -> String {
    if json {
        return line(row);
    }
    format!(
        "{}  {} {}  {}\n",
        whole(row.now.since.as_deref()),
        coloured(&row.now.state, &row.now.state),
        paint(BOLD, &row.alarm),
        row.now.reason
    )
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default() + "\n"
}

/// Where a watch writes: records to a stream, which notices at once that nobody reads on; else to people.
struct Out<'a> {
    context: &'a Context,
    stream: Option<Stream>,
}

impl Out<'_> {
    async fn write(&self, text: String) {
        match &self.stream {
            Some(stream) => stream.send(&mut text.into_bytes()).await,
            None => self.context.printer.text(&text),
        }
    }

    /// Comes back when nobody reads on.
    async fn closed(&self) -> Result<()> {
        match &self.stream {
            Some(stream) => stream.closed().await,
            None if self.context.printer.is_closed() => Ok(()),
            None => std::future::pending().await,
        }
    }
}

/// Shows all, then each change, until it is stopped or nobody reads on.
async fn watch(
    context: &Context,
    ctx: &Ctx<Clients>,
    names: &[String],
    every: Duration,
) -> Result<Exit> {
    let json = context.printer.is_json();
    let out = Out {
        context,
        stream: json.then(Stream::start),
    };
    let mut before = BTreeMap::new();
    loop {
        let rows = rows(ctx, names).await?;
        if before.is_empty() {
            out.write(listing(json, &rows)).await;
        }
        for row in &rows {
            let known = before.insert(row.alarm.clone(), row.now.state.clone());
            if known.is_some_and(|known| known != row.now.state) {
                out.write(changed(json, row)).await;
            }
        }
        tokio::select! {
            biased;
            closed = out.closed() => return closed.map(|()| Exit::Done),
            paused = ctx.pause(every) => if paused.is_err() {
                // To stop it is how it ends.
                if let Some(stream) = &out.stream {
                    stream.flush().await;
                }
                return Ok(Exit::Interrupted);
            },
        }
    }
}

/// What an alarm went through, as programs read it.
#[derive(Serialize)]
struct Event {
    time: String,
    alarm: String,
    r#type: String,
    summary: String,
    from: Option<String>,
    to: Option<String>,
    reason: Option<String>,
}

fn event(item: &AlarmHistoryItem) -> Event {
    let time = item.timestamp().and_then(|time| {
        let nanos = time.as_nanos();
        Timestamp::from_nanosecond(nanos).ok()
    });
    let data: Value =
        serde_json::from_str(item.history_data().unwrap_or_default()).unwrap_or_default();
    let text = |state: &str, member: &str| data[state][member].as_str().map(str::to_owned);
    Event {
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

async fn of_one(
    ctx: &Ctx<Clients>,
    name: String,
    since: DateTime,
    kind: Option<HistoryItemType>,
) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    let mut token = None;
    loop {
        let call = ctx.clients.cloudwatch.describe_alarm_history();
        let call = call
            .alarm_name(&name)
            .start_date(since)
            .set_history_item_type(kind.clone())
            .set_next_token(token);
        let page = call.send().await.doing("read the alarms' history")?;
        events.extend(page.alarm_history_items().iter().map(event));
        token = page.next_token;
        if token.is_none() {
            // AWS tells the newest first.
            events.reverse();
            return Ok(events);
        }
    }
}

async fn history(
    context: &Context,
    ctx: &Ctx<Clients>,
    names: BTreeMap<String, String>,
    args: &HistoryArgs,
) -> Result<Exit> {
    let since = parse::time("--since", &args.since, Timestamp::now(), &TimeZone::UTC)?;
    let since = DateTime::from_millis(since);
    let names: Vec<String> = match &args.alarm {
        None => names.into_values().collect(),
        Some(one) => {
            let found = names
                .iter()
                .find(|(last, name)| *last == one || *name == one);
            let (_, name) = found.ok_or_else(|| {
                let all: Vec<&str> = names.keys().map(String::as_str).collect();
                Error::usage(format!("there is no alarm `{one}`"))
                    .hint(format!("there is {}", all.join(", ")))
            })?;
            vec![name.clone()]
        }
    };
    let kind = (!args.all).then_some(HistoryItemType::StateUpdate);
    let reads = names
        .into_iter()
        .map(|name| of_one(ctx, name, since, kind.clone()));
    let all: Vec<Vec<Event>> = futures_util::stream::iter(reads)
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    let mut events: Vec<Event> = all.into_iter().flatten().collect();
    events.sort_by(|a, b| a.time.cmp(&b.time));
    if context.printer.is_json() {
        for event in &events {
            context.printer.text(&line(event));
        }
    } else if events.is_empty() {
        context
            .printer
            .text(&format!("nothing happened since {}\n", args.since));
    }
    for event in events.iter().filter(|_| !context.printer.is_json()) {
        let what = match (&event.from, &event.to) {
            (Some(from), Some(to)) => format!(
                "{from} → {}  {}",
                coloured(to, to),
                event.reason.as_deref().unwrap_or_default()
            ),
            _ => event.summary.clone(),
        };
        context.printer.text(&format!(
            "{}  {}  {}\n",
            whole(Some(&event.time)),
            paint(BOLD, &event.alarm),
            what.trim_end()
        ));
    }
    Ok(Exit::Done)
}
