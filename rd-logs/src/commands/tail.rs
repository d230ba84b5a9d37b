//! `tail`: prints the events of log groups, and with `--follow` new ones as they arrive.

use super::crashed_task;
use crate::events::args::EventArgs;
use crate::events::event::Event;
use crate::events::follow::task_watch::TaskWatch;
use crate::events::follow::{Follow, FollowSettings};
use crate::events::live_tail::LiveTail;
use crate::events::log_groups::existing;
use crate::events::output::EventOutput;
use crate::events::read::newest::newest;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
use rd_common::output::printer::print_info;
use rd_common::resource::signal::Cancel;
use rd_common::{Error, Exit, Result};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// The accepted values of `--overlap`.
const OVERLAP: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(10)..=Duration::from_secs(86_400);

/// Flags of the command `rd-logs tail`.
#[derive(clap::Args, Clone, Debug)]
pub struct TailArgs {
    #[command(flatten)]
    events: EventArgs,
    /// Print only the newest events, this many; with --follow also those that arrive later [default of --since: 1w]
    #[arg(long = "tail", short = 'n', value_name = "N", conflicts_with_all = ["live", "checkpoint"],
        value_parser = clap::value_parser!(u16).range(1..=10_000))]
    newest: Option<u16>,
    /// Print the events of the last ECS task that crashed
    #[arg(long, conflicts_with_all = ["follow", "live", "checkpoint", "task", "until_task_stopped", "idle_exit"])]
    previous: bool,
    /// Print new events as they arrive, until Ctrl-C, --until or the end of the reader
    #[arg(long, short)]
    follow: bool,
    /// Follow with CloudWatch Live Tail: without delay, but only new events, sampled above 500 per second
    #[arg(long, conflicts_with_all = ["until", "checkpoint", "until_task_stopped"])]
    live: bool,
    /// Follow until this ECS task has stopped and its last events were printed
    #[arg(long, value_name = "TASK")]
    until_task_stopped: Option<String>,
    /// Follow until no event has arrived for this time
    #[arg(long, value_parser = duration, value_name = "TIME")]
    idle_exit: Option<Duration>,
    /// Record in this file how far the logs were read, and continue there in the next run
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// How late events may become visible and still be found; half of it if a page does not hold that many
    #[arg(long, value_parser = duration, default_value = "2m", value_name = "TIME")]
    overlap: Duration,
    /// How long to hold an event, so that events that arrive late are printed in order
    #[arg(long, value_parser = duration, default_value = "300ms", value_name = "TIME")]
    hold: Duration,
}

/// How far back the newest events are looked for by default.
const NEWEST_SINCE: &str = "1w";

/// Prints the events. Without `--follow` and `--checkpoint`, this is a search without progress.
pub async fn run(context: &Context, args: &TailArgs) -> Result<Exit> {
    let mut events = args.events.clone();
    if args.newest.is_some() && events.since.is_none() {
        events.since = Some(NEWEST_SINCE.to_owned());
    }
    if args.previous {
        let crashed = crashed_task::last(context)?;
        print_info(&crashed.summary());
        events.since = events.since.or_else(|| crashed.since());
        events.task = Some(crashed.id);
    }
    let selection = events.resolve(context).await?;
    let follow = args.follow || args.idle_exit.is_some() || args.until_task_stopped.is_some();
    if !OVERLAP.contains(&args.overlap) {
        return Err(Error::usage("--overlap must be from 10s to 24h")
            .hint("events usually become visible within 30 s; the default is 2m"));
    }
    let task = match &args.until_task_stopped {
        Some(task) => Some(TaskWatch::new(context, task)?),
        None => None,
    };
    let cancel =
        Cancel::on_signals().map_err(|e| Error::failed(format!("cannot handle signals: {e}")))?;
    let mut source = selection.source(context).await?;
    if args.live {
        if !selection.named {
            source.groups = existing(&source.client, source.groups).await?;
        }
        let output = selection.output(&source.groups);
        let live_tail = LiveTail::new(
            Rc::new(source),
            output,
            selection.pattern(),
            selection.stream(),
            selection.zone.clone(),
            args.idle_exit,
        )?;
        return live_tail.run(cancel.cancelled()).await;
    }
    let mut since = selection.since;
    if let Some(most) = args.newest {
        let range = (selection.since, selection.until);
        let newest = newest(
            &source,
            range,
            most.into(),
            &selection.filter,
            selection.named,
        );
        let newest = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(Exit::Interrupted),
            newest = newest => newest?,
        };
        if !follow {
            return print_all(&newest, selection.output(&source.groups)).await;
        }
        // Those at the same millisecond as the first of them come as well.
        let first = newest.first().map(|event| event.timestamp);
        since = first.unwrap_or_else(|| source.now());
    }
    if !follow && args.checkpoint.is_none() {
        return super::search::read(source, &selection, &cancel, None).await;
    }
    let settings = FollowSettings {
        since,
        until: selection.until,
        once: !follow,
        named: selection.named,
        overlap: args.overlap,
        hold: args.hold,
        idle_exit: args.idle_exit,
        checkpoint: args.checkpoint.clone(),
        filters: selection.filters(),
        format: selection.format,
        zone: selection.zone.clone(),
    };
    let source = Rc::new(source);
    let groups = source.groups.clone();
    let follow = Follow::new(source, settings, task, || selection.output(&groups))?;
    follow.run(cancel.cancelled()).await
}

/// Prints events that were read.
async fn print_all(events: &[Event], mut output: EventOutput) -> Result<Exit> {
    for event in events {
        output.add(event);
        if output.is_full() {
            output.send().await;
        }
    }
    output.send().await;
    output.stream.flush().await;
    Ok(Exit::Done)
}
