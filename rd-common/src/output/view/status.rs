//! The text of `status`: each resource with its health, drift and details.

use crate::output::clean::one_line;
use crate::output::style::{BOLD, DIM, ERROR, OK, WARN, paint};
use crate::output::value::{from_to, short};
use crate::output::view::pending_line;
use crate::records::{End, Health, Status};
use std::fmt::Write;

/// A resource with its health.
pub(super) fn resource(status: &Status) -> String {
    let (mark, style) = match status.health {
        Health::Ready => ("✓", OK),
        Health::Pending | Health::Leaving | Health::Unfinished | Health::Drifted => ("~", WARN),
        Health::Absent => ("·", DIM),
        Health::Unhealthy => ("!", ERROR),
        Health::Failed | Health::Gone | Health::Unknown => ("✗", ERROR),
    };
    let mut text = format!(
        "{} {}  {}  {}",
        paint(style, mark),
        paint(BOLD, one_line(&status.address)),
        one_line(status.id.as_deref().unwrap_or("-")),
        paint(style, status.health.as_str())
    );
    if let Some(reason) = &status.reason {
        let _ = write!(text, ": {}", one_line(reason));
    }
    text.push('\n');
    for field in &status.fields {
        let change = from_to(&field.before, &field.after);
        let _ = writeln!(text, "    {}  {change}", one_line(&field.path));
    }
    text.push_str(&pending_line(status.pending.as_ref()));
    let longest = status.details.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in &status.details {
        let _ = writeln!(
            text,
            "    {}  {}",
            paint(DIM, format!("{:longest$}", one_line(name))),
            short(value)
        );
    }
    text
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
