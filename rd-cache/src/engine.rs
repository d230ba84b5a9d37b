//! The engines of ElastiCache, Redis and Valkey: their versions and their parameter families.
//! <https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html>

use serde::{Deserialize, Serialize};

/// The engine of the cache, as `engine` in `[cache]` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// Redis OSS, `redis` in AWS's API.
    Redis,
    /// Valkey, the fork of Redis, `valkey` in AWS's API.
    Valkey,
}

impl Engine {
    /// The engine's name in AWS's API.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Redis => "redis",
            Engine::Valkey => "valkey",
        }
    }

    /// The version if the settings have none.
    pub fn default_version(self) -> &'static str {
        match self {
            Engine::Redis => "7.1",
            Engine::Valkey => "8.0",
        }
    }

    /// The parameter family of a version, such as `redis7`.
    pub fn family(self, version: &str) -> String {
        let major = version.split('.').next().unwrap_or_default();
        match (self, major) {
            // Before version 7, each minor version had a family.
            (Engine::Redis, "6") => "redis6.x".to_owned(),
            _ => format!("{}{major}", self.name()),
        }
    }
}

/// The first major version whose versions have two numbers; before, the patch number is part of them.
const FIRST_MAJOR: u32 = 6;

/// Whether a text has the form of a version, such as `7.1`: ElastiCache itself chooses the patch number.
pub fn is_version(text: &str) -> bool {
    let number =
        |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(major, minor)| number(major) && number(minor))
        && major_minor(text).is_some_and(|(major, _)| major >= FIRST_MAJOR)
}

/// The major and the minor number of a version.
pub fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Whether the running version `live` satisfies the desired one: the same, or a newer one of the same major version, to
/// which AWS upgrades automatically.
pub fn satisfies(live: &str, desired: &str) -> bool {
    match (major_minor(live), major_minor(desired)) {
        (Some(live), Some(desired)) => live.0 == desired.0 && live.1 >= desired.1,
        _ => live == desired,
    }
}

/// Whether version `one` is older than `other`.
pub fn is_older(one: &str, other: &str) -> bool {
    major_minor(one) < major_minor(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_versions_follow_aws() {
        assert_eq!(Engine::Redis.family("7.1"), "redis7");
        assert_eq!(Engine::Redis.family("6.2"), "redis6.x");
        assert_eq!(Engine::Valkey.family("8.0"), "valkey8");
        assert!(satisfies("7.1.0", "7.1") && satisfies("7.1.0", "7.0"));
        assert!(!satisfies("7.0.7", "7.1") && !satisfies("8.0", "7.2"));
        assert_eq!(Engine::Valkey.family("9.1"), "valkey9");
        assert!(is_version("7.1") && is_version("10.12"));
        for text in ["7", "7.1.0", "7.x", "7.", ".1", "", "5.0", "valkey 8.0"] {
            assert!(!is_version(text), "{text}");
        }
        assert!(is_older("7.0", "7.1.0") && !is_older("7.1", "7.1.0"));
    }
}
