//! The text of `status`: the stack on one screen; and with `--full`, each resource with its health, drift and details.

use crate::output::flow::Flow;
use crate::output::look::{Look, Signs};
use crate::output::style::{BOLD, DIM, ERROR, OK, WARN, paint};
use crate::output::value::{from_to, short};
use crate::output::view::model::{Run, StackView};
use crate::output::view::overview::overview;
use crate::records::{End, Health, Status, Verb};
use anstyle::Style;

/// What stands in front of a resource with this health: a tick only for what is healthy. Signs that are ASCII, too, are words
/// where a screen reader reads them.
pub(super) fn mark(health: Health, signs: Signs) -> (&'static str, Style) {
    let words = signs == Signs::Words;
    match health {
        Health::Ready => ("✓", OK),
        Health::Pending | Health::Leaving | Health::Unfinished | Health::Drifted => {
            (if words { "note:" } else { "~" }, WARN)
        }
        Health::Absent => (if words { "absent:" } else { "·" }, DIM),
        Health::Unhealthy => (signs.attention(), ERROR),
        Health::Failed | Health::Gone | Health::Unknown => ("✗", ERROR),
    }
}

/// A resource with its health, its drift and its details.
pub(super) fn resource(status: &Status, look: Look) -> String {
    let width = look.width;
    let (mark, style) = mark(status.health, look.signs);
    let mut head = Flow::default();
    head.put(style, mark).put(BOLD, &status.address).gap(2);
    head.plain(status.id.as_deref().unwrap_or("-")).gap(2);
    head.put(style, status.health.as_str());
    if let Some(reason) = &status.reason {
        head.gap(0).plain(":").plain(reason);
    }
    let mut text = head.lines(0, 4, width);
    for field in &status.fields {
        let mut line = Flow::default();
        line.plain(&field.path).gap(2);
        line.plain(&from_to(&field.before, &field.after));
        text.push_str(&line.lines(4, 6, width));
    }
    if let Some(what) = &status.pending {
        let mut line = Flow::default();
        line.put(WARN, "pending").plain(what);
        text.push_str(&line.lines(4, 6, width));
    }
    let names = status.details.keys().map(|name| name.chars().count());
    let longest = names.max().unwrap_or(0);
    for (name, value) in &status.details {
        let mut line = Flow::default();
        line.put(DIM, name);
        line.gap(2 + longest.saturating_sub(name.chars().count()));
        line.plain(&short(value));
        text.push_str(&line.lines(4, 6 + longest, width));
    }
    text
}

/// The most lines that the status of a whole stack has at 80 columns, its header included.
const MOST_LINES: usize = 24;
/// The columns of a mark and a label, which no wrapped line uses.
const LABELS: usize = 16;

/// The most lines at this width. A narrow terminal shows the same words as one of 80 columns, in more lines.
fn most_lines(width: usize) -> usize {
    let words = width.saturating_sub(LABELS).max(1);
    MOST_LINES.max((MOST_LINES * (80 - LABELS)).div_ceil(words))
}

/// The status of a stack on one screen: what people ask for first, then what is not well. With `look.full`, every resource
/// was shown before, and nothing is left out.
pub(super) fn screen(stack: &StackView, look: Look) -> String {
    let runs: Vec<&Run> = stack
        .runs
        .iter()
        .filter(|run| run.command == Some(Verb::Status) || !run.statuses.is_empty())
        .collect();
    if runs.is_empty() && stack.charged.is_none() {
        return String::new();
    }
    let all: Vec<&Status> = runs.iter().flat_map(|run| &run.statuses).collect();
    let mut text = String::new();
    for line in overview(stack, &runs, &all, look) {
        text.push_str(&line.lines(0, LABELS, look.width));
    }
    if look.full {
        return text;
    }
    let room = most_lines(look.width) - 2;
    let mut bad: Vec<&Status> = all
        .iter()
        .filter(|one| !matches!(one.health, Health::Ready | Health::Absent))
        .copied()
        .collect();
    bad.sort_by_key(|one| std::cmp::Reverse(badness(one.health)));
    let mut left = bad.len();
    for group in groups(&bad) {
        let room = room.saturating_sub(text.lines().count());
        let fits = |text: &String| text.lines().count() <= room;
        let shown = Some(entry(&group, false, look)).filter(fits);
        // Which ones they are counts more than why. A part of a reason would mislead.
        let shown = shown.or_else(|| Some(entry(&group, true, look)).filter(fits));
        let Some(shown) = shown else {
            text.push_str(&paint(
                WARN,
                format!("and {left} more that are not well: status --full\n"),
            ));
            break;
        };
        text.push_str(&shown);
        left -= group.len();
    }
    text
}

