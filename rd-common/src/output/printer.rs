//! The only way to stdout, and to stderr for errors and warnings: records as JSON lines for programs, text for people.
//! Lines from upstream pass byte for byte. Nothing reaches a terminal raw; see [`crate::output::clean`].

use crate::error::{Error, Result};
use crate::output::clean::{clean, log_lines, one_line};
use crate::output::look::{Look, Signs};
use crate::output::record_file::RecordFile;
use crate::output::region::{can_draw, make_way};
use crate::output::stderr;
use crate::output::stream::{self, Stream, stdout};
use crate::output::style::{BOLD, DIM, ERROR, INFO, WARN, paint};
use crate::output::terminal_progress::TerminalProgress;
use crate::output::view::View;
use crate::records::{Diagnostic, Record, Severity};
use anstream::{AutoStream, ColorChoice};
use std::cell::{Cell, RefCell};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

/// How long to wait for a terminal, so that text and progress do not mix on it.
const TERMINAL_FIRST: Duration = Duration::from_secs(2);

/// The format of stdout, as `--format` chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Records, one JSON object per line
    Json,
    /// Text for people to read
    #[value(alias = "table")]
    Text,
    /// DNS zone file, from the commands that have one
    #[value(hide = true)]
    Bind,
    /// Markdown, from the commands that have it
    #[value(hide = true)]
    Markdown,
    /// One self-contained page, from the commands that have it
    #[value(hide = true)]
    Html,
    /// A drawing, from the commands that have it
    #[value(hide = true)]
    Svg,
    /// A Mermaid diagram, from the commands that have it
    #[value(hide = true)]
    Mermaid,
    /// A graph for Graphviz, from the commands that have it
    #[value(hide = true)]
    Dot,
}

impl Format {
    /// The value of `--format`, such as `json`.
    pub fn word(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Text => "text",
            Format::Bind => "bind",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Svg => "svg",
            Format::Mermaid => "mermaid",
            Format::Dot => "dot",
        }
    }

    /// Whether only some commands have it.
    pub fn is_extra(self) -> bool {
        !matches!(self, Format::Json | Format::Text)
    }

    /// Whether records have no text in it, one by one.
    fn is_document(self) -> bool {
        !matches!(self, Format::Json | Format::Text | Format::Bind)
    }

    /// The format that `--format` asked for, otherwise text on a terminal and JSON anywhere else.
    pub fn resolve(asked: Option<Format>) -> Format {
        asked.unwrap_or_else(|| {
            if std::io::stdout().is_terminal() {
                Format::Text
            } else {
                Format::Json
            }
        })
    }
}

/// Writes records to stdout in one format, and diagnostics to stderr.
pub struct Printer {
    format: Format,
    /// Hidden while something is printed, since it may draw on the same terminal.
    progress: TerminalProgress,
    view: RefCell<View>,
    /// The file of `--json-into`.
    records: RefCell<Option<RecordFile>>,
    /// Whether text is shown without folding.
    full: Cell<bool>,
    /// Whether stdout is a terminal.
    terminal: bool,
    /// Whether text has colors.
    color: bool,
}

/// The bytes of a text for people, for a stdout with or without colors.
fn bytes_of(text: &str, color: bool) -> Vec<u8> {
    let text = clean(text);
    match color {
        true => text.into_owned().into_bytes(),
        false => anstream::adapter::strip_str(&text).to_string().into_bytes(),
    }
}

fn stdout_has_color() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}

/// Writes text for people before anything else is started, such as a help. Nothing may be written in another way after it.
pub fn print_at_once(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(&bytes_of(text, stdout_has_color()));
    match written.and_then(|()| stdout.flush()) {
        // A reader that has what it needs is no failure.
        Err(why) if why.kind() != ErrorKind::BrokenPipe => Err(stream::failed(&why)),
        _ => Ok(()),
    }
}

impl Printer {
    /// A printer that hides `progress` while it prints.
    pub fn new(format: Format, progress: TerminalProgress) -> Self {
        Self {
            format,
            progress,
            view: RefCell::default(),
            records: RefCell::default(),
            full: Cell::new(false),
            terminal: std::io::stdout().is_terminal(),
            color: stdout_has_color(),
        }
    }

