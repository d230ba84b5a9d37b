//! The engines, their versions, and the families that their parameters belong to.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html>

use serde::{Deserialize, Serialize};

/// An engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Redis OSS.
    Redis,
    /// Valkey.
    Valkey,
}

impl Engine {
    /// AWS's word.
    pub fn word(self) -> &'static str {
        match self {
            Engine::Redis => "redis",
            Engine::Valkey => "valkey",
        }
    }

    /// The version where none is named.
    pub fn default_version(self) -> &'static str {
        match self {
            Engine::Redis => "7.1",
            Engine::Valkey => "8.0",
        }
    }

    /// The versions that can be asked for.
    pub fn versions(self) -> &'static [&'static str] {
        match self {
            Engine::Redis => &["6.2", "7.0", "7.1"],
            Engine::Valkey => &["7.2", "8.0", "8.1"],
        }
    }

    /// The family of parameters of a version.
    pub fn family(self, version: &str) -> String {
        let major = version.split('.').next().unwrap_or_default();
        match (self, major) {
            // Up to here, a family was of a minor version.
            (Engine::Redis, "6") => "redis6.x".to_owned(),
            _ => format!("{}{major}", self.word()),
        }
    }
}

/// A version's first two numbers.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Whether a live version serves where another is wanted: that one, or a newer one of the same major version, to which
/// AWS raises by itself.
pub fn serves(live: &str, wanted: &str) -> bool {
    match (numbers(live), numbers(wanted)) {
        (Some(live), Some(wanted)) => live.0 == wanted.0 && live.1 >= wanted.1,
        _ => live == wanted,
    }
}

/// Whether a version is below another.
pub fn is_below(one: &str, other: &str) -> bool {
    numbers(one) < numbers(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_versions() {
        assert_eq!(Engine::Redis.family("7.1"), "redis7");
        assert_eq!(Engine::Redis.family("6.2"), "redis6.x");
        assert_eq!(Engine::Valkey.family("8.0"), "valkey8");
        assert!(serves("7.1.0", "7.1") && serves("7.1.0", "7.0"));
        assert!(!serves("7.0.7", "7.1") && !serves("8.0", "7.2"));
        assert!(is_below("7.0", "7.1.0") && !is_below("7.1", "7.1.0"));
    }
}
