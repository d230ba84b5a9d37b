//! What is going on, on stderr: a line a resource on a terminal; elsewhere a line now and then for what takes long.

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How often a long wait is mentioned where there is no terminal.
const MENTION_EVERY: Duration = Duration::from_secs(30);

#[derive(Clone)]
enum Mode {
    /// A live line each.
    Live(MultiProgress),
    /// Lines now and then.
    Plain,
}

/// Shows steps. Cheap to clone.
#[derive(Clone)]
pub struct Progress {
    mode: Mode,
}

impl Progress {
    /// Live where people look at this program: stdout and stderr are terminals. In the middle of a pipe the last
    /// program shows what happens, from the records; seven programs drawing on one terminal would show nothing.
    pub fn new() -> Self {
        let live = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
        Self {
            mode: if live {
                Mode::Live(MultiProgress::new())
            } else {
                Mode::Plain
            },
        }
    }

    /// Runs `print` with the live lines out of the way.
    pub fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.mode {
            Mode::Live(bars) => bars.suspend(print),
            Mode::Plain => print(),
        }
    }

    /// Shows a step until it is dropped. A quiet one shows nothing.
    pub fn step(&self, address: &str, quiet: bool) -> Step {
        let bar = match &self.mode {
            Mode::Live(bars) if !quiet => {
                let bar = bars.add(ProgressBar::new_spinner());
                if let Ok(style) =
                    ProgressStyle::with_template("{spinner} {prefix} {msg} {elapsed:.dim}")
                {
                    bar.set_style(style);
                }
                bar.set_prefix(address.to_owned());
                bar.enable_steady_tick(Duration::from_millis(120));
                Some(bar)
            }
            _ => None,
        };
        Step {
            shown: Rc::new(Shown {
                bar,
                address: address.to_owned(),
                quiet,
                start: Instant::now(),
                mentioned: Cell::new(Duration::ZERO),
                text: RefCell::default(),
            }),
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

struct Shown {
    bar: Option<ProgressBar>,
    address: String,
    quiet: bool,
    start: Instant,
    mentioned: Cell<Duration>,
    text: RefCell<String>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// One step that is shown.
#[derive(Clone)]
pub struct Step {
    shown: Rc<Shown>,
}

impl Step {
    /// Says what it does or waits for now.
    pub fn say(&self, text: &str) {
        let shown = &self.shown;
        if let Some(bar) = &shown.bar {
            if *shown.text.borrow() != text {
                text.clone_into(&mut shown.text.borrow_mut());
                bar.set_message(text.to_owned());
            }
            return;
        }
        let elapsed = shown.start.elapsed();
        if !shown.quiet && elapsed >= shown.mentioned.get() + MENTION_EVERY {
            shown.mentioned.set(elapsed);
            // Nobody to tell: the work goes on.
            let _ = writeln!(
                anstream::stderr(),
                "{}: {text} ({} s)",
                shown.address,
                elapsed.as_secs()
            );
        }
    }
}
