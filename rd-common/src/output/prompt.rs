//! Questions to the user, on a terminal only.

use crate::error::{Error, Result};
use crate::output::printer::print_error;
use crate::output::{stderr, stream};
use crate::resource::signal::Cancel;
use crate::resource::wait::Clock;
use std::io::{BufRead, IsTerminal};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a question waits for its answer: the run that asks holds the lock of a state.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

/// Whether the user can be asked: stdin and stderr are terminals.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks a question on stderr and reads a line from stdin. Returns whether it is one of `accepted`. Fails when `cancel`
/// is set, and where there is no answer within ten minutes.
pub async fn ask(question: &str, accepted: &[&str], cancel: &Cancel) -> Result<bool> {
    let answer = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(Error::interrupted()),
        answer = answer(question) => answer,
        () = Clock::from_env().sleep(PATIENCE) => Err(Error::refused("no answer within 10 minutes")
            .hint("nothing was changed; run the command again")),
    };
    if answer.is_err() {
        // The cursor is still behind the question.
        stderr::print("\n");
    }
    Ok(accepted.contains(&answer?.trim()))
}

/// Asks for a line of text on stderr until `check` accepts it; none for an empty line or the end of the input. Only where
/// nothing has begun: a signal ends the program.
pub fn ask_line(question: &str, check: impl Fn(&str) -> Result<()>) -> Result<Option<String>> {
    loop {
        stderr::print(&format!("{question} "));
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(|e| Error::failed(format!("cannot read the answer: {e}")))?;
        let text = line.trim();
        if text.is_empty() {
            return Ok(None);
        }
        match check(text) {
            Ok(()) => return Ok(Some(text.to_owned())),
            Err(error) => print_error(&error),
        }
    }
}

async fn answer(question: &str) -> Result<String> {
    // What is asked about comes first.
    if let Some(stdout) = stream::started() {
        stdout.flush().await;
    }
    stderr::print(&format!("{question} "));
    let (sender, line) = oneshot::channel();
    // In a thread, because a read of a terminal ends only with the line. The thread ends with the process.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        // Nobody waits for it any more where the question was cancelled.
        let _ = sender.send(read.map(|_| line));
    });
    let read = line.await.map_err(std::io::Error::other).flatten();
    read.map_err(|e| Error::failed(format!("cannot read the answer: {e}")))
}
