//! Passes stdin on to stdout, byte for byte, and notes each line as a record.

use crate::error::{Error, Result};
use crate::output::printer::Printer;
use crate::pipe::intake::PlanSource;
use crate::pipe::line_feed::LineFeed;
use crate::pipe::named_plan;
use crate::pipe::reader::{self, Place};
use crate::pipe::seen::cut;
use crate::pipe::stdin;
use crate::pipe::upstream::{Observer, Upstream};
use crate::records::Record;
use std::io::Read;
use std::rc::Rc;

/// The most bytes that are held back for this program's `begin`. Where more come, upstream has to wait.
const MOST_HELD: usize = 1 << 20;

impl Upstream {
    /// Calls `observer` with each record from upstream, in order. Must be called before [`Upstream::attach`].
    pub fn on_record(&self, observer: Observer) {
        *self.observer.borrow_mut() = Some(observer);
    }

    /// Starts to read stdin, or the file of `--plan` in its place, and to pass it on to `printer`; unless `no_stdin` is
    /// set or nothing can come. What cannot be read is an error of [`Upstream::check`].
    pub fn attach(self: &Rc<Self>, no_stdin: bool, printer: Rc<Printer>) {
        if let Err(error) = self.try_attach(no_stdin, printer) {
            self.seen.borrow_mut().broken = Some(error);
        }
    }

    fn try_attach(self: &Rc<Self>, no_stdin: bool, printer: Rc<Printer>) -> Result<()> {
        let can_come = !no_stdin && !stdin::is_nothing();
        match &self.intake.named_plan {
            Some(PlanSource::Stdin) if no_stdin => {
                return Err(Error::usage("--plan - with --no-stdin or RD_NO_STDIN")
                    .hint("leave out one of them, or name the file of the plan"));
            }
            Some(PlanSource::Stdin) => self.read("stdin", std::io::stdin(), printer),
            Some(PlanSource::File(path)) => {
                let file = named_plan::open(path)?;
                if can_come {
                    self.read_named_plan(path, file);
                    self.read("stdin", std::io::stdin(), printer);
                } else {
                    self.read(&path.display().to_string(), file, printer);
                }
            }
            None if can_come => self.read("stdin", std::io::stdin(), printer),
            None => {}
        }
        Ok(())
    }

    fn read(
        self: &Rc<Self>,
        source: &str,
        input: impl Read + Send + 'static,
        printer: Rc<Printer>,
    ) {
        self.attached.set(true);
        {
            let mut seen = self.seen.borrow_mut();
            seen.closed = false;
            seen.head_seen = false;
        }
        let source: Rc<str> = source.into();
        *self.source.borrow_mut() = source.clone();
        let mut feed = LineFeed::start(&source, input);
        let this = self.clone();
        tokio::task::spawn_local(async move {
            let mut number = 0;
            while let Some(line) = feed.next().await {
                number += 1;
                let place = Place {
                    source: &source,
                    number,
                };
                let handled = line.and_then(|line| this.handle(line, place, &printer));
                if let Err(error) = handled {
                    this.seen.borrow_mut().broken.get_or_insert(error);
                    break;
                }
                this.wake();
                // A reader of stdout that is slow slows upstream down, too.
                printer.room().await;
                this.until(|_| this.has_room().then_some(())).await;
            }
            this.seen.borrow_mut().closed = true;
            this.wake();
        });
    }

    /// Notes the record of a line and passes the line on. Records of the own saved plan are kept back.
    fn handle(&self, line: Vec<u8>, place: Place<'_>, printer: &Printer) -> Result<()> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let record = reader::parse(&line, place)?;
        if record
            .as_ref()
            .is_some_and(|record| self.is_replaced(record))
        {
            return Ok(());
        }
        let mut seen = self.seen.borrow_mut();
        if seen.given_up {
            return Err(Error::upstream(format!(
                "{place}: the first record came after more than 5 s, and this program has worked without it"
            ))
            .hint("run the pipe again; a program upstream must start at once"));
        }
        let is_of_own_plan = match &record {
            Some(record) => seen.note(record, line.len(), place, self.reading())?,
            None if self.intake.whole && !seen.any_begun() => {
                return Err(cut(place, "a record before the first `begin`"));
            }
            None => false,
        };
        drop(seen);
        if is_of_own_plan {
            return Ok(());
        }
        if let (Some(record), Some(observer)) = (&record, self.observer.borrow_mut().as_mut()) {
            observer(record);
        }
        match self.held.borrow_mut().as_mut() {
            Some(held) => {
                held.bytes += line.len();
                held.lines.push((line, record));
            }
            None => printer.pass_through(&line, record.as_ref()),
        }
        Ok(())
    }

    /// Whether a record is of an earlier run of this program, whose place this run takes.
    fn is_replaced(&self, record: &Record) -> bool {
        if record.slice() != self.own {
            return false;
        }
        if let Record::Begin(begin) = record {
            let replaced = self.intake.replaces.as_ref() == Some(&begin.command);
            self.replacing.set(replaced);
        }
        self.replacing.get()
    }

    /// Whether another line can be held back, or need not be.
    fn has_room(&self) -> bool {
        let held = self.held.borrow();
        held.as_ref().is_none_or(|held| held.bytes < MOST_HELD)
    }

    /// Called when this program has written its own `begin`: passes on the lines that were held back for it, and from
    /// now on each line at once. So a reader that has seen the `begin` of the first program of a pipe has seen those of
    /// all programs in between.
    pub fn begin_written(&self, printer: &Printer) {
        let held = self.held.take();
        for (line, record) in held.into_iter().flat_map(|held| held.lines) {
            printer.pass_through(&line, record.as_ref());
        }
        self.wake();
    }
}
