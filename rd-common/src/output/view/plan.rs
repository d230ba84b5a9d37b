//! The text of a plan: first what it does as a whole and what is dangerous about it, then each slice in pipe order, with
//! a line for each creation and the fields of each change.

use crate::output::flow::Flow;
use crate::output::look::{Look, Signs};
use crate::output::style::{BOLD, DIM, ERROR, INFO, OK, WARN, of, unstyled};
use crate::output::value::short;
use crate::output::view::danger::{Dangers, dangers};
use crate::output::view::field_diff::{Difference, parts};
use crate::output::view::model::{Run, StackView};
use crate::output::view::to_do;
use crate::records::{Ended, ResourceChange};
use crate::resource::action::Action;
use crate::resource::change::{Cause, Change};
use crate::resource::input::{as_join, as_reference};
use crate::stack::is_own_tag;
use anstyle::Style;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most resources that a line of the summary names.
const MOST_NAMED: usize = 6;
/// The widest column of paths.
const WIDEST_PATH: usize = 30;
/// The indentation of what belongs to a resource.
const INDENT: usize = 4;

/// The whole plan of a stack, without the heading that names the stack.
pub(super) fn text(stack: &StackView, look: Look) -> String {
    let plans: Vec<&Run> = stack.plans().collect();
    let mut text = summary(stack, &plans, look);
    for danger in dangers(stack) {
        text.push_str(&danger_line(&danger, look));
    }
    let mut unchanged = Vec::new();
    let mut folded = false;
    for run in &plans {
        if is_unchanged(run) {
            unchanged.push(*run);
            continue;
        }
        if plans.len() > 1 {
            let mut heading = Flow::default();
            heading.put(BOLD, &format!("{}:", run.slice));
            put_counts(&mut heading, run);
            text.push_str(&heading.lines(0, 2, look.width));
        }
        text.push_str(&changes(run, look));
        let created = |one: &ResourceChange| one.action == Action::Create && !one.fields.is_empty();
        folded |= run.changes.iter().any(created);
    }
    if plans.len() > 1 && unchanged.len() < plans.len() && !unchanged.is_empty() {
        let slices: Vec<String> = unchanged
            .iter()
            .map(|run| format!("{} ({})", run.slice, run.count(Action::None)))
            .collect();
        let mut line = Flow::default();
        line.put(OK, "no changes:").plain(&slices.join(", "));
        text.push_str(&line.lines(0, 2, look.width));
    }
    if folded && !look.full {
        let mut line = Flow::default();
        line.put(DIM, "--full shows every field of what is created");
        text.push_str(&line.lines(0, 2, look.width));
    }
    text
}

/// What a plan does with each resource that changes.
pub fn changes(run: &Run, look: Look) -> String {
    in_order(run).map(|one| change(one, look)).collect()
}

/// How many resources have each action, in words without a style: `4 to create, 1 to change`.
pub fn counts(counts: &BTreeMap<Action, usize>) -> String {
    let mut line = Flow::default();
    put_counts_of(&mut line, counts);
    unstyled(line.lines(0, 0, usize::MAX).trim_end())
}

/// Whether nothing of a plan needs a line.
fn is_unchanged(run: &Run) -> bool {
    let ended_well = run.end.as_ref().is_none_or(|end| end.status == Ended::Ok);
    ended_well && run.changes.iter().all(needs_no_line)
}

fn needs_no_line(change: &ResourceChange) -> bool {
    change.action == Action::None && change.pending.is_none()
}

/// The changes of a plan: those of what exists before those that only create.
fn in_order(run: &Run) -> impl Iterator<Item = &ResourceChange> {
    let changes = |created: bool| {
        let changes = run.changes.iter().filter(|one| !needs_no_line(one));
        changes.filter(move |one| (one.action == Action::Create) == created)
    };
    changes(false).chain(changes(true))
}

