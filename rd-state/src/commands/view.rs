//! `rd-state view`: shows records, such as a saved plan, in readable form.

use rd_common::output::printer::{Format, Printer};
use rd_common::output::terminal_progress::TerminalProgress;
use rd_common::pipe::reader;
use rd_common::{Error, Exit, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::PathBuf;

/// Flags of `rd-state view`.
#[derive(clap::Args, Clone, Debug)]
pub struct ViewArgs {
    /// File with records, such as a saved plan (default: stdin)
    file: Option<PathBuf>,
}

/// Prints each record as a program would on a terminal.
pub fn run(args: &ViewArgs) -> Result<Exit> {
    let mut input: Box<dyn BufRead> = match &args.file {
        Some(path) => Box::new(BufReader::new(File::open(path).map_err(|e| {
            Error::usage(format!("cannot read {}: {e}", path.display()))
                .hint("check the path")
                .caused_by(e)
        })?)),
        None => Box::new(stdin().lock()),
    };
    let printer = Printer::new(Format::Text, TerminalProgress::new());
    for number in 1.. {
        let Some(line) = reader::read_line(&mut input, number)? else {
            break;
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Some(record) = reader::parse(&line, number)? {
            printer.emit(&record);
        }
    }
    Ok(Exit::Done)
}
