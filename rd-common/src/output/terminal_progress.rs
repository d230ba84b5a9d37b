//! Progress on stderr: a spinner for each running step on a terminal, otherwise a line every 30 s for a long wait. An apply
//! and a destroy have one region for all programs of the pipe in its place ([`Region`]).

use crate::output::clean::one_line;
use crate::output::region::{Region, can_draw};
use crate::output::stderr;
use crate::records::Record;
use crate::resource::progress::{ShowProgress, ShowStep};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::cell::{Cell, OnceCell, RefCell};
use std::io::IsTerminal;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The time between two lines about the same step where stderr is not a terminal.
const MENTION_EVERY: Duration = Duration::from_secs(30);

#[derive(Clone)]
enum Mode {
    /// Spinners, one for each step.
    Live(MultiProgress),
    /// Plain lines, for logs and CI.
    Plain,
}

/// Shows the running steps on stderr. Cheap to clone; clones share the terminal.
#[derive(Clone)]
pub struct TerminalProgress {
    mode: Mode,
    /// The progress of all programs of the pipe, once it is shown.
    region: Rc<OnceCell<Region>>,
}

impl TerminalProgress {
    /// Shows spinners where stdout and stderr are terminals that can be drawn on, otherwise lines: so also with `--plain`. In a
    /// pipe, only the last program's stdout is a terminal, so that no two programs draw on it.
    pub fn new() -> Self {
        let live = can_draw() && std::io::stdout().is_terminal();
        Self {
            mode: if live {
                Mode::Live(MultiProgress::new())
            } else {
                Mode::Plain
            },
            region: Rc::default(),
        }
    }

    /// Shows from now on the progress that the records of all programs of the pipe report ([`TerminalProgress::note`]). With
    /// `draws`, as a region on the terminal, if stderr is one.
    pub fn show_pipe(&self, draws: bool) {
        self.region.get_or_init(|| Region::start(draws));
    }

    /// Takes over what a record says about the progress.
    pub fn note(&self, record: &Record) {
        if let Some(region) = self.region.get() {
            region.note(record);
        }
    }

    /// Ends what [`TerminalProgress::show_pipe`] has started. Nothing of it stays on the terminal.
    pub fn end_pipe(&self) {
        if let Some(region) = self.region.get() {
            region.end();
        }
    }

    /// Runs `print` with the spinners hidden, so that both can write to the terminal.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        if let Some(region) = self.region.get() {
            return region.beside(print);
        }
        match &self.mode {
            Mode::Live(bars) => bars.suspend(print),
            Mode::Plain => print(),
        }
    }
}

impl ShowProgress for TerminalProgress {
    fn suspend(&self, print: &mut dyn FnMut()) {
        TerminalProgress::suspend(self, print);
    }

    fn step(&self, name: &str, quiet: bool) -> Rc<dyn ShowStep> {
        let bar = match &self.mode {
            Mode::Live(bars) if !quiet => {
                let bar = bars.add(ProgressBar::new_spinner());
                if let Ok(style) =
                    ProgressStyle::with_template("{spinner} {prefix} {msg} {elapsed:.dim}")
                {
                    bar.set_style(style);
                }
                bar.set_prefix(one_line(name).into_owned());
                bar.enable_steady_tick(Duration::from_millis(120));
                Some(bar)
            }
            _ => None,
        };
        Rc::new(ShownStep {
            bar,
            name: name.to_owned(),
            quiet,
            start: Instant::now(),
            mentioned: Cell::new(Duration::ZERO),
            text: RefCell::default(),
        })
    }
}

impl Default for TerminalProgress {
    fn default() -> Self {
        Self::new()
    }
}

struct ShownStep {
    bar: Option<ProgressBar>,
    name: String,
    quiet: bool,
    start: Instant,
    mentioned: Cell<Duration>,
    text: RefCell<String>,
}

impl Drop for ShownStep {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl ShowStep for ShownStep {
    fn say(&self, text: &str) {
        if let Some(bar) = &self.bar {
            if *self.text.borrow() != text {
                text.clone_into(&mut self.text.borrow_mut());
                bar.set_message(one_line(text).into_owned());
            }
            return;
        }
        let elapsed = self.start.elapsed();
        if !self.quiet && elapsed >= self.mentioned.get() + MENTION_EVERY {
            self.mentioned.set(elapsed);
            stderr::print(&format!(
                "{}: {} ({} s)\n",
                one_line(&self.name),
                one_line(text),
                elapsed.as_secs()
            ));
        }
    }
}
