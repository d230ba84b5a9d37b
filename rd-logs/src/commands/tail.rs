//! `tail`: prints the events of log groups, and with `--follow` new ones as they arrive.

use crate::events::args::EventArgs;
use crate::events::follow::task_watch::TaskWatch;
use crate::events::follow::{Follow, FollowSettings};
use crate::events::live_tail::LiveTail;
use crate::events::log_groups::existing;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
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

/// Prints the events. Without `--follow` and `--checkpoint`, this is a search without progress.
pub async fn run(context: &Context, args: &TailArgs) -> Result<Exit> {
    let selection = args.events.resolve(context).await?;
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
        let live_tail = LiveTail::new(
            Rc::new(source),
            selection.output(),
            selection.pattern(),
            selection.stream(),
            selection.zone.clone(),
            args.idle_exit,
        )?;
        return live_tail.run(cancel.cancelled()).await;
    }
    if !follow && args.checkpoint.is_none() {
        return super::search::read(source, &selection, &cancel, None).await;
    }
    let settings = FollowSettings {
        since: selection.since,
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
    let follow = Follow::new(Rc::new(source), settings, task, || selection.output())?;
    follow.run(cancel.cancelled()).await
}
