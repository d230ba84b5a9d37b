//! `search`: the events of a long range, read in parallel, written in order.

use crate::events::args::{Chosen, Which};
use crate::events::output::Sink;
use crate::events::read::parallel::Ranges;
use crate::events::read::source::{Source, is_missing};
use crate::time::zone;
use rd_common::context::Context;
use rd_common::output::printer::print_error;
use rd_common::resource::progress::Step;
use rd_common::resource::signal::Cancel;
use rd_common::{Error, Exit, Result};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// How often the progress is shown.
const SHOW_EVERY: Duration = Duration::from_millis(250);

/// How far AWS's clock may be ahead, in milliseconds: beyond it, AWS refuses the signature of a call.
const AHEAD: i64 = 300_000;

/// Flags of `search`.
#[derive(clap::Args, Clone, Debug)]
pub struct SearchArgs {
    #[command(flatten)]
    which: Which,
}

/// Runs it.
pub async fn run(context: &Context, args: &SearchArgs) -> Result<Exit> {
    let chosen = args.which.choose(context).await?;
    let cancel = Cancel::on_signals()
        .map_err(|e| Error::failed(format!("signals cannot be watched: {e}")))?;
    let source = chosen.source(context).await?;
    let step = context.progress.step("search", false);
    read(source, &chosen, &cancel, Some(step)).await
}

/// Reads what was chosen, once, and writes it.
pub async fn read(
    source: Source,
    chosen: &Chosen,
    cancel: &Cancel,
    step: Option<Step>,
) -> Result<Exit> {
    let source = Rc::new(source);
    // Where no end is given, what comes while it reads is read too; and AWS's clock may be ahead of this one.
    let until = chosen.until.unwrap_or_else(|| source.skew.now() + AHEAD);
    let mut search = Search {
        ranges: Ranges::start(&source, chosen.since, until.max(chosen.since)),
        progress: Shown {
            step,
            length: (until - chosen.since).max(1) * source.groups.len() as i64,
            begun: Instant::now(),
            last: Instant::now(),
        },
        sink: chosen.sink(),
        source,
    };
    let closed = search.sink.stream.closed();
    let end = tokio::select! {
        biased;
        closed = closed => Some(closed.map(|()| Exit::Done)),
        () = cancel.cancelled() => None,
        () = search.all() => Some(search.ended(chosen)),
    };
    match end {
        Some(end) => end,
        None => {
            // What was read is written, if somebody reads.
            let last = Duration::from_secs(2);
            let _ = tokio::time::timeout(last, search.flush()).await;
            Ok(Exit::Interrupted)
        }
    }
}

struct Search {
    source: Rc<Source>,
    ranges: Ranges,
    sink: Sink,
    progress: Shown,
}

impl Search {
    async fn all(&mut self) {
        let sink = &mut self.sink;
        while self
            .ranges
            .next(&mut |event| {
                sink.put(event);
                !sink.is_full()
            })
            .await
        {
            // What there is, is shown before more is awaited.
            if self.ranges.is_waiting() || sink.is_full() {
                sink.send().await;
                show(&self.ranges, sink, &mut self.progress);
            }
        }
        self.flush().await;
    }

    async fn flush(&mut self) {
        self.sink.send().await;
        self.sink.stream.flush().await;
    }

    fn ended(&mut self, chosen: &Chosen) -> Result<Exit> {
        self.progress.step = None;
        self.sink.stream.failure()?;
        let mut gaps = std::mem::take(&mut self.ranges.gaps);
        // The stack's own groups may be made by what logs there, and that may be never.
        gaps.retain(|gap| chosen.named || !is_missing(&gap.error));
        let Some(first) = gaps.first() else {
            return Ok(Exit::Done);
        };
        // A question that AWS refuses is no gap: nothing can be read.
        if self.sink.written == 0 && first.error.retry == rd_common::Retry::Never {
            return Err(first.error.clone());
        }
        for gap in &gaps {
            let group = &self.source.groups[gap.group];
            let (from, to) = (
                zone::shown(gap.start, &chosen.zone),
                zone::shown(gap.end, &chosen.zone),
            );
            let again = if is_missing(&gap.error) {
                "the rest is complete; rd-logs groups --prefix / lists the groups that there are"
            } else {
                "the rest is complete; search this range again"
            };
            print_error(
                &Error::failed(format!("a gap: {group} from {from} to {to}: {}", gap.error))
                    .hint(again),
            );
        }
        Ok(Exit::Failed)
    }
}

/// What is shown meanwhile.
struct Shown {
    step: Option<Step>,
    /// Of all groups, in milliseconds of log.
    length: i64,
    begun: Instant,
    last: Instant,
}

fn show(ranges: &Ranges, sink: &Sink, shown: &mut Shown) {
    let Some(step) = &shown.step else {
        return;
    };
    if shown.last.elapsed() < SHOW_EVERY {
        return;
    }
    shown.last = Instant::now();
    let seconds = shown.begun.elapsed().as_secs_f64().max(0.001);
    let share = ranges.progress.read.get() as f64 / shown.length as f64;
    let share = share.clamp(0.0, 1.0);
    let left = match share {
        share if share > 0.001 => {
            let left = Duration::from_secs_f64(seconds * (1.0 - share) / share);
            let left = jiff::SignedDuration::from_secs(left.as_secs() as i64);
            format!("{left:#} left")
        }
        _ => "time left not known yet".to_owned(),
    };
    step.say(&format!(
        "{:.0} %, {} events, {:.0} events/s, {} calls, {left}",
        share * 100.0,
        sink.written,
        sink.written as f64 / seconds,
        ranges.progress.pages.get(),
    ));
}
