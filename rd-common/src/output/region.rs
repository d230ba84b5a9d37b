//! The progress of a pipe: on a terminal a region at the bottom that one program draws, otherwise a line every 30 s.
//!
//! Between two writes, the cursor stands at the beginning of the region. All programs of the pipe write to the same terminal:
//! what one of them writes takes the place of the region, and the next frame is drawn below it. So nothing is lost and nothing
//! stale stays, whoever writes, and a terminal that is resized needs no more than the next frame.

use crate::output::look::Signs;
use crate::output::stderr::{self, CLEAR_REGION};
use crate::output::view::board::Board;
use crate::records::Record;
use crate::resource::signal::{self, Cancel};
use jiff::Timestamp;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time between two lines where no region is drawn.
const LINE_EVERY: Duration = Duration::from_secs(30);
/// How soon a change is drawn.
const TICK: Duration = Duration::from_millis(100);
/// How often a region is drawn without a change: another program may have written in its place.
const FRAME_EVERY: Duration = Duration::from_millis(500);
/// The size of a terminal that does not tell it, in columns and rows.
const SIZE: (u16, u16) = (80, 24);

/// The progress of all programs of a pipe, while it is shown.
pub struct Region(Arc<Mutex<Shown>>);

struct Shown {
    board: Board,
    /// Whether it is drawn on a terminal.
    draws: bool,
    signs: Signs,
    /// Whether the region is on the terminal.
    drawn: bool,
    last_frame: Vec<String>,
    last_write: Instant,
    is_over: bool,
}

impl Region {
    /// Starts to show the progress. With `draws`, on the terminal of stderr, if it is one that can.
    pub(super) fn start(draws: bool) -> Self {
        let signs = Signs::of_process();
        let shown = Arc::new(Mutex::new(Shown {
            board: Board::default(),
            draws: draws && can_draw(),
            signs,
            drawn: false,
            last_frame: Vec::new(),
            last_write: Instant::now(),
            is_over: false,
        }));
        let to_draw = shown.clone();
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(TICK);
                let mut shown = lock(&to_draw);
                if shown.is_over {
                    return;
                }
                shown.tick();
            }
        });
        Self(shown)
    }

    /// Takes over what a record says.
    pub(super) fn note(&self, record: &Record) {
        let mut shown = lock(&self.0);
        // What runs is named before it ends.
        shown.tell_stopping();
        shown.board.note(record, Timestamp::now());
        // At once, since a question may follow.
        if shown.drawn && !shown.board.has_steps() {
            shown.clear();
        }
    }

    /// Runs `print`, which writes to the terminal, and draws the region below what it wrote.
    pub(super) fn beside<T>(&self, print: impl FnOnce() -> T) -> T {
        let mut shown = lock(&self.0);
        let result = print();
        if shown.drawn {
            shown.draw();
        }
        result
    }

    /// Takes the region away.
    pub(super) fn end(&self) {
        let mut shown = lock(&self.0);
        if shown.drawn {
            shown.clear();
        }
        shown.is_over = true;
        stderr::share(false);
    }
}

/// Whether stderr is a terminal that a region can be drawn on.
pub fn can_draw() -> bool {
    std::io::stderr().is_terminal()
        && std::env::var_os("TERM").is_some_and(|term| term != "dumb" && !term.is_empty())
        && Signs::of_process() != Signs::Words
}

/// Says that a region may be on the terminal, so that every text of this program takes its place.
pub fn make_way() {
    stderr::share(true);
    signal::before_exit(|| stderr::write(stderr::before_text()));
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shown {
    /// Says once, when the run was asked to stop, what is being finished.
    fn tell_stopping(&mut self) {
        let stops = Cancel::watched().is_some_and(|cancel| cancel.is_cancelled());
        if stops && !self.board.stopping {
            self.board.stopping = true;
            stderr::print(&self.board.stopping_line());
        }
    }

    fn tick(&mut self) {
        self.tell_stopping();
        if self.draws {
            return self.frame();
        }
        if self.board.has_steps() && self.last_write.elapsed() >= LINE_EVERY {
            self.last_write = Instant::now();
            stderr::print(&self.board.line(Timestamp::now()));
        }
    }

    fn lines(&self) -> Vec<String> {
        let (width, rows) =
            terminal_size::terminal_size().map_or(SIZE, |(width, height)| (width.0, height.0));
        // The last column stays empty: a cursor behind it is in the next line on some terminals.
        let width = usize::from(width).saturating_sub(1).max(1);
        self.board
            .lines(Timestamp::now(), width, rows.into(), self.signs)
    }

    fn frame(&mut self) {
        if !self.board.has_steps() {
            return;
        }
        if self.last_write.elapsed() >= FRAME_EVERY || self.lines() != self.last_frame {
            self.draw();
        }
    }

    /// Draws the region, and puts the cursor where it begins.
    fn draw(&mut self) {
        let lines = self.lines();
        let text: Vec<String> = lines.iter().map(|line| stderr::colored(line)).collect();
        let mut frame = format!("\r{}\u{1b}[J", text.join("\u{1b}[K\n"));
        if lines.len() > 1 {
            frame.push_str(&format!("\u{1b}[{}A", lines.len() - 1));
        }
        frame.push('\r');
        stderr::write(&frame);
        self.last_frame = lines;
        self.drawn = true;
        self.last_write = Instant::now();
    }

    fn clear(&mut self) {
        stderr::write(CLEAR_REGION);
        self.drawn = false;
        self.last_frame.clear();
    }
}
