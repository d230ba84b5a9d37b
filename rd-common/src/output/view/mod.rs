//! What people see of records. [`model`] holds what they say. Plans are shown whole, once all of them are there, since
//! slices plan at the same time; what is done and how things are is shown line by line, as it comes.

mod apply;
pub mod board;
mod cost;
pub mod danger;
mod doctor;
pub mod field_diff;
mod import;
pub mod model;
pub mod month_cost;
mod overview;
pub mod plan;
mod status;
mod summary;

use crate::output::clean::one_line;
use crate::output::flow::Flow;
use crate::output::look::Look;
use crate::output::style::{BOLD, WARN, paint};
use crate::output::value::plain;
use crate::records::{Begin, End, Output, Record, Verb};
use crate::resource::action::Action;
use model::Model;
use std::collections::BTreeMap;

/// Renders records as text. Remembers which command each slice runs, since that decides what its records mean.
#[derive(Debug, Default)]
pub(super) struct View {
    commands: BTreeMap<String, Verb>,
    /// The header that was printed last: the programs of a pipe print it once.
    header: Option<String>,
    /// The plans and estimates that are not shown yet.
    plans: Model,
    /// What applies and destroys have done, and how things are, for what is said at their end.
    done: Model,
    /// Whether each resource of a status is shown.
    pub(super) full: bool,
}

impl View {
    /// The text of a record, with its line feed; empty where people need none, or not yet.
    pub(super) fn render(&mut self, record: &Record) -> String {
        self.note_done(record);
        match record {
            Record::Begin(begin) => self.begin(begin),
            Record::Change(_) => {
                self.plans.note(record);
                String::new()
            }
            Record::Output(output) => self.output(output),
            Record::Applied(applied) => apply::applied(applied),
            Record::Status(status) if self.full => status::resource(status, Look::of_stdout(true)),
            Record::Status(_) => String::new(),
            Record::Cost(_) if self.is_doing() => String::new(),
            Record::Cost(cost) => {
                self.plans.note(record);
                match self.is_planned() {
                    true => String::new(),
                    false => self.held_header() + &cost::line(cost),
                }
            }
            Record::Charged(_) | Record::Progress(_) | Record::Diagnostic(_) => String::new(),
            Record::End(end) => self.end(end),
        }
    }

    fn note_done(&mut self, record: &Record) {
        let command = match record {
            Record::Begin(begin) => Some(&begin.command),
            Record::Cost(_) | Record::Charged(_) => return self.done.note(record),
            record => self.commands.get(record.slice()),
        };
        let of_status = matches!(record, Record::Status(_));
        if of_status || matches!(command, Some(Verb::Apply | Verb::Destroy | Verb::Status)) {
            self.done.note(record);
        }
    }

    /// Whether a program applies or destroys.
    fn is_doing(&self) -> bool {
        let mut commands = self.commands.values();
        commands.any(|command| matches!(command, Verb::Apply | Verb::Destroy))
    }

    /// What is said when no more records come: of an apply or a destroy, how it went and what comes next; how things are.
    pub(super) fn ending(&mut self, look: Look) -> String {
        let done = std::mem::take(&mut self.done);
        let stacks = done.stacks.iter();
        let texts = stacks.map(|stack| apply::ending(stack, look) + &status::screen(stack, look));
        texts.collect()
    }

    /// Adds a record to what is held back.
    pub(super) fn hold(&mut self, record: &Record) {
        self.plans.note(record);
    }

    /// The text of what was held back until all plans are there. Called when no more records come, and before a question
    /// about a plan.
    pub(super) fn finish(&mut self, look: Look) -> String {
        let mut text = self.held_header();
        for stack in std::mem::take(&mut self.plans).stacks {
            if stack.plans().next().is_none() {
                continue;
            }
            if let Some(begin) = &stack.head {
                text.push_str(&self.header(begin));
            }
            text.push_str(&plan::text(&stack, look));
            if look.full {
                text.extend(stack.costs.iter().map(cost::line));
            }
        }
        text
    }

    /// The header of a filter that stands behind no plan; empty where it was shown.
    fn held_header(&mut self) -> String {
        let stacks = self.plans.stacks.iter();
        let mut heads = stacks.filter_map(|stack| stack.head.clone());
        match heads.find(|head| matches!(head.command, Verb::Other(_))) {
            Some(head) => self.header(&head),
            None => String::new(),
        }
    }

    /// Whether there is a plan to show.
    fn is_planned(&self) -> bool {
        self.plans
            .stacks
            .iter()
            .any(|stack| stack.plans().next().is_some())
    }

    fn begin(&mut self, begin: &Begin) -> String {
        self.commands
            .insert(begin.slice.clone(), begin.command.clone());
        self.plans.note(&Record::Begin(begin.clone()));
        match &begin.command {
            // A filter begins before it knows whether there are plans, whose header has more.
            Verb::Plan | Verb::Other(_) => String::new(),
            _ => self.header(begin),
        }
    }

    /// The line that names the stack; empty where it is the one that was shown last, or where the program has failed before
    /// it knew the stack.
    fn header(&mut self, begin: &Begin) -> String {
        if begin.stack.is_empty() {
            return String::new();
        }
        let look = Look::of_stdout(false);
        let mut line = Flow::default();
        line.put(BOLD, &begin.stack)
            .plain(look.signs.dot())
            .plain(&begin.region);
        match (&begin.account, begin.offline) {
            (_, true) if begin.command == Verb::Plan => {
                line.plain(look.signs.dot())
                    .plain("offline: planned for an empty account");
            }
            (Some(account), _) => {
                line.plain(look.signs.dot())
                    .plain(&format!("account {account}"));
            }
            (None, _) => {}
        }
        let header = line.lines(0, 2, look.width);
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

    fn end(&mut self, end: &End) -> String {
        match self.commands.get(&end.slice) {
            Some(Verb::Plan) => {
                self.plans.note(&Record::End(end.clone()));
                String::new()
            }
            Some(Verb::Status) if !self.full => String::new(),
            Some(command) => summary::summary(command, end),
            None => String::new(),
        }
    }
}

/// The line for a change that AWS carries out later; `pending` completes "pending …".
fn pending_line(pending: Option<&String>) -> String {
    pending.map_or(String::new(), |what| {
        let mut line = Flow::default();
        line.put(WARN, "pending").plain(what);
        line.lines(4, 6, Look::of_stdout(false).width)
    })
}

/// What an apply would do with a resource, in words.
pub fn to_do(action: Action) -> &'static str {
    match action {
        Action::Create => "to create",
        Action::Update => "to change",
        Action::Replace => "to replace",
        Action::Delete => "to delete",
        Action::Import => "to import",
        Action::None => "unchanged",
    }
}
