//! Settings from `rd.toml`, its table for the environment, `RD_*` variables and flags, each of which overrides the one
//! before. They are resolved once, at the start.

pub mod editions;
pub mod example;
mod explain;
mod key_errors;
pub mod kms_key;
mod load;
mod locate;
pub mod maintenance_window;
mod merge;
mod override_value;
pub mod problem;
mod stack_settings;
mod state_settings;
mod tag_rules;
mod value_type;

pub use explain::Setting;
pub use load::{Layers, Settings, load};
pub use stack_settings::{PRODUCTION, StackSettings, not_production, resembles_production};
pub use state_settings::{Backend, Retention, StateSettings};