/// What an apply would do, in one line.
fn summary(stack: &StackView, plans: &[&Run], look: Look) -> String {
    let mut line = Flow::default();
    if let [run] = plans {
        line.put(BOLD, &format!("{}:", run.slice));
        put_counts(&mut line, run);
    } else {
        let counts = stack.counts();
        let changed = counts.keys().any(|action| *action != Action::None);
        let failed = plans.iter().find_map(|run| ended_badly(run));
        if changed || failed.is_none() {
            put_counts_of(&mut line, &counts);
        } else {
            line.plain("nothing was changed");
        }
        if let Some((style, words)) = failed {
            line.put(style, words);
        }
    }
    if let Some(cost) = stack.cost() {
        line.gap(0).plain(";").put(BOLD, &cost.text());
    }
    line.lines(0, 2, look.width)
}

/// How many resources of a slice have each action, and how its plan ended.
fn put_counts(line: &mut Flow, run: &Run) {
    let mut counts = BTreeMap::new();
    for change in &run.changes {
        *counts.entry(change.action).or_insert(0) += 1;
    }
    // A plan of an earlier version may leave out what is up to date.
    if counts.is_empty()
        && let Some(end) = &run.end
        && let Some(count) = end.counts.get(Action::None.word())
    {
        counts.insert(Action::None, usize::try_from(*count).unwrap_or(usize::MAX));
    }
    let failed = ended_badly(run);
    if counts.keys().all(|action| *action == Action::None) && failed.is_some() {
        line.plain("nothing was changed");
    } else {
        put_counts_of(line, &counts);
    }
    if let Some((style, words)) = failed {
        line.put(style, words);
    }
}

fn ended_badly(run: &Run) -> Option<(Style, &'static str)> {
    match run.end.as_ref()?.status {
        Ended::Ok => None,
        Ended::Failed => Some((ERROR, "— failed")),
        Ended::Cancelled => Some((WARN, "— stopped; run the command again to continue")),
    }
}

fn put_counts_of(line: &mut Flow, counts: &BTreeMap<Action, usize>) {
    let shown: Vec<(Action, usize)> = Action::ALL
        .into_iter()
        .filter(|action| *action != Action::None)
        .filter_map(|action| Some((action, *counts.get(&action)?)))
        .collect();
    for (index, (action, count)) in shown.iter().enumerate() {
        let comma = if index + 1 < shown.len() { "," } else { "" };
        line.put(of(*action), &format!("{count} {}{comma}", to_do(*action)));
    }
    if shown.is_empty() {
        let count = counts.get(&Action::None).copied().unwrap_or(0);
        let resources = if count == 1 { "resource" } else { "resources" };
        line.put(OK, &format!("no changes: {count} {resources} up to date"));
    }
}

fn danger_line(danger: &Dangers, look: Look) -> String {
    let mut line = Flow::default();
    line.put(ERROR, look.signs.attention());
    line.put(BOLD, &format!("{}:", danger.title));
    let most = if look.full { usize::MAX } else { MOST_NAMED };
    let named = danger.of.iter().take(most).cloned();
    let mut named = named.collect::<Vec<_>>().join(", ");
    if danger.of.len() > most {
        named.push_str(&format!(", and {} more", danger.of.len() - most));
    }
    line.plain(&named);
    line.lines(0, 2, look.width)
}

/// A resource and what an apply would do with it.
fn change(change: &ResourceChange, look: Look) -> String {
    let style = of(change.action);
    let mut line = Flow::default();
    line.put(style, look.signs.mark(change.action));
    line.put(BOLD, &change.address);
    if let Some(id) = &change.id {
        line.plain(&format!("({id})"));
    }
    if change.action == Action::Create && !look.full {
        put_what_fits(&mut line, change, look);
    } else if look.signs != Signs::Words || change.action == Action::None {
        line.gap(2).put(style, to_do(change.action));
    }
    let mut text = line.lines(0, INDENT, look.width);
    if change.action != Action::Create || look.full {
        text.push_str(&fields(change, look));
    }
    if let Some(pending) = &change.pending {
        let mut line = Flow::default();
        line.put(WARN, "pending").plain(pending);
        text.push_str(&line.lines(INDENT, INDENT + 2, look.width));
    }
    text
}

