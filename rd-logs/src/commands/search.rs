//! `search`: prints the events of a long range, which are read in parallel, in order.

use crate::events::args::{EventArgs, Selection};
use crate::events::output::EventOutput;
use crate::events::read::parallel::ParallelRead;
use crate::events::read::source::{Source, is_missing};
use crate::time::zone::local_time;
use rd_common::context::Context;
use rd_common::output::printer::print_error;
use rd_common::resource::progress::{Progress, Step};
use rd_common::resource::signal::Cancel;
use rd_common::{Error, Exit, Result, Retry};
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::Duration;
use tokio::time::Instant;

/// The shortest time between two updates of the progress.
const SHOW_EVERY: Duration = Duration::from_millis(250);

/// How far AWS's clock may be ahead, in milliseconds. If it is further ahead, AWS rejects the signature of every call.
const MAX_SKEW: i64 = 300_000;

/// How long an interrupted search may take to print what it has read.
const LAST_FLUSH: Duration = Duration::from_secs(2);

/// Flags of `rd-logs search`, all of which `tail` has as well.
#[derive(clap::Args, Clone, Debug)]
pub struct SearchArgs {
    #[command(flatten)]
    events: EventArgs,
}

/// Prints the events, and shows progress on stderr.
pub async fn run(context: &Context, args: &SearchArgs) -> Result<Exit> {
    let selection = args.events.resolve(context).await?;
    let cancel =
        Cancel::on_signals().map_err(|e| Error::failed(format!("cannot handle signals: {e}")))?;
    let source = selection.source(context).await?;
    read(source, &selection, &cancel, Some(&context.progress)).await
}

/// Prints the selected events once, with progress if it is given. Ends with an error if anything could not be read.
pub async fn read(
    source: Source,
    selection: &Selection,
    cancel: &Cancel,
    progress: Option<&Progress>,
) -> Result<Exit> {
    let source = Rc::new(source);
    // Without an end, events that arrive while it reads are included. AWS's clock may be ahead of this machine's.
    let until = selection.until.unwrap_or_else(|| source.now() + MAX_SKEW);
    let mut search = Search {
        events: ParallelRead::start(&source, selection.since, until.max(selection.since)),
        progress: SearchProgress::new(
            progress,
            (until - selection.since).max(1) * source.groups.len() as i64,
        ),
        output: selection.output(&source.groups),
        source,
    };
    let closed = search.output.stream.closed();
    let end = tokio::select! {
        biased;
        () = closed => Some(Ok(Exit::Done)),
        () = cancel.cancelled() => None,
        () = search.print_all() => Some(search.report_gaps(selection)),
    };
    match end {
        Some(end) => end,
        None => {
            let _ = tokio::time::timeout(LAST_FLUSH, search.flush()).await;
            Ok(Exit::Interrupted)
        }
    }
}

struct Search {
    source: Rc<Source>,
    events: ParallelRead,
    output: EventOutput,
    progress: SearchProgress,
}

impl Search {
    async fn print_all(&mut self) {
        let output = &mut self.output;
        while self
            .events
            .next(&mut |event| {
                output.add(event);
                !output.is_full()
            })
            .await
        {
            // Print what there is before waiting for more.
            if self.events.is_waiting() || output.is_full() {
                if !output.is_empty() && self.progress.hide() {
                    output.send().await;
                    output.stream.flush().await;
                } else {
                    output.send().await;
                }
                self.progress.show(&self.events, output);
            }
        }
        self.flush().await;
    }

    async fn flush(&mut self) {
        self.progress.hide();
        self.output.send().await;
        self.output.stream.flush().await;
    }

    /// Ends the search: reports the ranges that could not be read.
    fn report_gaps(&mut self, selection: &Selection) -> Result<Exit> {
        self.progress.step = None;
        let mut gaps = std::mem::take(&mut self.events.gaps);
        // The stack's own groups may not exist yet.
        gaps.retain(|gap| selection.named || !is_missing(&gap.error));
        let Some(first) = gaps.first() else {
            return Ok(Exit::Done);
        };
        // If AWS rejects the call itself, nothing can be read: that is an error, not a gap.
        if self.output.written == 0 && first.error.retry == Retry::Never {
            return Err(first.error.clone());
        }
        for gap in &gaps {
            let group = &self.source.groups[gap.group];
            let (from, to) = (
                local_time(gap.start, &selection.zone),
                local_time(gap.end, &selection.zone),
            );
            let hint = if is_missing(&gap.error) {
                "everything else was read; rd-logs groups --prefix / lists the log groups of the account"
            } else {
                "everything else was read; search this range again"
            };
            print_error(
                &Error::failed(format!(
                    "gap: {group} was not read from {from} to {to}: {}",
                    gap.error
                ))
                .hint(hint),
            );
        }
        Ok(Exit::Failed)
    }
}

/// The progress on stderr, and the numbers that it shows.
struct SearchProgress {
    progress: Option<Progress>,
    step: Option<Step>,
    /// Whether progress and events share a terminal.
    shares_terminal: bool,
    /// Milliseconds of log time to read, the sum of all groups.
    length: i64,
    start: Instant,
    last_shown: Instant,
}

impl SearchProgress {
    fn new(progress: Option<&Progress>, length: i64) -> Self {
        let mut shown = Self {
            progress: progress.cloned(),
            step: None,
            shares_terminal: std::io::stdout().is_terminal() && std::io::stderr().is_terminal(),
            length,
            start: Instant::now(),
            last_shown: Instant::now(),
        };
        shown.start_step();
        shown
    }

    /// Shows the line of the progress, unless it is shown already or there is no progress. Returns whether it is new.
    fn start_step(&mut self) -> bool {
        match (&self.step, &self.progress) {
            (None, Some(progress)) => {
                self.step = Some(progress.step("search", false));
                true
            }
            _ => false,
        }
    }

    /// Clears the line of the progress if events are printed to the same terminal, so that they do not mix. Returns
    /// whether it did; [`Self::show`] shows the line again.
    fn hide(&mut self) -> bool {
        self.shares_terminal && self.step.take().is_some()
    }

    fn show(&mut self, events: &ParallelRead, output: &EventOutput) {
        let new = self.start_step();
        let Some(step) = &self.step else {
            return;
        };
        if !new && self.last_shown.elapsed() < SHOW_EVERY {
            return;
        }
        self.last_shown = Instant::now();
        let seconds = self.start.elapsed().as_secs_f64().max(0.001);
        let share = events.progress.read.get() as f64 / self.length as f64;
        let share = share.clamp(0.0, 1.0);
        let left = match share {
            share if share > 0.001 => {
                let left = Duration::from_secs_f64(seconds * (1.0 - share) / share);
                let left = jiff::SignedDuration::from_secs(left.as_secs() as i64);
                format!("{left:#} left")
            }
            _ => "time left unknown".to_owned(),
        };
        step.say(&format!(
            "{:.0} %, {} events, {:.0} events/s, {} calls, {left}",
            share * 100.0,
            output.written,
            output.written as f64 / seconds,
            events.progress.pages.get(),
        ));
    }
}
