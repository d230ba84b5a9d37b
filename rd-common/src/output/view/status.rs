//! The text of `status`: the stack on one screen; and with `--full`, each resource with its health, drift and details.

use crate::output::flow::Flow;
use crate::output::look::Look;
use crate::output::style::{BOLD, DIM, ERROR, OK, WARN, paint};
use crate::output::value::{from_to, short};
use crate::output::view::model::{Run, StackView};
use crate::output::view::overview::overview;
use crate::records::{End, Health, Status, Verb};
use anstyle::Style;

/// What stands in front of a resource with this health: a tick only for what is healthy.
pub(super) fn mark(health: Health) -> (&'static str, Style) {
    match health {
        Health::Ready => ("✓", OK),
        Health::Pending | Health::Leaving | Health::Unfinished | Health::Drifted => ("~", WARN),
        Health::Absent => ("·", DIM),
        Health::Unhealthy => ("!", ERROR),
        Health::Failed | Health::Gone | Health::Unknown => ("✗", ERROR),
    }
}

/// A resource with its health, its drift and its details, within `width` columns.
pub(super) fn resource(status: &Status, width: usize) -> String {
    let (mark, style) = mark(status.health);
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
        text.push_str(&line.lines(0, 16, look.width));
    }
    if look.full {
        return text;
    }
    let room = MOST_LINES - 2;
    let mut bad: Vec<&&Status> = all
        .iter()
        .filter(|one| !matches!(one.health, Health::Ready | Health::Absent))
        .collect();
    bad.sort_by_key(|one| std::cmp::Reverse(badness(one.health)));
    for (index, status) in bad.iter().enumerate() {
        // Details stand above, as far as people ask for them.
        let without_details = Status {
            details: serde_json::Map::new(),
            ..(**status).clone()
        };
        let mut more = resource(&without_details, look.width);
        let left = room.saturating_sub(text.lines().count());
        if more.lines().count() > left {
            // Which one it is counts more than why.
            let in_short = Status {
                reason: None,
                fields: Vec::new(),
                pending: None,
                ..without_details
            };
            more = resource(&in_short, look.width);
        }
        if more.lines().count() > left {
            let left = bad.len() - index;
            text.push_str(&paint(
                WARN,
                format!("and {left} more that are not well: status --full\n"),
            ));
            break;
        }
        text.push_str(&more);
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
