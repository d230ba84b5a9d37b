//! The text of a plan: each resource that changes, with its fields.

use crate::output::clean::one_line;
use crate::output::style::{BOLD, ERROR, OK, WARN, of, paint};
use crate::output::value::{brief, from_to};
use crate::output::view::{pending_line, summary};
use crate::records::{End, ResourceChange};
use crate::resource::action::Action;
use crate::resource::change::{Cause, Change};
use crate::stack::is_own_tag;
use std::fmt::Write;

/// A resource and what an apply would do with it; empty where that is nothing.
pub(super) fn change(change: &ResourceChange) -> String {
    if change.action == Action::None && change.pending.is_none() {
        return String::new();
    }
    let style = of(change.action);
    let mut text = format!(
        "{} {}",
        paint(style, change.action.mark()),
        paint(BOLD, one_line(&change.address))
    );
    if let Some(id) = &change.id {
        let _ = write!(text, " ({})", one_line(id));
    }
    let _ = writeln!(text, "  {}", paint(style, to_do(change.action)));
    let fields = change.fields.iter();
    let fields = fields.map(|field| {
        (
            one_line(&field.path).into_owned(),
            values(change.action, field),
        )
    });
    // The others follow from the stack and the address.
    let tags = change.tags.iter().filter(|(key, _)| !is_own_tag(key));
    let tags = tags.map(|(key, value)| {
        (
            one_line(&format!("tags.{key}")).into_owned(),
            one_line(value).into_owned(),
        )
    });
    let lines: Vec<(String, String)> = fields.chain(tags).collect();
    let longest = lines.iter().map(|(path, _)| path.len()).max().unwrap_or(0);
    for (path, value) in lines {
        let _ = writeln!(text, "    {path:longest$}  {value}");
    }
    text + &pending_line(change.pending.as_ref())
}

/// The last line of a plan.
pub(super) fn summary(end: &End) -> String {
    let counts = summary::counts_by_action(end, to_do);
    if counts.is_empty() {
        no_changes(end)
    } else {
        counts
    }
}

/// The last line of a plan or an apply that finds nothing to change.
pub(super) fn no_changes(end: &End) -> String {
    let count = end.counts.get(Action::None.word()).copied().unwrap_or(0);
    let resources = if count == 1 { "resource" } else { "resources" };
    paint(OK, format!("no changes: {count} {resources} up to date"))
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

fn to_do(action: Action) -> &'static str {
    match action {
        Action::Create => "to create",
        Action::Update => "to update",
        Action::Replace => "to replace",
        Action::Delete => "to delete",
        Action::Import => "to import",
        Action::None => "unchanged",
    }
}
