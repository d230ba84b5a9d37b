//! What is dangerous about a plan, so that nobody overlooks it among creations.

use crate::output::view::model::StackView;
use crate::records::Danger;
use crate::resource::action::Action;

/// The changes of one danger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dangers {
    /// What happens, such as `2 to replace`.
    pub title: String,
    /// The resources, each with the reason where there is one.
    pub of: Vec<String>,
}

/// The dangers of the plans of a stack, the worst first.
pub fn dangers(stack: &StackView) -> Vec<Dangers> {
    let mut dangers = Vec::new();
    let mut add = |title: String, of: Vec<String>| {
        if !of.is_empty() {
            dangers.push(Dangers { title, of });
        }
    };
    for (danger, title) in [
        (Danger::Data, "data is lost"),
        (Danger::Downtime, "downtime"),
        (Danger::Other, "dangerous"),
    ] {
        let mut of = Vec::new();
        for change in stack.changes() {
            let risks = change.risks.iter().filter(|risk| risk.danger == danger);
            of.extend(risks.map(|risk| format!("{} ({})", change.address, risk.reason)));
        }
        add(title.to_owned(), of);
    }
    for (action, words) in [
        (Action::Delete, "to delete"),
        (Action::Replace, "to replace"),
    ] {
        let changes = stack.changes().filter(|change| change.action == action);
        let of: Vec<String> = changes.map(|change| change.address.clone()).collect();
        add(format!("{} {words}", of.len()), of);
    }
    dangers
}
