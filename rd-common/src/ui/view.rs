//! Records as people like to read them.

use crate::engine::actions::Action;
use crate::model::change::{Cause, Change};
use crate::ui::style::{BAD, CARE, FAINT, GOOD, STRONG, of, paint};
use crate::ui::value::{brief, from_to, plain, short};
use crate::wire::record::{Begin, End, Ended, Output, Record, ResourceChange, Status};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Renders records; remembers which command each slice runs.
#[derive(Debug, Default)]
pub(super) struct View {
    commands: BTreeMap<String, String>,
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
                paint(STRONG, &applied.address),
                applied.id,
                paint(
                    FAINT,
                    format!("{} in {:.1} s", past(applied.action), applied.seconds)
                ),
                waits(applied.waits.as_ref()),
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
            (_, true) => " · offline, as for an empty account".to_owned(),
            (Some(account), _) => format!(" · account {account}"),
            (None, _) => String::new(),
        };
        let header = format!(
            "{} · {}{account}\n",
            paint(STRONG, &begin.stack),
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
        if self
            .commands
            .get(&output.slice)
            .is_some_and(|command| command != "output")
        {
            return String::new();
        }
        let value = output
            .value
            .as_ref()
            .map_or("(known after apply)".to_owned(), plain);
        format!(
            "{} = {value}\n",
            paint(STRONG, format!("{}.{}", output.slice, output.name))
        )
    }

    fn end(&self, end: &End) -> String {
        let command = self.commands.get(&end.slice).map_or("", String::as_str);
        if matches!(command, "output" | "") {
            return String::new();
        }
        let counts: Vec<String> = Action::ALL
            .iter()
            .filter(|action| **action != Action::None)
            .filter_map(|action| {
                let count = end.counts.get(action.word()).filter(|count| **count > 0)?;
                Some(paint(
                    of(*action),
                    format!(
                        "{count} {}",
                        if command == "plan" {
                            todo(*action)
                        } else {
                            past(*action)
                        }
                    ),
                ))
            })
            .collect();
        let same = end.counts.get(Action::None.word()).copied().unwrap_or(0);
        if command == "doctor" {
            return self.diagnosis(end);
        }
        let mut text = if command == "status" {
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
            "nothing done".to_owned()
        } else if command == "destroy" {
            "nothing to destroy".to_owned()
        } else if matches!(command, "rebuild" | "import") {
            paint(GOOD, "the state knows all that there is")
        } else {
            let resources = if same == 1 {
                "1 resource is".to_owned()
            } else {
                format!("{same} resources are")
            };
            paint(GOOD, format!("no changes: {resources} as wanted"))
        };
        match end.status {
            Ended::Ok => {}
            Ended::Failed => text.push_str(&paint(BAD, " — failed")),
            Ended::Cancelled => text.push_str(&paint(CARE, " — stopped; run it again to go on")),
        }
        format!("{}: {text}\n", paint(STRONG, &end.slice))
    }
}

impl View {
    fn diagnosis(&self, end: &End) -> String {
        let count = |name: &str| end.counts.get(name).copied().unwrap_or(0);
        let text = match (count("findings"), count("mended")) {
            (0, _) if end.status == Ended::Ok => paint(GOOD, "all is well"),
            (0, _) => paint(BAD, "not examined"),
            (1, 0) => paint(CARE, "1 finding"),
            (found, 0) => paint(CARE, format!("{found} findings")),
            (found, mended) => paint(CARE, format!("{found} found, {mended} mended")),
        };
        format!("{}: {text}\n", paint(STRONG, &end.slice))
    }
}

fn resource(change: &ResourceChange) -> String {
    if change.action == Action::None && change.waits.is_none() {
        return String::new();
    }
    let style = of(change.action);
    let mut text = format!(
        "{} {}",
        paint(style, change.action.mark()),
        paint(STRONG, &change.address)
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
    text + &waits(change.waits.as_ref())
}

/// A line for what AWS does later by itself.
fn waits(waits: Option<&String>) -> String {
    waits.map_or(String::new(), |what| {
        format!("    {} {what}\n", paint(CARE, "waits:"))
    })
}

fn values(action: Action, field: &Change) -> String {
    if action == Action::Create {
        return brief(&field.after);
    }
    let mut text = from_to(&field.before, &field.after);
    if field.cause == Cause::Drift {
        text.push_str(&paint(CARE, "  drift"));
    }
    if field.replaces {
        text.push_str(&paint(BAD, "  replaces"));
    }
    text
}

fn status_line(status: &Status) -> String {
    let (mark, style) = match status.health.as_str() {
        "ready" => ("✓", GOOD),
        "pending" | "leaving" | "unfinished" | "drifted" => ("~", CARE),
        "absent" => ("·", FAINT),
        _ => ("✗", BAD),
    };
    let mut text = format!(
        "{} {}  {}  {}",
        paint(style, mark),
        paint(STRONG, &status.address),
        status.id.as_deref().unwrap_or("-"),
        paint(style, &status.health)
    );
    if let Some(reason) = &status.reason {
        let _ = write!(text, ": {reason}");
    }
    text.push('\n');
    for field in &status.fields {
        let change = from_to(&field.before, &field.after);
        let _ = writeln!(text, "    {}  {change}", field.path);
    }
    text.push_str(&waits(status.waits.as_ref()));
    let longest = status.details.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in &status.details {
        let _ = writeln!(
            text,
            "    {}  {}",
            paint(FAINT, format!("{name:longest$}")),
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
        Action::Adopt => "adopted",
        Action::None => "unchanged",
    }
}

fn todo(action: Action) -> &'static str {
    match action {
        Action::Create => "to create",
        Action::Update => "to update",
        Action::Replace => "to replace",
        Action::Delete => "to delete",
        Action::Adopt => "to adopt",
        Action::None => "unchanged",
    }
}
