//! What is to be done with a resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a plan or an apply does with one resource.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is not there: make it.
    Create,
    /// It differs: change it in place.
    Update,
    /// It differs in what AWS cannot change: make a new one, delete the old.
    Replace,
    /// It is not wanted any more.
    Delete,
    /// It exists with our tags or name and is missing in the state: import it.
    #[serde(rename = "adopt")]
    Import,
    /// It is as wanted.
    None,
}

impl Action {
    /// All of them, in the order in which a summary counts them.
    pub const ALL: [Action; 6] = [
        Action::Create,
        Action::Update,
        Action::Replace,
        Action::Delete,
        Action::Import,
        Action::None,
    ];

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Update => "update",
            Action::Replace => "replace",
            Action::Delete => "delete",
            Action::Import => "adopt",
            Action::None => "none",
        }
    }

    /// The mark in the view for people.
    pub fn mark(self) -> &'static str {
        match self {
            Action::Create => "+",
            Action::Update => "~",
            Action::Replace => "±",
            Action::Delete => "-",
            Action::Import => "<",
            Action::None => " ",
        }
    }
}
