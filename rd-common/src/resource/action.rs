//! The actions of a plan: what an apply does with a resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a plan or an apply does with one resource.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It does not exist: create it.
    Create,
    /// Some of its fields differ: change them in place.
    Update,
    /// A field differs that AWS cannot change: create a successor and delete the old one.
    Replace,
    /// Neither the settings nor another resource needs it: delete it.
    Delete,
    /// It exists with the stack's tags or its name, but the state lacks it: record it there.
    #[serde(rename = "adopt")]
    Import,
    /// It is up to date: do nothing.
    None,
}

impl Action {
    /// Every action, in the order in which a summary counts them.
    pub const ALL: [Action; 6] = [
        Action::Create,
        Action::Update,
        Action::Replace,
        Action::Delete,
        Action::Import,
        Action::None,
    ];

    /// The word for it in records and in counts.
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

    /// The character in front of a resource in text for people.
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
