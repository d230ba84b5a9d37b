//! The last line of a program: what it did, and whether it failed.

use crate::output::clean::one_line;
use crate::output::style::{BOLD, ERROR, OK, WARN, of, paint};
use crate::output::view::{apply, doctor, import, status};
use crate::records::{End, Ended, Verb};
use crate::resource::action::Action;

/// The last line of the slice that ended, for the command that it ran.
pub(super) fn summary(command: &Verb, end: &End) -> String {
    let slice = paint(BOLD, one_line(&end.slice));
    if *command == Verb::Doctor {
        return format!("{slice}: {}\n", doctor::summary(end));
    }
    // What filters have to say stands above it.
    if matches!(command, Verb::Other(name) if name == "charged") && end.status == Ended::Ok {
        return String::new();
    }
    // The total of an estimate stands above it.
    if matches!(command, Verb::Other(name) if name == "estimate") {
        let is_done = end.counts.contains_key("lines");
        return match (end.status, is_done) {
            (Ended::Ok, _) => String::new(),
            (Ended::Failed, true) => format!("{slice}: {}\n", paint(ERROR, "over the limit")),
            (Ended::Failed, false) => format!("{slice}: {}\n", paint(ERROR, "failed")),
            (Ended::Cancelled, _) => format!("{slice}: {}\n", paint(WARN, "stopped")),
        };
    }
    let did_nothing = apply::counts(end).is_empty();
    let text = match command {
        Verb::Status => status::summary(end),
        _ if did_nothing && end.status != Ended::Ok => "nothing was changed".to_owned(),
        Verb::Destroy => apply::destroy_summary(end),
        Verb::Rebuild | Verb::Import | Verb::Adopt => import::summary(end),
        _ => apply::summary(end),
    };
    let ended = match end.status {
        Ended::Ok => String::new(),
        Ended::Failed => paint(ERROR, " — failed"),
        Ended::Cancelled => paint(WARN, " — stopped; run the command again to continue"),
    };
    format!("{slice}: {text}{ended}\n")
}

/// The last line of an apply that finds nothing to change.
pub(super) fn no_changes(end: &End) -> String {
    let count = end.counts.get(Action::None.word()).copied().unwrap_or(0);
    let resources = if count == 1 { "resource" } else { "resources" };
    paint(OK, format!("no changes: {count} {resources} up to date"))
}

/// How many resources had each action, such as `2 created, 1 deleted`. `word` names an action. Empty where there was
/// none.
pub(super) fn counts_by_action(end: &End, word: impl Fn(Action) -> &'static str) -> String {
    let counts: Vec<String> = Action::ALL
        .into_iter()
        .filter(|action| *action != Action::None)
        .filter_map(|action| {
            let count = end.counts.get(action.word()).filter(|count| **count > 0)?;
            Some(paint(of(action), format!("{count} {}", word(action))))
        })
        .collect();
    counts.join(", ")
}
