//! The top-level keys of `rd.toml`, which every program reads.

use crate::settings::editions;
use crate::settings::problem::Problem;
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

/// `[state]`: the store of this stack's states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StateSettings {
    /// The store that keeps them.
    pub backend: Backend,
    /// How many of the newest versions of each state are kept.
    pub history_versions: u32,
    /// For how many days before them the last version of each day is kept.
    pub history_days: u32,
}

impl Default for StateSettings {
    fn default() -> Self {
        let Retention {
            history_versions,
            history_days,
        } = Retention::default();
        Self {
            backend: Backend::default(),
            history_versions,
            history_days,
        }
    }
}

impl StateSettings {
    /// Which versions of a state are kept.
    pub fn retention(&self) -> Retention {
        Retention {
            history_versions: self.history_versions,
            history_days: self.history_days,
        }
    }
}

/// Which versions of a state are kept in its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// How many of the newest versions.
    pub history_versions: u32,
    /// For how many days, up to today in UTC, the last version of each day.
    pub history_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            history_versions: 50,
            history_days: 30,
        }
    }
}

/// The state stores that can be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Files in `.rd` next to `rd.toml`, or in `--state-dir`.
    #[default]
    Local,
}

/// The environment of a file that names none.
pub(super) const PRODUCTION: &str = "production";

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
        for (key, value) in &self.tags {
            let fits = key.len() <= 128 && value.len() <= 256;
            if key.is_empty()
                || !fits
                || key.to_lowercase().starts_with("aws:")
                || key.starts_with("rd:")
            {
                problems.push(Problem::new(
                    &format!("tags.{key}"),
                    "cannot be a tag",
                    "keys of 1 to 128 characters that do not begin with `aws:` or `rd:`, values of at most 256",
                ));
            }
        }
        if self.state.history_versions == 0 {
            problems.push(Problem::new(
                "state.history_versions",
                "the history cannot be empty: the newest version is part of it",
                "1 or more",
            ));
        }
        if self.tags.len() > 40 {
            problems.push(Problem::new(
                "tags",
                "too many tags",
                "at most 40; AWS allows 50, and rd sets 6 of them",
            ));
        }
        problems
    }
}
