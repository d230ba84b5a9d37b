//! Records as people like to read them.

use crate::output::style::{BOLD, DIM, ERROR, OK, WARN, of, paint};
use crate::output::value::{brief, from_to, plain, short};
use crate::records::{Begin, End, Ended, Health, Output, Record, ResourceChange, Status, Verb};
use crate::resource::action::Action;
use crate::resource::change::{Cause, Change};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Renders records; remembers which command each slice runs.
#[derive(Debug, Default)]
pub(super) struct View {
    commands: BTreeMap<String, Verb>,
    header: Option<String>,
}

impl View {
    /// The text for a record; empty where people need none.
    pub(super) fn render(&mut self, record: &Record) -> String {
        match record {
            Record::Begin(begin) => self.begin(begin),
            Record::Change(change) => resource(change),
            Record::Output(output) => self.output(output),
            Record::Applied(applied) => format!(
                "{} {} {}  {}\n{}",
                paint(of(applied.action), applied.action.mark()),
                paint(BOLD, &applied.address),
                applied.id,
                paint(
                    DIM,
                    format!("{} in {:.1} s", past(applied.action), applied.seconds)
                ),
                pending(applied.pending.as_ref()),
            ),
            Record::Status(status) => status_line(status),
            Record::Diagnostic(_) => String::new(),
            Record::End(end) => self.end(end),
        }
    }

    fn begin(&mut self, begin: &Begin) -> String {
        self.commands
            .insert(begin.slice.clone(), begin.command.clone());
        let account = match (&begin.account, begin.offline) {
            (_, true) => " · offline: planned for an empty account".to_owned(),
            (Some(account), _) => format!(" · account {account}"),
            (None, _) => String::new(),
        };
        let header = format!(
            "{} · {}{account}\n",
            paint(BOLD, &begin.stack),
            begin.region
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
            paint(BOLD, format!("{}.{}", output.slice, output.name))
        )
    }

    fn end(&self, end: &End) -> String {
        let Some(command) = self.commands.get(&end.slice) else {
            return String::new();
        };
        let counts: Vec<String> = Action::ALL
            .iter()
            .filter(|action| **action != Action::None)
            .filter_map(|action| {
                let count = end.counts.get(action.word()).filter(|count| **count > 0)?;
                Some(paint(
                    of(*action),
                    format!(
                        "{count} {}",
                        if *command == Verb::Plan {
                            todo(*action)
                        } else {
                            past(*action)
                        }
                    ),
                ))
            })
            .collect();
        let same = end.counts.get(Action::None.word()).copied().unwrap_or(0);
        if *command == Verb::Doctor {
            return self.diagnosis(end);
        }
        let mut text = if *command == Verb::Status {
            let healths: Vec<String> = end
                .counts
                .iter()
                .map(|(health, count)| format!("{count} {health}"))
                .collect();
            if healths.is_empty() {
                "nothing".to_owned()
            } else {
                healths.join(", ")
            }
        } else if !counts.is_empty() {
            counts.join(", ")
        } else if end.status != Ended::Ok {
            "nothing was changed".to_owned()
        } else if *command == Verb::Destroy {
            "nothing to destroy".to_owned()
        } else if matches!(command, Verb::Rebuild | Verb::Import) {
            paint(OK, "the state is complete: nothing to import")
        } else {
            let resources = if same == 1 { "resource" } else { "resources" };
            paint(OK, format!("no changes: {same} {resources} up to date"))
        };
        match end.status {
            Ended::Ok => {}
            Ended::Failed => text.push_str(&paint(ERROR, " — failed")),
            Ended::Cancelled => text.push_str(&paint(
                WARN,
                " — stopped; run the command again to continue",
            )),
        }
        format!("{}: {text}\n", paint(BOLD, &end.slice))
    }
}

impl View {
    fn diagnosis(&self, end: &End) -> String {
        let count = |name: &str| end.counts.get(name).copied().unwrap_or(0);
        let text = match (count("findings"), count("mended")) {
            (0, _) if end.status == Ended::Ok => paint(OK, "no problems found"),
            (0, _) => paint(ERROR, "could not be checked"),
            (1, 0) => paint(WARN, "1 finding"),
            (found, 0) => paint(WARN, format!("{found} findings")),
            (found, fixed) => paint(WARN, format!("{found} findings, {fixed} fixed")),
        };
        format!("{}: {text}\n", paint(BOLD, &end.slice))
    }
}

fn resource(change: &ResourceChange) -> String {
    if change.action == Action::None && change.pending.is_none() {
        return String::new();
    }
    let style = of(change.action);
    let mut text = format!(
        "{} {}",
        paint(style, change.action.mark()),
        paint(BOLD, &change.address)
    );
    if let Some(id) = &change.id {
        let _ = write!(text, " ({id})");
    }
    let _ = writeln!(text, "  {}", paint(style, todo(change.action)));
    let longest = change
        .fields
        .iter()
        .map(|field| field.path.len())
        .max()
        .unwrap_or(0);
    for field in &change.fields {
        let _ = writeln!(
            text,
            "    {:longest$}  {}",
            field.path,
            values(change.action, field)
        );
    }
    text + &pending(change.pending.as_ref())
}

/// A line for what AWS does later by itself.
fn pending(pending: Option<&String>) -> String {
    pending.map_or(String::new(), |what| {
        format!("    {} {what}\n", paint(WARN, "pending:"))
    })
}

fn values(action: Action, field: &Change) -> String {
    if action == Action::Create {
        return brief(&field.after);
    }
    let mut text = from_to(&field.before, &field.after);
    if field.cause == Cause::Drift {
        text.push_str(&paint(WARN, "  drift"));
    }
    if field.replaces {
        text.push_str(&paint(ERROR, "  replaces"));
    }
    text
}

fn status_line(status: &Status) -> String {
    let (mark, style) = match status.health {
        Health::Ready => ("✓", OK),
        Health::Pending | Health::Leaving | Health::Unfinished | Health::Drifted => ("~", WARN),
        Health::Absent => ("·", DIM),
        Health::Failed | Health::Gone | Health::Unknown => ("✗", ERROR),
    };
    let mut text = format!(
        "{} {}  {}  {}",
        paint(style, mark),
        paint(BOLD, &status.address),
        status.id.as_deref().unwrap_or("-"),
        paint(style, status.health.as_str())
    );
    if let Some(reason) = &status.reason {
        let _ = write!(text, ": {reason}");
    }
    text.push('\n');
    for field in &status.fields {
        let change = from_to(&field.before, &field.after);
        let _ = writeln!(text, "    {}  {change}", field.path);
    }
    text.push_str(&pending(status.pending.as_ref()));
    let longest = status.details.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in &status.details {
        let _ = writeln!(
            text,
            "    {}  {}",
            paint(DIM, format!("{name:longest$}")),
            short(value)
        );
    }
    text
}

fn past(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Import => "imported",
        Action::None => "unchanged",
    }
}

fn todo(action: Action) -> &'static str {
    match action {
        Action::Create => "to create",
        Action::Update => "to update",
        Action::Replace => "to replace",
        Action::Delete => "to delete",
        Action::Import => "to import",
        Action::None => "unchanged",
    }
}
