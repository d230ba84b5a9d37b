//! What a slice finds wrong with its section, before it is known where the value came from.

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key in the slice's section, dotted where nested.
    pub key: String,
    /// What is wrong with it.
    pub what: String,
    /// What is allowed.
    pub allowed: String,
}

impl Problem {
    /// A problem with `key`.
    pub fn new(key: &str, what: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            what: what.into(),
            allowed: allowed.into(),
        }
    }
}
