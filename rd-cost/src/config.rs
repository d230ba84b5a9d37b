//! `[cost]` of `rd.toml`: how an estimate is made, and what is assumed to be used.

use crate::usage::Usage;
use serde::{Deserialize, Serialize};

/// Which of the three numbers of a usage the sums are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The lowest number of each usage
    Low,
    /// The number of each usage in between
    #[default]
    Typical,
    /// The highest number of each usage
    High,
}

/// `[cost]`: how an estimate is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which number of each usage the sums are made of.
    pub preset: Preset,
    /// Whether this stack gets the amounts that AWS gives each account for free every month.
    pub free_amounts: bool,
    /// How much is used.
    pub usage: Usage,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            preset: Preset::Typical,
            free_amounts: true,
            usage: Usage::default(),
        }
    }
}
