//! `rd-state view`: shows records, such as a saved plan, in readable form.

use crate::formats;
use rd_common::flags::GlobalFlags;
use rd_common::output::printer::{Format, Printer};
use rd_common::output::terminal_progress::TerminalProgress;
use rd_common::output::view::model::Model;
use rd_common::pipe::reader::{self, Place};
use rd_common::records::Record;
use rd_common::{Error, Exit, Result};
use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::PathBuf;

/// Flags of `rd-state view`.
#[derive(clap::Args, Clone, Debug)]
pub struct ViewArgs {
    /// Files with records, such as saved plans, applies or estimates; - for stdin (default: stdin)
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Show every field of what is created
    #[arg(long)]
    full: bool,
}

/// Prints the records as a program would on a terminal, or as a document.
pub fn run(flags: &GlobalFlags, args: &ViewArgs) -> Result<Exit> {
    let format = flags.format.unwrap_or(Format::Text);
    let printer = Printer::new(format, TerminalProgress::new());
    if format != Format::Text {
        let model = model(&args.files)?;
        printer.text(&match format {
            Format::Markdown => formats::markdown(&model, args.full),
            Format::Html => formats::html(&model),
            _ => format!("{}\n", formats::json(&model)),
        });
        return Ok(Exit::Done);
    }
    printer.show_in_full(args.full);
    read(&args.files, |record| printer.emit(&record))?;
    printer.show_plans();
    printer.show_ending();
    Ok(Exit::Done)
}

/// What these files, or stdin, say.
pub fn model(files: &[PathBuf]) -> Result<Model> {
    let mut model = Model::default();
    read(files, |record| model.note(&record))?;
    Ok(model)
}

/// Calls `note` with each record of these files, or of stdin where there are none.
fn read(files: &[PathBuf], mut note: impl FnMut(Record)) -> Result<()> {
    let stdin_alone = [PathBuf::from("-")];
    let files = if files.is_empty() {
        &stdin_alone
    } else {
        files
    };
    for path in files {
        let (mut input, source): (Box<dyn BufRead>, String) = if path.as_os_str() == "-" {
            (Box::new(stdin().lock()), "stdin".to_owned())
        } else {
            let file = File::open(path).map_err(|e| {
                Error::usage(format!("cannot read {}: {e}", path.display()))
                    .hint("check the path")
                    .caused_by(e)
            })?;
            (Box::new(BufReader::new(file)), path.display().to_string())
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
                note(record);
            }
        }
    }
    Ok(())
}
