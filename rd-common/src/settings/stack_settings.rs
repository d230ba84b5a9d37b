//! The top-level keys of `rd.toml`, which every program reads.

use crate::settings::editions;
use crate::settings::problem::Problem;
use crate::settings::state_settings::StateSettings;
use crate::settings::tag_rules;
use crate::stack::Tags;
use serde::{Deserialize, Serialize};

/// The top-level keys, which are the same for all programs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StackSettings {
    /// The project's name, with which the name of every resource begins.
    pub project: String,
    /// The environment, such as `production`, the default.
    #[serde(default = "production")]
    pub environment: String,
    /// The edition, which chooses the table of defaults; see [`editions`].
    #[serde(default = "first_edition")]
    pub edition: u32,
    /// The AWS region; without it, that of the AWS SDK's own settings.
    #[serde(default)]
    pub region: Option<String>,
    /// The domain that serves HTTPS; none for plain HTTP.
    #[serde(default)]
    pub domain: Option<String>,
    /// Whether `destroy` is refused; true by default in production.
    #[serde(default)]
    pub protect: Option<bool>,
    /// The user's own tags, set on every resource.
    #[serde(default)]
    pub tags: Tags,
    /// `[state]`: where states are kept.
    #[serde(default)]
    pub state: StateSettings,
}

/// The environment of a file that names none, and the only one with the defaults of production.
pub const PRODUCTION: &str = "production";

/// How the names begin of environments that people mean as production.
const LIKE_PRODUCTION: [&str; 4] = ["prod", "production", "prd", "live"];

/// Whether the name of an environment reads like production, but is another.
pub fn resembles_production(environment: &str) -> bool {
    let first = environment.split('-').next().unwrap_or_default();
    environment != PRODUCTION
        && (LIKE_PRODUCTION.contains(&first)
            || strsim::damerau_levenshtein(environment, PRODUCTION) <= 2)
}

/// A warning that an environment is not production: the summary and the hint.
pub fn not_production(environment: &str) -> (String, &'static str) {
    (
        format!(
            "the environment `{environment}` has the defaults of a test environment: only `production` has those of production"
        ),
        "protect is false, backups are kept for a day, and deletes take no final snapshot: call it `production`, or set \
         protect = true and the keys that differ; protect = false ends this warning",
    )
}

fn production() -> String {
    PRODUCTION.to_owned()
}

fn first_edition() -> u32 {
    editions::FIRST
}

impl Default for StackSettings {
    fn default() -> Self {
        Self {
            project: String::new(),
            environment: production(),
            edition: first_edition(),
            region: None,
            domain: None,
            protect: None,
            tags: Tags::new(),
            state: StateSettings::default(),
        }
    }
}

impl StackSettings {
    /// The names of the top-level keys.
    pub(super) const KEYS: [&'static str; 8] = [
        "project",
        "environment",
        "edition",
        "region",
        "domain",
        "protect",
        "tags",
        "state",
    ];

    /// Whether `destroy` is refused, by the setting or by default.
    pub fn is_protected(&self) -> bool {
        self.protect.unwrap_or(self.environment == PRODUCTION)
    }

    /// Whether the environment reads like production without being it, and nobody has said whether it is protected.
    pub fn is_mistaken_for_production(&self) -> bool {
        self.protect.is_none() && resembles_production(&self.environment)
    }

    /// What is wrong beyond the types. Names become part of S3 bucket names and DNS names, so their rules apply.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::from_iter(editions::problem(self.edition));
        for (key, value, longest) in [
            ("project", &self.project, 24),
            ("environment", &self.environment, 16),
        ] {
            let fits = !value.is_empty()
                && value.len() <= longest
                && value.starts_with(|c: char| c.is_ascii_lowercase())
                && !value.ends_with('-')
                && !value.contains("--")
                && value
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !fits {
                problems.push(Problem::new(
                    key,
                    format!("`{value}` cannot be used in the names of AWS resources"),
                    format!("1 to {longest} of a-z, 0-9 and single `-`, beginning with a letter"),
                ));
            }
        }
        problems.extend(tag_rules::problems(&self.tags));
        problems.extend(self.state.problems());
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_read_like_production() {
        for (name, is) in [
            ("prod", true),
            ("prod-eu", true),
            ("production-eu", true),
            ("prodution", true),
            ("live", true),
            ("production", false),
            ("staging", false),
            ("product", false),
            ("preprod", false),
            ("test", false),
        ] {
            assert_eq!(resembles_production(name), is, "{name}");
        }
        let settings = |protect| StackSettings {
            environment: "prod".to_owned(),
            protect,
            ..StackSettings::default()
        };
        assert!(settings(None).is_mistaken_for_production());
        assert!(!settings(Some(false)).is_mistaken_for_production());
    }
}
