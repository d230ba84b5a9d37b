//! Questions to the user, on a terminal only.

use crate::error::{Error, Result};
use std::io::{BufRead, IsTerminal, Write};

/// Whether the user can be asked: stdin and stderr are terminals.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks a question on stderr and reads a line from stdin. Returns whether it is one of `accepted`.
pub fn ask(question: &str, accepted: &[&str]) -> Result<bool> {
    let mut stderr = anstream::stderr();
    let read = write!(stderr, "{question} ")
        .and_then(|()| stderr.flush())
        .and_then(|()| {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            Ok(line)
        });
    match read {
        Ok(line) => Ok(accepted.contains(&line.trim())),
        Err(e) => Err(Error::failed(format!("cannot read the answer: {e}"))),
    }
}
