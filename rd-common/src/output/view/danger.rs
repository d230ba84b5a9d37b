//! What is dangerous about a plan, so that nobody overlooks it among creations.

use crate::output::view::model::StackView;
use crate::resource::action::Action;

/// One danger, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Danger {
    /// What happens, such as `2 to replace`.
    pub title: String,
    /// The resources, each with more about it where there is more to say.
    pub of: Vec<String>,
}

/// The dangers of the plans of a stack, the worst first.
pub fn dangers(stack: &StackView) -> Vec<Danger> {
    let mut dangers = Vec::new();
    for (action, words) in [
        (Action::Delete, "to delete"),
        (Action::Replace, "to replace"),
    ] {
        let of: Vec<String> = stack
            .changes()
            .filter(|change| change.action == action)
            .map(|change| change.address.clone())
            .collect();
        if !of.is_empty() {
            dangers.push(Danger {
                title: format!("{} {words}", of.len()),
                of,
            });
        }
    }
    dangers
}
