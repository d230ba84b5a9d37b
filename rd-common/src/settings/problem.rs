//! A problem that a slice finds in its settings. [`crate::settings::Settings::reject`] adds the place of the value.

/// A value of a setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key in the slice's table, with dots where it is nested.
    pub key: String,
    /// What is wrong with the value, such as `0 is not a port`.
    pub what: String,
    /// The values that are allowed.
    pub allowed: String,
}

impl Problem {
    /// A problem with the value of `key`.
    pub fn new(key: &str, what: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            what: what.into(),
            allowed: allowed.into(),
        }
    }
}
