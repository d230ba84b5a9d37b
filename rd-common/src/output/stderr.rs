//! stderr: errors, warnings, questions, progress and the log.

use crate::output::clean::clean;
use crate::output::look::Signs;
use crate::output::stream;
use crate::output::style::unstyled;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long to wait for stdout, so that both come in the order in which they were written.
const STDOUT_FIRST: Duration = Duration::from_millis(200);

/// Goes to the beginning of the line and clears the screen from there on. Between two writes, the cursor stands where the
/// region with the progress begins: so whatever a program of the pipe writes after this takes the place of the region,
/// which is drawn again below it.
pub const CLEAR_REGION: &str = "\r\u{1b}[J";

/// Whether a program of the pipe may draw a region on the terminal of stderr.
static SHARED: AtomicBool = AtomicBool::new(false);

/// Says whether a program of the pipe, this one or another, may draw a region on the terminal of stderr.
pub fn share(shared: bool) {
    SHARED.store(shared, Ordering::Relaxed);
}

/// What must be written to the terminal before any other text: [`CLEAR_REGION`] where there may be a region.
pub fn before_text() -> &'static str {
    match SHARED.load(Ordering::Relaxed) {
        true => CLEAR_REGION,
        false => "",
    }
}

/// Writes text for people to stderr. All of it passes [`clean`].
pub fn print(text: &str) {
    if let Some(stdout) = stream::started() {
        stdout.wait_written(STDOUT_FIRST);
    }
    let text = Signs::of_process().spell(text).into_owned();
    write(&format!("{}{}", before_text(), colored(&clean(&text))));
}

/// A text with its colors, where stderr has some.
pub fn colored(text: &str) -> String {
    match AutoStream::choice(&io::stderr()) {
        ColorChoice::Never => unstyled(text),
        _ => text.to_owned(),
    }
}

/// Writes a text as it is, in one call, so that programs of a pipe do not mix theirs on a terminal. It must be safe for
/// one.
pub fn write(text: &str) {
    // A closed stderr must not stop the program.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// stderr as the log writes to it.
pub struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        print(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
