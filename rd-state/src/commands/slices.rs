//! `rd-state slices`: prints the names of the slices in pipe order, for scripts.

use rd_common::Exit;
use rd_common::output::printer::{Format, Printer};
use rd_common::output::terminal_progress::TerminalProgress;
use rd_common::slices::SLICES;

/// Prints one name a line, whatever `--format` says.
pub fn run() -> Exit {
    let printer = Printer::new(Format::Text, TerminalProgress::new());
    printer.text(&format!("{}\n", SLICES.join("\n")));
    Exit::Done
}