    /// The stream to stdout, for a command that writes very much. What it writes must be safe for a terminal.
    pub fn stream(&self) -> &'static Stream {
        stdout()
    }

    /// Whether stdout is JSON, so that text for people must not be written to it.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether stdout is Markdown: neither records nor their text are written.
    pub fn is_markdown(&self) -> bool {
        self.format == Format::Markdown
    }

    /// Whether stdout can no longer be written to: its reader has gone, or a write failed. Later writes are lost.
    pub fn is_closed(&self) -> bool {
        !stdout().is_open()
    }

    /// Waits while much of what was printed waits for a slow reader of stdout.
    pub async fn room(&self) {
        stdout().room().await;
    }

    /// Shows from now on the progress of all programs of the pipe, as their records report it: as a region on the terminal
    /// beside text, otherwise in a line from time to time. Where another program reads the records, it shows them.
    pub fn show_progress(&self) {
        let shows = !self.is_json() || !stream::is_pipe();
        let draws = self.format == Format::Text && self.terminal;
        if can_draw() && (draws || !shows) {
            make_way();
        }
        if shows {
            self.progress.show_pipe(draws);
        }
    }

    /// Ends what [`Printer::show_progress`] has started.
    pub fn end_progress(&self) {
        self.progress.end_pipe();
    }

    /// Runs `print` while the progress is hidden.
    pub fn beside_progress(&self, print: &mut dyn FnMut()) {
        self.progress.suspend(print);
    }

    /// Whether stdout is a terminal.
    pub fn is_on_terminal(&self) -> bool {
        self.terminal
    }

    /// Writes a record of this program. A diagnostic also goes to stderr, whatever the format, so that people see it.
    pub fn emit(&self, record: &Record) {
        if let Record::Diagnostic(diagnostic) = record {
            self.progress.suspend(|| print_diagnostic(diagnostic, &[]));
        }
        self.write_record(record);
    }

    /// Writes an error of `slice` as a diagnostic, with its causes on stderr at `-v`.
    pub fn emit_error(&self, slice: &str, error: &Error) {
        self.show_error(slice, error);
        self.record_error(slice, error);
    }

    /// Writes an error of `slice` to stderr alone, with its causes at `-v`.
    pub fn show_error(&self, slice: &str, error: &Error) {
        let diagnostic = Diagnostic::error(slice, error);
        self.progress
            .suspend(|| print_diagnostic(&diagnostic, &error.causes()));
    }

    /// Writes the record of an error of `slice`, and nothing to stderr.
    pub fn record_error(&self, slice: &str, error: &Error) {
        self.write_record(&Record::Diagnostic(Diagnostic::error(slice, error)));
    }

    /// Passes on a line from upstream. `record` is what it holds, where its type is known.
    pub fn pass_through(&self, line: &[u8], record: Option<&Record>) {
        self.keep(&[line, b"\n"].concat());
        if let Some(record) = record {
            self.progress.note(record);
        }
        match (self.format, record) {
            (Format::Json, _) => {
                let mut bytes = line.to_vec();
                bytes.push(b'\n');
                self.write_json(bytes);
            }
            // The program that wrote a diagnostic has printed it on stderr.
            (Format::Text | Format::Bind, Some(record)) => self.show(record),
            _ => {}
        }
    }

    /// Also writes every record to this file, whatever the format of stdout.
    pub fn write_records_into(&self, path: &Path) -> Result<()> {
        let file = RecordFile::create(path)?;
        *self.records.borrow_mut() = Some(file);
        Ok(())
    }

    /// Ends the file of [`Printer::write_records_into`]. Fails where it could not be written.
    pub fn finish_records(&self) -> Result<()> {
        let file = self.records.borrow_mut().take();
        file.map_or(Ok(()), RecordFile::finish)
    }

    fn keep(&self, line: &[u8]) {
        if let Some(file) = self.records.borrow_mut().as_mut() {
            file.write(line);
        }
    }

    /// Shows text without folding, such as every field of what a plan creates.
    pub fn show_in_full(&self, full: bool) {
        self.full.set(full);
        self.view.borrow_mut().full = full;
    }

    /// Holds a record for [`Printer::show_plans`]; it is written to the file of `--json-into` alone.
    pub fn hold(&self, record: &Record) {
        if self.records.borrow().is_some() {
            self.keep(&record.line());
        }
        self.view.borrow_mut().hold(record);
    }

    /// Shows the plans that were held back until all of them are there: when no more records come, and before a question
    /// about a plan.
    pub fn show_plans(&self) {
        if self.is_json() || self.format.is_document() {
            return;
        }
        let look = Look::of_stdout(self.full.get());
        let text = self.view.borrow_mut().finish(look);
        if !text.is_empty() {
            self.text(&text);
        }
    }

    /// Shows what is said when no more records come: how an apply or a destroy went, and how things are.
    pub fn show_ending(&self) {
        if self.format != Format::Text {
            return;
        }
        let look = Look::of_stdout(self.full.get());
        let text = self.view.borrow_mut().ending(look);
        if !text.is_empty() {
            self.text(&text);
        }
    }

    /// Writes text for people, or other output that is not a record, such as a JSON document or a zone file.
    pub fn text(&self, text: &str) {
        match self.format {
            Format::Text => self.write(bytes_of(&Signs::of_process().spell(text), self.color)),
            _ => self.write(bytes_of(text, self.color)),
        }
    }

    /// Writes what a program in a task has printed: as it is, but safe for a terminal.
    pub fn log(&self, text: &str) {
        self.write(match self.terminal {
            true => log_lines(text, self.color),
            false => text.as_bytes().to_vec(),
        });
    }

    fn write_record(&self, record: &Record) {
        self.progress.note(record);
        if self.records.borrow().is_some() {
            self.keep(&record.line());
        }
        match self.format {
            Format::Json => self.write_json(record.line()),
            Format::Text | Format::Bind => self.show(record),
            _ => {}
        }
    }

    fn show(&self, record: &Record) {
        let text = self.view.borrow_mut().render(record);
        if !text.is_empty() {
            self.text(&text);
        }
    }

    /// Writes a line of JSON. On a terminal, characters are escaped that JSON allows but a terminal would obey.
    fn write_json(&self, line: Vec<u8>) {
        self.write(match self.terminal {
            true => clean(&String::from_utf8_lossy(&line))
                .into_owned()
                .into_bytes(),
            false => line,
        });
    }

    fn write(&self, bytes: Vec<u8>) {
        if self.terminal {
            self.progress.suspend(|| {
                stdout().push([stderr::before_text().as_bytes(), &bytes].concat());
                stdout().wait_written(TERMINAL_FIRST);
            });
        } else {
            stdout().push(bytes);
        }
    }
}

