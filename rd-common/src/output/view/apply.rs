//! The text of an apply or a destroy: a line for each resource that is done, and the last line.

use crate::output::clean::one_line;
use crate::output::style::{BOLD, DIM, of, paint};
use crate::output::view::{pending_line, summary};
use crate::records::{Applied, End};
use crate::resource::action::Action;

/// A resource that was created, updated, replaced, deleted or imported.
pub(super) fn applied(applied: &Applied) -> String {
    format!(
        "{} {} {}  {}\n{}",
        paint(of(applied.action), applied.action.mark()),
        paint(BOLD, one_line(&applied.address)),
        one_line(&applied.id),
        paint(
            DIM,
            format!("{} in {:.1} s", done(applied.action), applied.seconds)
        ),
        pending_line(applied.pending.as_ref()),
    )
}

/// The last line of an apply.
pub(super) fn summary(end: &End) -> String {
    let counts = counts(end);
    if counts.is_empty() {
        summary::no_changes(end)
    } else {
        counts
    }
}

/// The last line of a destroy.
pub(super) fn destroy_summary(end: &End) -> String {
    let counts = counts(end);
    if counts.is_empty() {
        "nothing to destroy".to_owned()
    } else {
        counts
    }
}

/// How many resources were created, updated and so on; empty where none was.
pub(super) fn counts(end: &End) -> String {
    summary::counts_by_action(end, done)
}

fn done(action: Action) -> &'static str {
    match action {
        Action::Create => "created",
        Action::Update => "updated",
        Action::Replace => "replaced",
        Action::Delete => "deleted",
        Action::Import => "imported",
        Action::None => "unchanged",
    }
}
