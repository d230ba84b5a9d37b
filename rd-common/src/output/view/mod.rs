//! The text that people see for each record, in one file for each command that shows something.

mod apply;
mod cost;
mod doctor;
mod import;
mod plan;
mod status;
mod summary;

use crate::output::clean::one_line;
use crate::output::style::{BOLD, WARN, paint};
use crate::output::value::plain;
use crate::records::{Begin, End, Output, Record, Verb};
use std::collections::BTreeMap;

/// Renders records one by one. Remembers which command each slice runs, since that decides what its records mean.
#[derive(Debug, Default)]
pub(super) struct View {
    commands: BTreeMap<String, Verb>,
    /// The header that was printed last: the programs of a pipe print it once.
    header: Option<String>,
}

impl View {
    /// The text of a record, with its line feed; empty where people need none.
    pub(super) fn render(&mut self, record: &Record) -> String {
        match record {
            Record::Begin(begin) => self.begin(begin),
            Record::Change(change) => plan::change(change),
            Record::Output(output) => self.output(output),
            Record::Applied(applied) => apply::applied(applied),
            Record::Status(status) => status::resource(status),
            Record::Cost(cost) => cost::line(cost),
            Record::Diagnostic(_) => String::new(),
            Record::End(end) => self.end(end),
        }
    }

    fn begin(&mut self, begin: &Begin) -> String {
        self.commands
            .insert(begin.slice.clone(), begin.command.clone());
        let account = match (&begin.account, begin.offline) {
            (_, true) if begin.command == Verb::Plan => {
                " · offline: planned for an empty account".to_owned()
            }
            (Some(account), _) => format!(" · account {}", one_line(account)),
            (None, _) => String::new(),
        };
        let header = format!(
            "{} · {}{account}\n",
            paint(BOLD, one_line(&begin.stack)),
            one_line(&begin.region)
        );
        if self.header.as_ref() == Some(&header) {
            return String::new();
        }
        self.header = Some(header.clone());
        header
    }

    fn output(&self, output: &Output) -> String {
        // Among the changes of a plan, outputs are noise; programs downstream read them from the records.
        if self.commands.contains_key(&output.slice) {
            return String::new();
        }
        let value = output
            .value
            .as_ref()
            .map_or("(known after apply)".to_owned(), plain);
        format!(
            "{} = {value}\n",
            paint(BOLD, one_line(&format!("{}.{}", output.slice, output.name)))
        )
    }

    fn end(&self, end: &End) -> String {
        match self.commands.get(&end.slice) {
            Some(command) => summary::summary(command, end),
            None => String::new(),
        }
    }
}

/// The line for a change that AWS carries out later; `pending` completes "pending …".
fn pending_line(pending: Option<&String>) -> String {
    pending.map_or(String::new(), |what| {
        format!("    {} {}\n", paint(WARN, "pending"), one_line(what))
    })
}
