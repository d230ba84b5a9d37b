//! The command that a program in a pipe runs, as its `begin` record names it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A command that writes records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Verb {
    /// Shows what an apply would do.
    Plan,
    /// Creates and updates resources.
    Apply,
    /// Deletes the slice's resources.
    Destroy,
    /// Shows the resources, their health and drift.
    Status,
    /// Rebuilds the state from AWS.
    Rebuild,
    /// Imports one existing resource into the state.
    Import,
    /// Takes over resources that another tool has made.
    Adopt,
    /// Reports inconsistencies between state and AWS.
    Doctor,
    /// A command of a program that owns no slice, or of a newer version.
    Other(String),
}

impl Verb {
    /// The command as on the command line and in records.
    pub fn as_str(&self) -> &str {
        match self {
            Verb::Plan => "plan",
            Verb::Apply => "apply",
            Verb::Destroy => "destroy",
            Verb::Status => "status",
            Verb::Rebuild => "rebuild",
            Verb::Import => "import",
            Verb::Adopt => "adopt",
            Verb::Doctor => "doctor",
            Verb::Other(name) => name,
        }
    }

    /// Whether its records include outputs that slices downstream can use.
    pub fn gives_outputs(&self) -> bool {
        matches!(self, Verb::Plan | Verb::Apply | Verb::Status)
    }

    /// Whether it only reads, so that it can use the outputs of a plan upstream.
    pub fn uses_planned_outputs(&self) -> bool {
        matches!(self, Verb::Plan | Verb::Status)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<String> for Verb {
    fn from(name: String) -> Self {
        let known = [
            Verb::Plan,
            Verb::Apply,
            Verb::Destroy,
            Verb::Status,
            Verb::Rebuild,
            Verb::Import,
            Verb::Adopt,
            Verb::Doctor,
        ];
        known
            .into_iter()
            .find(|verb| verb.as_str() == name)
            .unwrap_or(Verb::Other(name))
    }
}

impl From<Verb> for String {
    fn from(verb: Verb) -> Self {
        verb.as_str().to_owned()
    }
}
