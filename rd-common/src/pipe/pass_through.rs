//! Passes stdin on to stdout, byte for byte. A thread reads the lines from upstream, and each one is noted as a record.

use crate::error::Result;
use crate::output::printer::Printer;
use crate::pipe::reader;
use crate::pipe::upstream::{Observer, Upstream};
use std::io::{BufReader, IsTerminal};
use std::rc::Rc;
use tokio::sync::mpsc;

impl Upstream {
    /// Calls `observer` with each record from upstream, in order. Must be called before [`Upstream::attach`].
    pub fn on_record(&self, observer: Observer) {
        *self.observer.borrow_mut() = Some(observer);
    }

    /// Starts to read stdin and to pass it on to `printer`, unless stdin is a terminal or `no_stdin` is set.
    pub fn attach(self: &Rc<Self>, no_stdin: bool, printer: Rc<Printer>) {
        if no_stdin || std::io::stdin().is_terminal() {
            return;
        }
        self.attached.set(true);
        {
            let mut seen = self.seen.borrow_mut();
            seen.closed = false;
            seen.head_seen = false;
        }
        let (sender, mut receiver) = mpsc::channel::<Result<Vec<u8>>>(64);
        // In a thread, because a read of stdin can block forever. The thread ends with the process.
        std::thread::spawn(move || {
            let mut input = BufReader::with_capacity(1 << 16, std::io::stdin());
            for number in 1.. {
                let line = match reader::read_line(&mut input, number) {
                    Ok(Some(line)) => Ok(line),
                    Ok(None) => return,
                    Err(error) => Err(error),
                };
                let last = line.is_err();
                if sender.blocking_send(line).is_err() || last {
                    return;
                }
            }
        });
        let this = self.clone();
        tokio::task::spawn_local(async move {
            let mut number = 0;
            while let Some(line) = receiver.recv().await {
                number += 1;
                let handled = line.and_then(|line| this.handle(&line, number, &printer));
                if let Err(error) = handled {
                    this.seen.borrow_mut().broken.get_or_insert(error);
                    this.wake();
                    break;
                }
                this.wake();
                // A reader of stdout that is slow slows upstream down, too.
                printer.room().await;
            }
            this.seen.borrow_mut().closed = true;
            this.wake();
        });
    }

    /// Notes the record of a line and passes the line on. Records of the own saved plan are kept back.
    fn handle(&self, line: &[u8], number: u64, printer: &Printer) -> Result<()> {
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let record = reader::parse(line, number)?;
        if let Some(record) = &record
            && self
                .seen
                .borrow_mut()
                .note(record, number, self.own, self.planning, &self.stack)?
        {
            return Ok(());
        }
        if let (Some(record), Some(observer)) = (&record, self.observer.borrow_mut().as_mut()) {
            observer(record);
        }
        match self.held.borrow_mut().as_mut() {
            Some(held) => held.push((line.to_vec(), record)),
            None => printer.pass_through(line, record.as_ref()),
        }
        Ok(())
    }

    /// Called when this program has written its own `begin`: passes on the lines that were held back for it, and from
    /// now on each line at once. So a reader that has seen the `begin` of the first program of a pipe has seen those of
    /// all programs in between.
    pub fn begin_written(&self, printer: &Printer) {
        for (line, record) in self.held.take().into_iter().flatten() {
            printer.pass_through(&line, record.as_ref());
        }
    }
}
