//! `rd-state view`: shows records, such as a saved plan, in readable form.

use rd_common::output::printer::{Format, Printer};
use rd_common::output::terminal_progress::TerminalProgress;
use rd_common::pipe::reader::{self, Place};
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
    let source = match &args.file {
        Some(path) => path.display().to_string(),
        None => "stdin".to_owned(),
    };
    for number in 1.. {
        let place = Place {
            source: &source,
            number,
        };
        let Some(line) = reader::read_line(&mut input, place)? else {
            break;
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        if let Some(record) = reader::parse(&line, place)? {
            printer.emit(&record);
        }
    }
    Ok(Exit::Done)
}