/// Adds the fields that tell a new resource from others of its kind, as far as they fit on the line.
fn put_what_fits(line: &mut Flow, change: &ResourceChange, look: Look) {
    let mut first = true;
    for field in &change.fields {
        if !is_telling(&field.path, &field.after) {
            continue;
        }
        let text = match field.path.as_str() {
            "description" => short(&field.after),
            path => format!("{path} {}", short(&field.after)),
        };
        let text = if first { text } else { format!("· {text}") };
        let mut longer = line.clone();
        longer.gap(if first { 2 } else { 1 });
        longer.put(DIM, &look.signs.spell(&text));
        if longer.columns() <= look.width {
            *line = longer;
            first = false;
        }
    }
}

/// Whether a field says something on its own: a number or a text, not a name, which is in the address, the id of another
/// resource, or a switch.
fn is_telling(path: &str, value: &Value) -> bool {
    if path == "name" || ["_id", "_arn"].iter().any(|end| path.ends_with(end)) {
        return false;
    }
    match value {
        Value::Number(_) => true,
        Value::String(text) => !text.is_empty(),
        _ => false,
    }
}

/// The fields of a resource, a line or more for each part that differs.
fn fields(change: &ResourceChange, look: Look) -> String {
    let mut rows: Vec<(String, Flow)> = Vec::new();
    for field in &change.fields {
        for part in parts(change.action, field) {
            for mut value in differences(&part.difference, look) {
                if change.action != Action::Create {
                    put_cause(&mut value, field);
                }
                rows.push((part.path.clone(), value));
            }
        }
    }
    // The others follow from the stack and the address.
    for (key, tag) in change.tags.iter().filter(|(key, _)| !is_own_tag(key)) {
        let mut value = Flow::default();
        value.plain(tag);
        rows.push((format!("tags.{key}"), value));
    }
    let widths = rows.iter().map(|(path, _)| path.chars().count());
    let widest = widths.filter(|width| *width <= WIDEST_PATH).max();
    let widest = widest.filter(|_| look.signs != Signs::Words).unwrap_or(0);
    let mut text = String::new();
    for (path, value) in rows {
        let taken = path.chars().count();
        let mut indent = INDENT + widest + 2;
        if taken > widest || indent > look.width / 2 || indent + value.longest_word() > look.width {
            indent = INDENT + 4;
        }
        let mut line = Flow::default();
        line.plain(&path);
        line.gap(widest.saturating_sub(taken) + 2).append(value);
        text.push_str(&line.lines(INDENT, indent, look.width));
    }
    text
}

/// What is different, in a line each.
fn differences(difference: &Difference, look: Look) -> Vec<Flow> {
    let list = |items: &[Value]| items.iter().map(short).collect::<Vec<_>>().join(", ");
    let mut line = Flow::default();
    match difference {
        Difference::Value(value) => put_value(&mut line, value),
        Difference::Changed(before, after) => {
            put_value(&mut line, before);
            line.plain(look.signs.arrow());
            put_value(&mut line, after);
        }
        Difference::Items(added, removed) => {
            let mut lines = Vec::new();
            for (style, word, items) in [(OK, "added", added), (ERROR, "removed", removed)] {
                if !items.is_empty() {
                    let mut line = Flow::default();
                    line.put(style, &format!("{word} {}", list(items)));
                    lines.push(line);
                }
            }
            return lines;
        }
        Difference::Order(items) => {
            line.plain(&format!("in another order: {}", list(items)));
        }
    }
    vec![line]
}

fn put_value(line: &mut Flow, value: &Value) {
    let style = match as_reference(value).is_some() || as_join(value).is_some() {
        true => INFO,
        false => Style::new(),
    };
    match short(value).as_str() {
        // Nothing would be seen of it.
        text if text.trim().is_empty() => line.plain("\"\""),
        text => line.put(style, text),
    };
}

fn put_cause(line: &mut Flow, field: &Change) {
    line.gap(2);
    match field.cause {
        Cause::Config => line.put(DIM, "config"),
        Cause::Drift => line.put(WARN, "drift"),
    };
    if field.replaces {
        line.gap(2).put(ERROR, "replaces");
    }
}
