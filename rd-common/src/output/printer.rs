//! The one way to stdout: records as JSON lines for programs, a view for people. What came from upstream goes through
//! it byte for byte.

use crate::error::Error;
use crate::output::style::{BOLD, DIM, ERROR, INFO, WARN, paint};
use crate::output::terminal_progress::TerminalProgress;
use crate::output::view::View;
use crate::records::{Diagnostic, Record, Severity};
use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};

/// How stdout is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Records, one JSON object a line.
    Json,
    /// For people.
    #[value(alias = "table")]
    Text,
    /// A DNS zone file, of verbs that have one to give.
    #[value(hide = true)]
    Bind,
}

impl Format {
    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Text => "text",
            Format::Bind => "bind",
        }
    }

    /// What was asked for; else text on a terminal and JSON elsewhere.
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

/// Writes to stdout.
pub struct Printer {
    format: Format,
    progress: TerminalProgress,
    view: RefCell<View>,
    closed: Cell<bool>,
}

impl Printer {
    /// A printer.
    pub fn new(format: Format, progress: TerminalProgress) -> Self {
        Self {
            format,
            progress,
            view: RefCell::default(),
            closed: Cell::new(false),
        }
    }

    /// Whether it writes JSON.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Whether nobody reads stdout any more.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// A record of our own. Diagnostics are for people as well, so they go to stderr in any case.
    pub fn emit(&self, record: &Record) {
        if let Record::Diagnostic(diagnostic) = record {
            self.progress.suspend(|| tell(diagnostic));
        }
        match self.format {
            Format::Json => self.write(&record.line()),
            Format::Text | Format::Bind => self.show(record),
        }
    }

    /// A line from upstream, and the record that it is, if known.
    pub fn pass_through(&self, line: &[u8], record: Option<&Record>) {
        match (self.format, record) {
            (Format::Json, _) => {
                let mut bytes = line.to_vec();
                bytes.push(b'\n');
                self.write(&bytes);
            }
            // Whoever made a diagnostic has told it on stderr already.
            (Format::Text | Format::Bind, Some(record)) => self.show(record),
            (Format::Text | Format::Bind, None) => {}
        }
    }

    /// Text for people, or any other output that is no record.
    pub fn text(&self, text: &str) {
        self.progress.suspend(|| {
            let mut stdout = anstream::stdout();
            let written = stdout
                .write_all(text.as_bytes())
                .and_then(|()| stdout.flush());
            self.note_closed(&written);
        });
    }

    fn show(&self, record: &Record) {
        let text = self.view.borrow_mut().render(record);
        if !text.is_empty() {
            self.text(&text);
        }
    }

    fn write(&self, bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        self.note_closed(&stdout.write_all(bytes).and_then(|()| stdout.flush()));
    }

    fn note_closed(&self, written: &std::io::Result<()>) {
        if written.is_err() {
            self.closed.set(true);
        }
    }
}

/// Tells a person on stderr.
fn tell(diagnostic: &Diagnostic) {
    let word = match diagnostic.severity {
        Severity::Error => paint(ERROR, "error"),
        Severity::Warning => paint(WARN, "warning"),
        Severity::Info => paint(INFO, "note"),
    };
    let mut text = format!("{word}: ");
    if let Some(address) = &diagnostic.address {
        text.push_str(&format!("{}: ", paint(BOLD, address)));
    }
    text.push_str(&diagnostic.summary);
    text.push('\n');
    if let Some(hint) = &diagnostic.hint {
        text.push_str(&format!("  {} {hint}\n", paint(DIM, "→")));
    }
    if let Some(id) = &diagnostic.request_id {
        text.push_str(&format!("  {} request id {id}\n", paint(DIM, "→")));
    }
    // With stderr closed there is nobody to tell.
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// Tells something on stderr that is no error, with what to do about it.
pub fn print_warning(summary: &str, hint: &str) {
    tell(&Diagnostic::note(
        "",
        Severity::Warning,
        summary,
        Some(hint.to_owned()),
    ));
}

/// Tells something on stderr that is neither an error nor a warning, such as what was done.
pub fn print_info(text: &str) {
    // With stderr closed there is nobody to tell.
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Tells an error on stderr, for programs and moments that write no records.
pub fn print_error(error: &Error) {
    tell(&Diagnostic::error("", error));
}
