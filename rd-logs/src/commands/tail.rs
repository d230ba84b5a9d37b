//! `tail`: the events of log groups, and on with `--follow` as they come.

use crate::events::args::Which;
use crate::events::follow::task_stopped::Stopped;
use crate::events::follow::{Follow, Settings};
use crate::events::live_tail::Live;
use crate::events::log_groups::those_there;
use rd_common::commands::limits::duration;
use rd_common::context::Context;
use rd_common::resource::signal::Cancel;
use rd_common::{Error, Exit, Result};
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// Flags of `tail`.
#[derive(clap::Args, Clone, Debug)]
pub struct TailArgs {
    #[command(flatten)]
    which: Which,
    /// Go on as events come, until Ctrl-C, --until, or the reader goes
    #[arg(long, short)]
    follow: bool,
    /// Follow over a live tail: without delay, but sampled above 500 events a second, and only what is new
    #[arg(long, conflicts_with_all = ["until", "checkpoint", "until_task_stopped"])]
    live: bool,
    /// Follow until this ECS task has stopped and its last events are there
    #[arg(long, value_name = "TASK")]
    until_task_stopped: Option<String>,
    /// Follow until no event has come for so long
    #[arg(long, value_parser = duration, value_name = "TIME")]
    idle_exit: Option<Duration>,
    /// Remember in this file how far it came, and go on there the next time
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// How late events may come and still be found; half of it for certain where a page does not hold so much
    #[arg(long, value_parser = duration, default_value = "2m", value_name = "TIME")]
    overlap: Duration,
    /// How long an event waits for those before it, so that they are in order
    #[arg(long, value_parser = duration, default_value = "300ms", value_name = "TIME")]
    hold: Duration,
}

/// Runs it.
pub async fn run(context: &Context, args: &TailArgs) -> Result<Exit> {
    let chosen = args.which.choose(context).await?;
    let follow = args.follow || args.idle_exit.is_some() || args.until_task_stopped.is_some();
    if args.overlap < Duration::from_secs(10) || args.overlap > Duration::from_secs(86_400) {
        return Err(Error::usage("--overlap is from 10s to 24h")
            .hint("events come up to about 30 s late as a rule; the default is 2m"));
    }
    let stopped = match &args.until_task_stopped {
        Some(task) => Some(Stopped::watch(context, task)?),
        None => None,
    };
    let cancel = Cancel::on_signals()
        .map_err(|e| Error::failed(format!("signals cannot be watched: {e}")))?;
    let mut source = chosen.source(context).await?;
    if args.live {
        if !chosen.named {
            source.groups = those_there(&source.client, source.groups).await?;
        }
        let (filter, stream) = (chosen.filter(), chosen.stream());
        let zone = chosen.zone.clone();
        let source = Rc::new(source);
        let live = Live::new(source, chosen.sink(), filter, stream, zone, args.idle_exit)?;
        return live.run(cancel.cancelled()).await;
    }
    if !follow && args.checkpoint.is_none() {
        return super::search::read(source, &chosen, &cancel, None).await;
    }
    let settings = Settings {
        since: chosen.since,
        until: chosen.until,
        once: !follow,
        named: chosen.named,
        overlap: args.overlap,
        hold: args.hold,
        idle_exit: args.idle_exit,
        checkpoint: args.checkpoint.clone(),
        selection: chosen.selection(),
        format: chosen.format,
        zone: chosen.zone.clone(),
    };
    let tail = Follow::new(Rc::new(source), settings, stopped, || chosen.sink())?;
    tail.run(cancel.cancelled()).await
}