/// Prints a diagnostic on stderr, and at `-v` its causes.
fn print_diagnostic(diagnostic: &Diagnostic, causes: &[String]) {
    stderr::print(&text_of(
        diagnostic,
        if is_verbose() { causes } else { &[] },
    ));
}

/// Whether `-v` was passed: it turns on debug messages.
fn is_verbose() -> bool {
    tracing::enabled!(target: "rd::errors", tracing::Level::DEBUG)
}

fn text_of(diagnostic: &Diagnostic, causes: &[String]) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => paint(ERROR, "error"),
        Severity::Warning => paint(WARN, "warning"),
        Severity::Info => paint(INFO, "note"),
    };
    let mut text = format!("{severity}: ");
    // Lines of their own would look like other messages.
    let indented = |text: &str| text.replace('\n', "\n    ");
    if let Some(address) = &diagnostic.address {
        text.push_str(&format!("{}: ", paint(BOLD, one_line(address))));
    }
    text.push_str(&indented(&diagnostic.summary));
    text.push('\n');
    if let Some(hint) = &diagnostic.hint {
        text.push_str(&format!("  {} {}\n", paint(DIM, "→"), indented(hint)));
    }
    if let Some(id) = &diagnostic.request_id {
        text.push_str(&format!("  {} request id {id}\n", paint(DIM, "→")));
    }
    for cause in causes {
        text.push_str(&format!("  {} {cause}\n", paint(DIM, "caused by:")));
    }
    text
}

/// Prints a warning on stderr, with a hint that says what to do about it.
pub fn print_warning(summary: &str, hint: &str) {
    let hint = Some(hint.to_owned());
    print_diagnostic(&Diagnostic::note("", Severity::Warning, summary, hint), &[]);
}

/// Prints a line on stderr that is neither an error nor a warning, such as what was done.
pub fn print_info(text: &str) {
    stderr::print(&format!("{text}\n"));
}

/// Prints an error on stderr, with its causes at `-v`, where no records are written.
pub fn print_error(error: &Error) {
    print_diagnostic(&Diagnostic::error("", error), &error.causes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_printed_with_address_hint_and_causes() {
        let error = Error::failed("cannot read the VPC")
            .at("net.vpc.main")
            .hint("try again")
            .with_code(Some("Throttling".to_owned()), Some("r-1".to_owned()))
            .caused_by(std::io::Error::other("too many requests"));
        let text = text_of(&Diagnostic::error("net", &error), &error.causes());
        let text = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            text,
            "error: net.vpc.main: cannot read the VPC\n  → try again\n  → request id r-1\n  \
             caused by: too many requests\n"
        );
    }
}
