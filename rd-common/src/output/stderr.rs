//! stderr: errors, warnings, questions, progress and the log.

use crate::output::clean::clean;
use crate::output::look::Signs;
use crate::output::stream;
use std::io::{self, Write};
use std::time::Duration;

/// How long to wait for stdout, so that both come in the order in which they were written.
const STDOUT_FIRST: Duration = Duration::from_millis(200);

/// Writes text for people to stderr. All of it passes [`clean`].
pub fn print(text: &str) {
    if let Some(stdout) = stream::started() {
        stdout.wait_written(STDOUT_FIRST);
    }
    let mut stderr = anstream::stderr();
    // A closed stderr must not stop the program.
    let _ = stderr
        .write_all(clean(&Signs::of_process().spell(text)).as_bytes())
        .and_then(|()| stderr.flush());
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
