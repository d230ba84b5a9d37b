//! A program that fails before it can take part in the pipe, such as for its settings: its records, and whether its
//! neighbour upstream has failed for the same reason and printed it.

use crate::error::Error;
use crate::flags::GlobalFlags;
use crate::output::printer::{Format, Printer};
use crate::output::terminal_progress::TerminalProgress;
use crate::pipe::reader::{self, Place};
use crate::pipe::stdin;
use crate::pipe::told::is_same;
use crate::records::{Begin, Diagnostic, End, Ended, FORMAT, Record, Upstream as Source, Verb};
use std::collections::BTreeMap;
use std::io::BufReader;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// How long to wait for the error of the neighbour, which has started at the same time.
const NEIGHBOUR_TIMEOUT: Duration = Duration::from_secs(2);

/// Writes the records of the failure to a stdout that is no terminal, so that programs downstream know of it.
pub fn emit(slice: &str, verb: Verb, error: &Error) {
    let printer = Printer::new(Format::Json, TerminalProgress::new());
    let records = [
        Record::Begin(Begin {
            slice: slice.to_owned(),
            format: FORMAT.to_owned(),
            command: verb,
            stack: String::new(),
            project: String::new(),
            environment: String::new(),
            region: String::new(),
            account: None,
            key: None,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            run: String::new(),
            time: None,
            upstream: Source::None,
            offline: false,
        }),
        Record::Diagnostic(Diagnostic::error(slice, error)),
        Record::End(End {
            slice: slice.to_owned(),
            status: Ended::Failed,
            counts: BTreeMap::new(),
            lineage: None,
            serial: 0,
        }),
    ];
    for record in records {
        printer.pass_through(record.line().trim_ascii_end(), None);
    }
}

/// Whether the neighbour upstream has failed with the same error before it knew its stack. Waits up to 2 s for its first
/// records.
pub fn is_told_upstream(slice: &str, flags: &GlobalFlags, error: &Error) -> bool {
    if flags.no_stdin || stdin::is_nothing() {
        return false;
    }
    let own = Diagnostic::error(slice, error);
    let records = records_of_stdin();
    let deadline = Instant::now() + NEIGHBOUR_TIMEOUT;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match records.recv_timeout(left) {
            // Its neighbour has started, so the reason is not the same.
            Ok(Record::Begin(begin)) if !begin.stack.is_empty() => return false,
            Ok(Record::Begin(_)) => {}
            Ok(Record::Diagnostic(theirs)) => return is_same(&theirs, &own),
            Ok(_) | Err(_) => return false,
        }
    }
}

/// The records on stdin, from a thread that ends with the process.
fn records_of_stdin() -> Receiver<Record> {
    let (sender, receiver) = mpsc::sync_channel(4);
    std::thread::spawn(move || {
        let mut input = BufReader::new(std::io::stdin());
        for number in 1.. {
            let place = Place {
                source: "stdin",
                number,
            };
            let Ok(Some(line)) = reader::read_line(&mut input, place) else {
                return;
            };
            if let Ok(Some(record)) = reader::parse(&line, place)
                && sender.send(record).is_err()
            {
                return;
            }
        }
    });
    receiver
}