/// The fewest resources with the same to say that share an entry.
const FEWEST_ALIKE: usize = 3;
/// The most resources that an entry names.
const MOST_NAMED: usize = 6;

/// These resources, in their order; those of one kind with the same reason, such as alarms without data, are together.
fn groups<'a>(bad: &[&'a Status]) -> Vec<Vec<&'a Status>> {
    let alike = |one: &Status, other: &Status| {
        let plain = |one: &Status| one.fields.is_empty() && one.pending.is_none();
        let key = |one: &'_ Status| (one.slice.clone(), one.kind.clone(), one.reason.clone());
        plain(one) && plain(other) && one.health == other.health && key(one) == key(other)
    };
    let mut groups: Vec<Vec<&Status>> = Vec::new();
    for status in bad {
        match groups.iter_mut().find(|group| alike(group[0], status)) {
            Some(group) => group.push(status),
            None => groups.push(vec![status]),
        }
    }
    let split = |group: Vec<&'a Status>| match group.len() < FEWEST_ALIKE {
        true => group.into_iter().map(|one| vec![one]).collect(),
        false => vec![group],
    };
    groups.into_iter().flat_map(split).collect()
}

/// The resources of a group that are not well. In short, without what is wrong with them.
fn entry(group: &[&Status], in_short: bool, look: Look) -> String {
    let mut status = Status {
        // Details stand above, as far as people ask for them.
        details: serde_json::Map::new(),
        ..group[0].clone()
    };
    if in_short {
        status.reason = Some("status --full shows why".to_owned());
        status.fields = Vec::new();
        status.pending = None;
    }
    if let [_] = group {
        return resource(&status, look);
    }
    let (mark, style) = mark(status.health, look.signs);
    let mut head = Flow::default();
    head.put(style, mark);
    let what = format!("{}.{} × {}", status.slice, status.kind, group.len());
    head.put(BOLD, &what)
        .gap(2)
        .put(style, status.health.as_str());
    if let Some(reason) = &status.reason {
        head.gap(0).plain(":").plain(reason);
    }
    let mut text = head.lines(0, 4, look.width);
    let names = group.iter().map(|one| one.address.rsplit('.').next());
    let names: Vec<&str> = names.flatten().take(MOST_NAMED).collect();
    let mut line = Flow::default();
    line.plain(&names.join(", "));
    if group.len() > MOST_NAMED {
        line.gap(0)
            .plain(&format!(", and {} more", group.len() - MOST_NAMED));
    }
    if !in_short {
        text.push_str(&line.lines(4, 4, look.width));
    }
    text
}

/// How bad a health is, for what comes first.
pub(super) fn badness(health: Health) -> u8 {
    match health {
        Health::Ready => 0,
        Health::Absent => 1,
        Health::Pending | Health::Leaving | Health::Unfinished | Health::Drifted => 2,
        Health::Unhealthy => 3,
        Health::Failed | Health::Gone | Health::Unknown => 4,
    }
}

/// How many resources have each health.
pub(super) fn summary(end: &End) -> String {
    let counts: Vec<String> = end
        .counts
        .iter()
        .map(|(health, count)| format!("{count} {health}"))
        .collect();
    if counts.is_empty() {
        "no resources".to_owned()
    } else {
        counts.join(", ")
    }
}
